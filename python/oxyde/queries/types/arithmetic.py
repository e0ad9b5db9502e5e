"""The result types of operators, and the operands that they reject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde._column_types import INTEGERS, TEXTS
from oxyde.exceptions import FieldError
from oxyde.queries.types.column_types import (
    BIG_INT,
    DECIMAL,
    DOUBLE,
    NUMBERS,
    TEXT,
    kind_of,
)

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._ir import ScalarType
    from oxyde.queries.ir.nodes import Typed

__all__ = ["SIGNS", "result_type"]

SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "modulo": "%",
    "power": "**",
    "concat": "+",
    "bit_and": "&",
    "bit_or": "|",
}
_TEXT_KINDS = TEXTS | {"enum"}

# Datetimes and durations, as in Python: (operator, left, right) -> result.
_DATED: tuple[ScalarType, ...] = ("date", "date_time", "timestamp_tz", "time")
_TIMES: dict[tuple[str, str, str], ScalarType] = {
    ("subtract", "date", "date"): "interval",
    ("add", "interval", "interval"): "interval",
    ("subtract", "interval", "interval"): "interval",
    **{("add", kind, "interval"): kind for kind in _DATED},
    **{("add", "interval", kind): kind for kind in _DATED},
    **{("subtract", kind, "interval"): kind for kind in _DATED},
    **{("subtract", kind, kind): "interval" for kind in ("date_time", "timestamp_tz")},
    **{("multiply", "interval", kind): "interval" for kind in (*INTEGERS, "double")},
    **{("multiply", kind, "interval"): "interval" for kind in (*INTEGERS, "double")},
    **{("divide", "interval", kind): "interval" for kind in (*INTEGERS, "double")},
}


def result_type(
    operator: _ir.BinaryOp, left: Typed, right: Typed
) -> tuple[_ir.BinaryOp, _ir.ColumnType]:
    """The operator's name in the IR, and its result type.

    Raises:
        FieldError: the operator does not support these types.
    """
    if left.type is None or right.type is None:
        # One side is NULL, or its type is known only to the database.
        return operator, left.type or right.type or BIG_INT
    one, two = kind_of(left.type), kind_of(right.type)
    if one in _TEXT_KINDS and two in _TEXT_KINDS and operator in ("add", "concat"):
        return "concat", TEXT
    if operator in ("bit_and", "bit_or"):
        if one in INTEGERS and two in INTEGERS:
            return operator, BIG_INT
        raise _refused(operator, one, two, "bits are those of whole numbers")
    if one in NUMBERS and two in NUMBERS:
        return operator, _number(operator, one, two)
    result = _TIMES.get((operator, one, two))
    if result is None:
        raise _refused(operator, one, two, _advice(one, two))
    return operator, result


def _number(operator: str, one: str, two: str) -> _ir.ColumnType:
    if {one, two} == {"double", "decimal"}:
        raise _refused(
            operator, one, two, "write the number as a Decimal, or Cast one side: they do not mix"
        )
    if "decimal" in (one, two):
        return DECIMAL
    if "double" in (one, two) or operator == "divide":
        return DOUBLE
    return BIG_INT


def _advice(one: str, two: str) -> str | None:
    if one in _TEXT_KINDS or two in _TEXT_KINDS:
        return "use Concat(…), or Cast(…, str)"
    if "bool" in (one, two):
        return "Cast(…, int) counts True as 1"
    return None


def _refused(operator: str, one: str, two: str, hint: str | None) -> FieldError:
    return FieldError(f"`{SIGNS[operator]}` does not take {one} and {two}", hint=hint)
