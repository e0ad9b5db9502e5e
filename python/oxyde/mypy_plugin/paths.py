"""What a path like `author__name__icontains` means on a model, by the types of its class."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mypy.nodes import TypeInfo, Var
from mypy.typeops import make_simplified_union
from mypy.types import AnyType, Instance, NoneType, Type, TypeOfAny, UnionType, get_proper_type

from oxyde import _core
from oxyde.hints import did_you_mean
from oxyde.mypy_plugin.declared import MODEL, noted

__all__ = [
    "Found",
    "UnknownNameError",
    "fields_of",
    "model_of",
    "parts_of",
    "resolve",
    "without_none",
]

# Families of columns by the types of their values; others may have any lookup.
_FAMILIES = {
    "builtins.bool": "bool",
    "builtins.int": "int",
    "builtins.float": "float",
    "builtins.str": "text",
    "builtins.bytes": "bytes",
    "decimal.Decimal": "decimal",
    "datetime.datetime": "date_time",
    "datetime.date": "date",
    "datetime.time": "time",
    "datetime.timedelta": "interval",
    "uuid.UUID": "uuid",
    "builtins.list": "array",
    "builtins.dict": "json",
    "oxyde.hydration.range.Range": "range",
}
_PARTS = frozenset(lookup["name"] for lookup in _core.LOOKUPS if lookup["part"])
# Values of these are compared by rules of their own.
_FREE = frozenset({"array", "json", "range"})


class UnknownNameError(Exception):
    """A path with a name that the model, or the type of the field, does not have."""


@dataclass(frozen=True)
class Found:
    """What a path means.

    Attributes:
        type: of the values; the model (or a list of it) for a relation; None if anything goes.
        lookup: the lookup at its end, "exact" without one.
        takes: what the lookup takes, as the core's table says; for "exact" the field's own type.
        model: the model at the end of a relation.
    """

    type: Type | None
    lookup: str = "exact"
    takes: Literal["same", "text", "int", "date", "time", "any"] = "same"
    shape: str = "one"
    model: TypeInfo | None = None


def without_none(found: Type) -> Type:
    """A type without None."""
    proper = get_proper_type(found)
    if not isinstance(proper, UnionType):
        return proper
    items = [each for each in proper.items if not isinstance(get_proper_type(each), NoneType)]
    return make_simplified_union(items)


def model_of(found: Type) -> TypeInfo | None:
    """The model of a relation's annotation: `Author`, `Author | None`, `list[Post]`."""
    proper = get_proper_type(without_none(found))
    if isinstance(proper, Instance) and proper.type.fullname == "builtins.list":
        proper = get_proper_type(proper.args[0])
    if isinstance(proper, Instance) and proper.type.has_base(MODEL):
        return proper.type
    return None


def fields_of(info: TypeInfo) -> dict[str, Type]:
    """The annotations of a model's fields and relations, and the keys of its foreign keys."""
    fields: dict[str, Type] = {}
    for each in reversed(info.mro):
        if not each.has_base(MODEL) or each.fullname == MODEL:
            continue
        for name, symbol in each.names.items():
            node = symbol.node
            if isinstance(node, Var) and not node.is_classvar and not name.startswith("_"):
                fields[name] = node.type or AnyType(TypeOfAny.special_form)
    for name, found in list(fields.items()):
        target, listed = model_of(found), get_proper_type(without_none(found))
        if target is None or (isinstance(listed, Instance) and listed.type is not target):
            continue
        key = _key_type(target, _refers_to(info, name))
        nullable = without_none(found) != get_proper_type(found)
        fields.setdefault(
            f"{name}_id", make_simplified_union([key, NoneType()]) if nullable else key
        )
    return fields


def _refers_to(info: TypeInfo, name: str) -> str | None:
    """The field that `db_fk` of a foreign key names."""
    pairs = dict(each.split("=", 1) for each in noted(info, "refers"))
    return pairs.get(name)


def _key_type(info: TypeInfo, field: str | None = None) -> Type:
    keys = {field} if field is not None else noted(info, "keys")
    symbol = info.get(next(iter(keys))) if len(keys) == 1 else None
    found = symbol.node.type if symbol is not None and isinstance(symbol.node, Var) else None
    if found is None or model_of(found) is not None:
        return AnyType(TypeOfAny.special_form)
    return without_none(found)


def parts_of(path: str) -> list[str]:
    """The names of a path. A name may end with `_`: ``type___in`` is `type_`, then `in`."""
    return re.split("__(?!_)", path)


def resolve(info: TypeInfo, path: str, *, lookups: bool) -> Found:
    """What a path means on a model.

    Args:
        lookups: whether it may end with a lookup, as keywords of filter() do.

    Raises:
        UnknownNameError: it has an unknown name.
    """
    here = info
    # The key of a relation `in_` is `in__id`.
    first, *rest = [path] if path in fields_of(info) else parts_of(path)
    while True:
        fields = fields_of(here)
        if first == "pk":
            found = _key_type(here)
        elif first in fields:
            found = fields[first]
        else:
            hint = did_you_mean(first, fields)
            raise UnknownNameError(
                f'"{here.name}" has no field "{first}"' + (f"; {hint}" if hint else "")
            )
        target = model_of(found)
        if target is None:
            return _at_field(here, first, found, rest, lookups=lookups)
        if not rest or (lookups and rest in (["isnull"], ["in"], ["exact"])):
            return Found(found, rest[0] if rest else "exact", "any", model=target)
        here, (first, *rest) = target, rest


def _at_field(info: TypeInfo, name: str, found: Type, rest: list[str], *, lookups: bool) -> Found:
    bare = get_proper_type(without_none(found))
    family = _family(bare)
    if not rest:
        return Found(None if family in _FREE or family is None else found)
    if family is None or family in _FREE:
        return Found(None)
    specs = {
        each["name"]: each
        for each in _core.LOOKUPS
        if family in each["families"] and (lookups or each["part"])
    }
    spec = specs.get(rest[0])
    if spec is not None and len(rest) == 2 and spec["part"] and lookups:
        return Found(None) if rest[1] in _COMPARISONS else _unknown(info, name, rest[1], specs)
    if spec is None or len(rest) > 1:
        return _unknown(info, name, rest[-1] if spec else rest[0], specs)
    return Found(found, rest[0], spec["takes"], spec["shape"])


_COMPARISONS = frozenset({"exact", "gt", "gte", "lt", "lte", "between", "range", "in", "isnull"})


def _unknown(info: TypeInfo, name: str, lookup: str, known: Iterable[str]) -> Found:
    hint = did_you_mean(lookup, known)
    raise UnknownNameError(
        f'"{info.name}.{name}" has no lookup "{lookup}"' + (f"; {hint}" if hint else "")
    )


def _family(bare: Type) -> str | None:
    if not isinstance(bare, Instance):
        return None
    for each in bare.type.mro:
        if each.fullname == "enum.Enum":
            return "enum"
    return next((_FAMILIES[e.fullname] for e in bare.type.mro if e.fullname in _FAMILIES), None)
