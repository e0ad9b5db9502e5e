"""An expression with a direction, as order_by() takes it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Literal

from oxyde.exceptions import FieldError
from oxyde.queries.ir.expression import Expression

if TYPE_CHECKING:
    from oxyde.queries.expressions.context import Context

__all__ = ["OrderBy"]


class OrderBy:
    """An expression and a direction. Made by ``.asc()``, ``.desc()``, `asc` and `desc`."""

    __slots__ = ("descending", "expression", "nulls")

    def __init__(
        self,
        expression: Expression,
        *,
        descending: bool,
        nulls_first: bool = False,
        nulls_last: bool = False,
    ) -> None:
        if nulls_first and nulls_last:
            raise FieldError("nulls_first and nulls_last exclude each other")
        self.expression = expression
        self.descending = descending
        self.nulls: Literal["first", "last"] | None = (
            "first" if nulls_first else "last" if nulls_last else None
        )

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The expression and the direction."""
        return ("order", self.expression.shape(context, values), self.descending, self.nulls)
