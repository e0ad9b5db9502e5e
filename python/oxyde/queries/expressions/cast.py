"""Cast: the value of an expression as one of another type."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.operators import Computed, F
from oxyde.queries.ir.depth import brief
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import INTEGERS, kind_of
from oxyde.queries.types.declared import check_numbers, output_type

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["Cast"]

_NUMBERS = frozenset({"small_int", "integer", "big_int", "double", "decimal"})


_TEXTS = frozenset({"text", "varchar", "enum"})


_MOMENTS = frozenset({"date_time", "timestamp_tz"})


# The source types of a cast besides the type itself; types not listed accept any.
_CASTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_NUMBERS, _NUMBERS | _TEXTS | {"bool", "json"}),
    **dict.fromkeys(_MOMENTS, _MOMENTS | _TEXTS | {"date"}),
    "bool": _NUMBERS | {"json"},
    "date": _MOMENTS | _TEXTS,
    "time": _MOMENTS | _TEXTS,
    "interval": frozenset(),
    "uuid": _TEXTS,
    "inet": _TEXTS,
    "bytes": _TEXTS,
    "json": _NUMBERS | _TEXTS | {"bool", "array"},
}


def _casts(one: str, other: str) -> bool:
    known = _CASTS.get(other)
    return known is None or one == other or one in known


def _limited(
    column_type: _ir.ColumnType,
    max_digits: int | None,
    decimal_places: int | None,
    max_length: int | None,
) -> _ir.ColumnType:
    """The type with its digits or length.

    Raises:
        FieldError: a type that has none, or numbers that are none.
    """
    kind = kind_of(column_type)
    if max_digits is not None or decimal_places is not None:
        if kind != "decimal" or max_length is not None:
            raise FieldError(f"max_digits and decimal_places are for Decimal, not for {kind}")
        if max_digits is None:
            raise FieldError("Cast() with decimal_places takes max_digits, too")
        column_type = {"decimal": {"precision": max_digits, "scale": decimal_places or 0}}
    elif max_length is not None:
        if kind not in ("text", "varchar"):
            raise FieldError(f"max_length is for str, not for {kind}")
        column_type = {"varchar": {"length": max_length}}
    check_numbers(column_type)
    return column_type


_READ_FROM_JSON = INTEGERS | {"double", "decimal", "bool"}


class Cast(Computed):
    """`CAST`: ``Cast("price", int)``, ``Cast("price", Decimal, max_digits=10, decimal_places=2)``.
    A string that is not such a number, date, time or UUID becomes NULL; halves round away from
    zero.

    Args:
        expression: a field's name or an expression.
        output: a Python type (int, str, Decimal …), a column type, or one with its digits or
            length: ``"decimal(10, 2)"``, ``"varchar(20)"``.
        max_digits: for Decimal, the number of digits; more before the point are an error.
        decimal_places: for Decimal, those after the point.
        max_length: for str, the number of characters; longer strings are cut.

    Raises:
        FieldError: there is no such type.
    """

    __slots__ = ("operand", "type")

    def __init__(
        self,
        expression: str | Expression,
        output: object,
        *,
        max_digits: int | None = None,
        decimal_places: int | None = None,
        max_length: int | None = None,
    ) -> None:
        self.operand = F(expression) if isinstance(expression, str) else expression
        self.type: _ir.ColumnType = _limited(
            output_type(output), max_digits, decimal_places, max_length
        )

    def key(self) -> Hashable:
        """The type."""
        return ("cast", repr(self.type))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The cast."""
        if kind_of(self.type) in _READ_FROM_JSON and self.operand.is_json_part(scope):
            return self.operand.build(scope, self.type)
        operand = self.operand.build(scope)
        if operand.type is not None and not _casts(kind_of(operand.type), kind_of(self.type)):
            raise scope.unfit(
                self, f"{kind_of(operand.type)} has no meaning as {kind_of(self.type)}"
            )
        scope.builder.computed["Cast()"] = None
        return Typed({"cast": {"operand": operand.ir, "type": self.type}}, self.type)

    def parts(self) -> tuple[Expression, ...]:
        """The operand."""
        return (self.operand,)

    @brief
    def __repr__(self) -> str:
        return f"Cast({self.operand!r}, …)"
