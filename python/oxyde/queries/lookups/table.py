"""The table of lookups: their arguments and kinds of columns, as exported by the core. A lookup
added to the core (`oxyde-sql/src/lookup`) appears here automatically.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from oxyde import _core
from oxyde.queries.lookups import leaves
from oxyde.queries.lookups.json_values import ORDER_LOOKUPS
from oxyde.queries.lookups.leaf import Argument
from oxyde.queries.types.column_types import bound_of
from oxyde.queries.types.declared_types import KINDS

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["EXACT", "JSON_LOOKUPS", "PARTS", "SPECS", "Spec", "fitting", "part_type", "spec_for"]

# Kinds without lookups for order or equality: documents support them for their parts only.
_EXCLUDED: Final = {
    "in": frozenset({"array", "vector"}),
    **dict.fromkeys(ORDER_LOOKUPS, frozenset({"array", "json"})),
}
# Types of arguments; None is the type of the operand, `item` that of its bounds.
_ARGUMENTS: Final[dict[str, _ir.ColumnType | Literal["item"] | None]] = {
    "same": None,
    "same_or_item": None,
    "item": "item",
    "text": "text",
    "int": "big_int",
    "date": "date",
    "time": "time",
}
# The argument classes of lookups, by number and type of arguments.
_LEAVES: Final[dict[tuple[str, str], type[Argument]]] = {
    ("one", "same"): leaves.Value,
    ("one", "text"): leaves.Text,
    ("one", "int"): leaves.Number,
    ("one", "date"): leaves.Date,
    ("one", "time"): leaves.Time,
    ("two", "same"): leaves.Pair,
    ("list", "same"): leaves.List,
    ("flag", "same"): leaves.Flag,
}
_OF_JSON: Final[dict[tuple[str, str], type[Argument]]] = {
    ("one", "same"): leaves.Document,
    ("one", "text"): leaves.Key,
    ("list", "text"): leaves.Keys,
}
_OF_ARRAYS: Final[dict[tuple[str, str], type[Argument]]] = {("one", "same"): leaves.Items}
_OF_RANGES: Final[dict[tuple[str, str], type[Argument]]] = {
    ("one", "same_or_item"): leaves.RangeOrValue,
    ("one", "item"): leaves.Value,
    ("flag", "same"): leaves.Choice,
}


class Spec(NamedTuple):
    """A lookup of some kinds of column.

    Attributes:
        name: as in `name__icontains`; several may share it, for different kinds.
        kinds: the kinds of column.
        leaf: the class of its argument.
        argument: the type of its argument; None for the operand's own, `item` for that of the
            operand's bounds.
        part: for a part of the operand, the function that gives it.
        own: for a lookup of the user's own, what it is.
    """

    name: str
    kinds: frozenset[str]
    leaf: type[Argument]
    argument: _ir.ColumnType | Literal["item"] | None
    part: str | None
    own: object = None

    def argument_type(self, operand: _ir.ColumnType | None) -> _ir.ColumnType | None:
        """The type of its argument, for an operand of a type."""
        if self.argument == "item":
            return bound_of(operand)
        return operand if self.argument is None else self.argument


def _leaf(lookup: dict[str, Any]) -> type[Argument]:
    takes = lookup["shape"], lookup["takes"]
    if lookup["name"] == "search":
        return leaves.Search
    if lookup["families"] == ["json"]:
        return _OF_JSON[takes]
    if lookup["families"] == ["array"] and takes in _OF_ARRAYS:
        return _OF_ARRAYS[takes]
    if lookup["families"] == ["range"] and takes in _OF_RANGES:
        return _OF_RANGES[takes]
    return _LEAVES[takes]


def _kinds(lookup: dict[str, Any]) -> Iterator[str]:
    for family in lookup["families"]:
        yield from KINDS[family]


def _read() -> dict[str, tuple[Spec, ...]]:
    specs: dict[str, tuple[Spec, ...]] = {}
    for lookup in _core.LOOKUPS:
        name = lookup["name"]
        kinds = frozenset(_kinds(lookup)) - _EXCLUDED.get(name, frozenset())
        spec = Spec(name, kinds, _leaf(lookup), _ARGUMENTS[lookup["takes"]], lookup["part"])
        specs[name] = (*specs.get(name, ()), spec)
    return specs


SPECS: Final = _read()
EXACT: Final = SPECS["exact"][0]

# Parts that may be followed by a comparison (`created__year__gte`), and the functions for them.
PARTS: Final = {
    spec.name: spec.part for specs in SPECS.values() for spec in specs if spec.part is not None
}

# Lookups that can follow a path into a document: JSON has no dates.
JSON_LOOKUPS: Final = frozenset(
    spec.name
    for specs in SPECS.values()
    for spec in specs
    if spec.part is None and spec.leaf is not leaves.Items and spec.kinds != KINDS["range"]
)


def spec_for(name: str, kind: str) -> Spec | None:
    """The lookup of that name for a kind of column; None if there is none."""
    return next((spec for spec in SPECS.get(name, ()) if kind in spec.kinds), None)


def fitting(kind: str) -> list[str]:
    """The names of the lookups for a kind of column, in alphabetical order."""
    return sorted(name for name in SPECS if spec_for(name, kind) is not None)


def part_type(part: str, operand: _ir.ColumnType | None = None) -> _ir.ColumnType:
    """The column type of a part of a date or range, also of one that is not a lookup
    (`day_of_year`)."""
    specs = SPECS.get(part)
    return (specs[0].argument_type(operand) if specs else None) or "big_int"
