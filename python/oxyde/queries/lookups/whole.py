"""Whole numbers compared with numbers that may have a fraction, exactly: `views__gt=2.5`.

The bound becomes the nearest whole number on the right side of it, so that the statement is the one
for whole numbers, and an index of the column serves it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from oxyde._column_types import INTEGERS
from oxyde.queries.lookups.leaf import Leaf
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.lookups.lookup import Resolved

__all__ = [
    "WITH_FRACTION",
    "Constantly",
    "compared",
    "takes_fractions",
    "whole_bound",
    "whole_bounds",
    "whole_items",
]

Fractional: TypeAlias = "float | Decimal"
# The types of values that are compared by their whole bounds.
WITH_FRACTION: Final = (float, Decimal)
_BITS: Final = {"small_int": 15, "integer": 31, "big_int": 63}


class Constantly(Leaf):
    """A comparison that all values of the column have, or none: `views__lt=float("inf")`."""

    __slots__ = ("holds", "if_null")

    def __init__(self, resolved: Resolved, *, holds: bool) -> None:
        super().__init__(resolved, (resolved.key, "constantly", holds), ())
        self.holds = holds
        self.if_null = False

    def holds_for(self, number: int) -> bool | None:
        """For each number alike."""
        return self.holds

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """That it is not NULL, or nothing."""
        if not self.holds:
            return {"or": []}
        flag: _ir.Expr = {"literal": {"bool": False}}
        return {"lookup": {"name": "isnull", "operand": operand, "arguments": [flag]}}


def takes_fractions(resolved: Resolved) -> bool:
    """Whether the compared values are whole numbers, as the database has them."""
    column_type = resolved.argument_type
    if column_type is None or kind_of(column_type) not in INTEGERS:
        return False
    return resolved.field.encode is None or resolved.part is not None or bool(resolved.path)


def compared(resolved: Resolved, value: Fractional) -> int | Constantly:
    """The whole number that a column is compared with in place of a number, by the same lookup; or
    what the comparison always is."""
    assert resolved.argument_type is not None
    bound = whole_bound(resolved.spec.name, resolved.argument_type, value)
    return Constantly(resolved, holds=bound) if isinstance(bound, bool) else bound


def whole_bound(lookup: str, column_type: _ir.ColumnType, value: Fractional) -> int | bool:
    """The whole number to compare those of a type with in place of a number, by the same lookup; or
    whether the comparison holds for all of them, or none."""
    least, most = _range_of(column_type)
    if _is_nan(value):
        return False
    if lookup == "exact":
        return int(value) if least <= value <= most and value == int(value) else False
    if value > most or value < least:
        return (value < least) == (lookup in ("gt", "gte"))
    return math.ceil(value) if lookup in ("gte", "lt") else math.floor(value)


def whole_items(resolved: Resolved, values: Iterable[Any]) -> list[Any]:
    """The values that a whole number may equal, as whole numbers; other types stay."""
    least, most = _range_of(resolved.argument_type)
    found: list[Any] = []
    for value in values:
        if not isinstance(value, WITH_FRACTION):
            found.append(value)
        elif not _is_nan(value) and least <= value <= most and value == int(value):
            found.append(int(value))
    return found


def whole_bounds(resolved: Resolved, pair: Sequence[Any]) -> tuple[Any, Any]:
    """The whole numbers between two bounds, as their bounds; no number is between 1 and 0."""
    least, most = _range_of(resolved.argument_type)
    low, high = pair
    if isinstance(low, WITH_FRACTION):
        if _is_nan(low) or low > most:
            return 1, 0
        low = math.ceil(max(low, least))
    if isinstance(high, WITH_FRACTION):
        if _is_nan(high) or high < least:
            return 1, 0
        high = math.floor(min(high, most))
    return low, high


def _is_nan(value: Fractional) -> bool:
    return value.is_nan() if isinstance(value, Decimal) else math.isnan(value)


def _range_of(column_type: _ir.ColumnType | None) -> tuple[int, int]:
    assert column_type is not None
    limit = 1 << _BITS[kind_of(column_type)]
    return -limit, limit - 1
