"""Whether a value has a type that a field, or a lookup of it, takes."""

from __future__ import annotations

from dataclasses import dataclass

from mypy.plugin import CheckerPluginInterface
from mypy.subtypes import is_subtype
from mypy.types import AnyType, Instance, NoneType, TupleType, Type, UnionType, get_proper_type

from oxyde.mypy_plugin.declared import MODEL
from oxyde.mypy_plugin.paths import Found, without_none

__all__ = ["ValueCheck"]

# Values that the database computes.
_COMPUTED = (
    "oxyde.queries.ir.expression.Expression",
    "oxyde.queries.ir.expression.Conditional",
    "oxyde.queries.compile.state.QueryState",
)
# What a field takes besides its own type.
_ALSO = {
    "decimal.Decimal": ("builtins.int",),
    "uuid.UUID": ("builtins.str",),
}
# Lookups that compare a whole number with any number.
_ORDERED = frozenset({"gt", "gte", "lt", "lte", "between", "range"})
_TAKEN = {
    "text": "builtins.str",
    "int": "builtins.int",
    "date": "datetime.date",
    "time": "datetime.time",
}


_SINGLE = frozenset({*_TAKEN.values(), "builtins.bytes", "builtins.float"})


@dataclass(frozen=True)
class ValueCheck:
    """The comparison of types, with mypy's own rules."""

    api: CheckerPluginInterface

    def fault(self, found: Found, given: Type, *, nested: bool) -> str | None:
        """What is wrong with a value, or None.

        Args:
            nested: whether the field is reached over a relation, or by a lookup, so that it may
                be NULL although its own column is not.
        """
        proper = get_proper_type(given)
        if found.type is None or self._is_free(proper):
            return None
        if found.model is not None:
            return self._of_relation(found, proper)
        if isinstance(proper, NoneType):
            return self._of_none(found, nested=nested)
        if found.shape == "flag":
            return self._of(proper, self._named("builtins.bool"))
        if found.shape in ("list", "two"):
            return self._of_items(found, proper)
        return self._of(proper, self._expected(found))

    def _is_free(self, given: Type) -> bool:
        if isinstance(given, AnyType):
            return True
        if isinstance(given, UnionType):
            return any(self._is_free(get_proper_type(each)) for each in given.items)
        return isinstance(given, Instance) and any(given.type.has_base(each) for each in _COMPUTED)

    def _of_none(self, found: Found, *, nested: bool) -> str | None:
        if found.lookup != "exact":
            return "cannot be compared with None: use isnull"
        assert found.type is not None
        nullable = without_none(found.type) != get_proper_type(found.type)
        return None if nullable or nested else "is never None"

    def _of_relation(self, found: Found, given: Type) -> str | None:
        assert found.model is not None
        if not isinstance(given, Instance) or not given.type.has_base(MODEL):
            return None
        if given.type.has_base(found.model.fullname):
            return None
        return f'takes "{found.model.name}", not "{given.type.name}"'

    def _of_items(self, found: Found, given: Type) -> str | None:
        if isinstance(given, Instance) and given.type.fullname in (
            "builtins.str",
            "builtins.bytes",
        ):
            return f'takes several values after "{found.lookup}", not a "{given.type.name}"'
        items: list[Type] = []
        if isinstance(given, TupleType):
            items = list(given.items)
        elif isinstance(given, Instance) and len(given.args) == 1:
            items = list(given.args)
        elif isinstance(given, Instance) and given.type.fullname in _SINGLE:
            return f'takes several values after "{found.lookup}", not "{given.type.name}"'
        faults = [
            self._of(proper, self._expected(found))
            for proper in map(get_proper_type, items)
            # What expressions and values have in common.
            if not (isinstance(proper, Instance) and proper.type.fullname == "builtins.object")
        ]
        return next((fault for fault in faults if fault), None)

    def _expected(self, found: Found) -> list[Type]:
        assert found.type is not None
        named = _TAKEN.get(found.takes)
        if named is not None and found.takes != "same":
            return self._named(named)
        bare = get_proper_type(without_none(found.type))
        expected: list[Type] = [get_proper_type(found.type)]
        if isinstance(bare, Instance):
            for name in _ALSO.get(bare.type.fullname, ()):
                expected += self._named(name)
            if bare.type.fullname == "builtins.int" and found.lookup in _ORDERED:
                expected += [*self._named("builtins.float"), *self._named("decimal.Decimal")]
            if bare.type.is_enum:
                expected += [*self._named("builtins.str"), *self._named("builtins.int")]
        return expected

    def _named(self, name: str) -> list[Type]:
        try:
            return [self.api.named_generic_type(name, [])]
        except KeyError:
            return []

    def _of(self, given: Type, expected: list[Type]) -> str | None:
        if self._is_free(given) or not expected:
            return None
        if isinstance(given, UnionType):
            # The key of a row is `int | None`, and a stored row has one.
            given = get_proper_type(without_none(given))
        if any(is_subtype(given, each) for each in expected):
            return None
        if isinstance(given, UnionType):
            return next(
                (f for each in given.items if (f := self._of(get_proper_type(each), expected))),
                None,
            )
        shown = " or ".join(f'"{_shown(each)}"' for each in expected[:1])
        return f'takes {shown}, not "{_shown(given)}"'


def _shown(found: Type) -> str:
    proper = get_proper_type(found)
    if isinstance(proper, Instance):
        return proper.type.name
    if isinstance(proper, UnionType):
        return " | ".join(_shown(each) for each in proper.items)
    return str(proper)
