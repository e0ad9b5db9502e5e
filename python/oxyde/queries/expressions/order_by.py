"""An expression with a direction, as order_by() takes it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from oxyde.exceptions import FieldError
from oxyde.queries.ir.expression import Expression

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context

__all__ = ["OrderBy"]


class OrderBy:
    """An expression and a direction. Made by ``.asc()``, ``.desc()``, `asc` and `desc`."""

    __slots__ = ("descending", "expression", "nulls")

    # `F`, set by its own module, which imports this one.
    _named: ClassVar[Callable[[str], Expression]]

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

    @classmethod
    def of(cls, item: object) -> OrderBy:
        """A term as order_by() takes it: `"-name"`, an expression, or one with a direction.

        Raises:
            FieldError: it is none of these.
        """
        if isinstance(item, OrderBy):
            return item
        if isinstance(item, Expression):
            return cls(item, descending=False)
        if not isinstance(item, str) or not item.lstrip("+-"):
            raise FieldError(f"order_by takes a field name or an expression, not {item!r:.80}")
        named = cls._named(item[1:] if item[:1] in ("-", "+") else item)
        return cls(named, descending=item.startswith("-"))

    def term(self, expression: _ir.Expr) -> _ir.Order:
        """The term of the IR over its expression."""
        return {
            "expr": expression,
            "direction": "desc" if self.descending else "asc",
            "nulls": self.nulls,
            "indexed": False,
        }

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The expression and the direction."""
        return ("order", self.expression.shape(context, values), self.descending, self.nulls)
