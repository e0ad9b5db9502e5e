"""Typed queries: a function from the model to an expression, recorded by a stand-in.

To a type checker the argument of ``lambda u: u.age >= 18`` is the model. At run time it is a
`StandIn` whose attributes are expressions, with the same shapes and plans as keyword lookups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.expressions.functions import Lower, Trim, Upper
from oxyde.queries.expressions.operators import Condition, F, Value
from oxyde.queries.expressions.typed_range import TypedRange
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.lookups.json_path import as_written
from oxyde.queries.names import Names, names_of, part_of_path
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.query import Query

__all__ = [
    "StandIn",
    "TypedField",
    "record",
    "record_columns",
    "record_mapping",
    "record_paths",
    "record_terms",
    "record_value",
]


class NoSuchPartError(FieldError, AttributeError):
    """The values of the field have no such attribute, or a query cannot use it."""


class _Path(str):
    """The path of a field: a str subclass, to detect its use as a plain string."""

    __slots__ = ()


class TypedField(F):
    """A field of a stand-in: an `F` with the methods of the field's type."""

    __slots__ = ("document", "model")

    def __init__(self, path: str, model: str, *, document: bool = False) -> None:
        super().__init__(_Path(path))
        self.model = model
        self.document = document

    def _part(self, part: str | int) -> TypedField:
        return TypedField(f"{self.name}__{part}", self.model, document=self.document)

    def _of_moment(self, part: str) -> TypedField:
        if self.document:
            raise NoSuchPartError(
                f"`{part}` is not available on `{self.name}` of `{self.model}`: JSON has no dates",
                hint=f'for the key: `["{part}"]`',
            )
        return self._part(part)

    def startswith(self, prefix: str) -> Condition:
        """The lookup `startswith`."""
        return Condition(self, "startswith", prefix)

    def endswith(self, suffix: str) -> Condition:
        """The lookup `endswith`."""
        return Condition(self, "endswith", suffix)

    def lower(self) -> Lower:
        """In lower case."""
        return Lower(self)

    def upper(self) -> Upper:
        """In upper case."""
        return Upper(self)

    def strip(self) -> Trim:
        """Without spaces at both ends."""
        return Trim(self)

    def date(self) -> TypedField:
        """The date of a datetime."""
        return self._of_moment("date")

    def time(self) -> TypedField:
        """The time of a datetime."""
        return self._of_moment("time")

    def __getattr__(self, name: str) -> TypedField:
        if name in _DATE_PARTS:
            return self._of_moment(name)
        raise NoSuchPartError(
            f"`{name}` is not available on `{self.name}` of `{self.model}`",
            hint=hint_for(name, [*_DATE_PARTS, *_METHODS]),
        )

    def __getitem__(self, item: str | int) -> TypedField:
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise FieldError(f"a part of `{self.name}` must be a key or an index, not {item!r}")
        return self._part(as_written(item) if self.document else item)

    def __contains__(self, item: object) -> NoReturn:
        raise TypeError("`x in field` has no truth value here: use contains(field, x)")

    def __len__(self) -> NoReturn:
        raise TypeError("len(field) cannot be recorded: use Length(field)")


_DATE_PARTS = ("year", "month", "day", "hour", "minute", "second")
_METHODS = tuple([name for name in vars(TypedField) if not name.startswith("_")])


class StandIn:
    """Represents a model while a function is recorded."""

    __slots__ = ("_names", "_path", "_root")

    def __init__(self, names: Names, path: str = "", root: str = "") -> None:
        self._names = names
        self._path = path
        self._root = root or names.label

    def __getattr__(self, name: str) -> Any:
        meta = self._names.meta
        path = f"{self._path}__{name}" if self._path else name
        if name in meta.field_metadata:
            if kind_of(meta.field_metadata[name].column_type) == "range":
                return TypedRange(path)
            document = meta.field_metadata[name].column_type == "json"
            return TypedField(path, self._root, document=document)
        if name in meta.relations:
            return StandIn(names_of(meta.relations[name].model), path, self._root)
        raise self._names.unknown(name, part_of_path(path, self._root))

    def __eq__(self, other: object) -> Any:
        return Condition(F(self._end()), "exact", _other_side(other))

    def __ne__(self, other: object) -> Any:
        return Condition(F(self._end()), "exact", _other_side(other), negated=True)

    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        raise TypeError("a relation has no truth value here: use is_null(…)")

    def _end(self) -> str:
        if not self._path:
            raise FieldError("compare a field of the model, not the model itself")
        return self._path


