"""Terms of an order: "-created_at", "?", F("age").desc(nulls_last=True)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Literal

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.expressions import F, check_path
from oxyde.queries.scope import Scope

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["OrderBy", "Term", "asc", "desc", "term_of"]


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


def asc(expression: Any, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
    """Smallest first, by a field's name or an expression."""
    return OrderBy(
        _expression(expression), descending=False, nulls_first=nulls_first, nulls_last=nulls_last
    )


def desc(expression: Any, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
    """Largest first, by a field's name or an expression."""
    return OrderBy(
        _expression(expression), descending=True, nulls_first=nulls_first, nulls_last=nulls_last
    )


def _expression(value: Any) -> Expression:
    if isinstance(value, str):
        return F(value)
    if isinstance(value, Expression):
        return value
    raise FieldError(f"an order is by a field's name or an expression, not {value!r:.80}")


class Term:
    """One term of an order, with its shape and values."""

    __slots__ = ("order", "shape", "values")

    def __init__(self, order: OrderBy | None, shape: Hashable, values: tuple[Any, ...]) -> None:
        self.order = order  # None: at random
        self.shape = shape
        self.values = values

    def reversed(self) -> Term:
        """The same term, the other way round."""
        if self.order is None:
            return self
        old = self.order
        turned = OrderBy(old.expression, descending=not old.descending)
        turned.nulls = {"first": "last", "last": "first", None: None}[old.nulls]
        return Term(turned, ("reversed", self.shape), self.values)

    def build(self, scope: Scope, *, outside: bool = True) -> _ir.Order:
        """The term of the IR.

        Args:
            outside: whether it is about the rows that come out, whose columns have names.
        """
        if self.order is None:
            random: _ir.Expr = {"function": {"name": "random", "arguments": [], "type": "double"}}
            return {"expr": random, "direction": "asc", "nulls": None}
        expression = self.order.expression
        return {
            "expr": _sorted_by(scope, expression) if outside else expression.build(scope).ir,
            "direction": "desc" if self.order.descending else "asc",
            "nulls": self.order.nulls,
        }


def _sorted_by(scope: Scope, expression: Expression) -> _ir.Expr:
    if isinstance(expression, F) and expression.name in scope.annotations:
        typed = scope.annotation(expression.name)
        if expression.name in scope.outputs:
            # By the name of the output: the same expression with other placeholders would be
            # another one to the database.
            return {"column": {"table": "", "name": expression.name, "type": typed.type or "text"}}
        return typed.ir
    return expression.build(scope).ir


def term_of(context: Context, item: Any) -> Term:
    """What a user wrote in order_by(), looked up.

    Raises:
        FieldError: an unknown name, or something that is no order.
    """
    if isinstance(item, str):
        if item == "?":
            return Term(None, "?", ())
        descending = item.startswith("-")
        name = item[1:] if item[:1] in ("-", "+") else item
        if name in context.annotations:
            return Term(OrderBy(F(name), descending=descending), item, ())
        terms = context.names.terms
        known = terms.get(item)
        if known is None:
            check_path(context, name)
            known = terms[item] = Term(OrderBy(F(name), descending=descending), item, ())
        return known
    order = item if isinstance(item, OrderBy) else OrderBy(_expression(item), descending=False)
    if isinstance(order.expression, F) and order.nulls is None:
        return term_of(context, f"{'-' if order.descending else ''}{order.expression.name}")
    values: list[Any] = []
    shape = order.shape(context, values)
    context.check(order.expression)
    return Term(order, shape, tuple(values))