def _other_side(value: object) -> object:
    return F(value._end()) if isinstance(value, StandIn) else value


def record(names: Names, function: Callable[[Any], Any]) -> Any:
    """Call a function with a stand-in and return its expression.

    Raises:
        FieldError: it returns nothing that a query can use, or names an unknown attribute.
    """
    found = function(StandIn(names))
    if isinstance(found, bool):
        raise FieldError(
            "the function returned True or False: Python evaluated a comparison in it",
            hint="compare fields of its argument, with `&`, `|` and `~` in between",
        )
    if isinstance(found, TypedField):
        field = names.meta.field_metadata.get(found.name)
        if field is not None and field.column_type == "bool":
            return Condition(found, "exact", True)
    if not isinstance(found, Expression | Conditional):
        raise FieldError(f"the function must return an expression, not {found!r:.80}")
    return found


def record_value(names: Names, function: Callable[[Any], Any]) -> Expression:
    """The field or expression that a function returns.

    Raises:
        FieldError: it returns something else, or names an unknown attribute.
    """
    found = function(StandIn(names))
    if not isinstance(found, Expression):
        raise FieldError(f"the function must return a field or an expression, not {found!r:.80}")
    return found


def record_paths(names: Names, items: Iterable[Any]) -> list[Any]:
    """The items, with each function from the model replaced by the path (or paths) that it
    returns: ``lambda p: p.author`` is "author".

    Raises:
        FieldError: a function returns something else, or names an unknown attribute.
    """
    paths: list[Any] = []
    for item in items:
        if isinstance(item, str | Expression) or not callable(item):
            paths.append(item)
            continue
        found = item(StandIn(names))
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, StandIn):
                paths.append(each._end())
            elif isinstance(each, F):
                paths.append(str(each.name))
            else:
                raise FieldError(
                    f"the function must return fields or relations of `{names.label}`, "
                    f"not {each!r:.80}"
                )
    return paths


def record_terms(names: Names, function: Callable[[Any], Any]) -> list[Any]:
    """The order terms that a function returns."""
    found = function(StandIn(names))
    return list(found) if isinstance(found, tuple | list) else [found]


def record_mapping(names: Names, function: Callable[[Any], Any]) -> dict[str, Any]:
    """The dict that a function returns: values by field (``{u.views: u.views + 1}``) or by name."""
    if not callable(function):
        raise FieldError(f"takes a function from the model to a dict, not {function!r:.80}")
    found = function(StandIn(names))
    if not isinstance(found, dict):
        raise FieldError(f"the function must return a dict, not {found!r:.80}")
    made: dict[str, Any] = {}
    for key, value in found.items():
        name = key._end() if isinstance(key, StandIn) else key.name if isinstance(key, F) else key
        if not isinstance(name, str):
            raise FieldError(f"the keys are fields of the model, not {key!r:.80}")
        made[name] = value
    return made


def record_columns(query: QueryState[Any, Any], function: Callable[[Any], Any]) -> Query[Any, Any]:
    """select(): the columns that a function returns, as tuples (or values, for a single one)."""
    found = function(StandIn(query._names))
    single = not isinstance(found, tuple)
    columns = [found] if single else list(found)
    made: Any = query._copy()
    names: list[str] = []
    for position, column in enumerate(columns):
        if isinstance(column, F):
            names.append(column.name)
            continue
        if isinstance(column, _Path):
            raise FieldError(
                f"`{column}.name` of `{query._names.label}` is not recorded: give the field itself"
            )
        if not isinstance(column, Expression):
            column = Value(column)
        name = f"column_{position}"
        made = made.annotate(**{name: column})
        names.append(name)
    return made.values_list(*names, flat=single)  # type: ignore[no-any-return]
