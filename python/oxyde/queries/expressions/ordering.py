"""Terms of an order: "-created_at", "?", F("age").desc(nulls_last=True)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.operators import F
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.steady import is_constant
from oxyde.queries.ir.depth import bounded
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.path_value import check_path, key_paths
from oxyde.queries.lookups.paths import head

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context

__all__ = ["Term", "asc", "desc", "term_of", "terms_of"]


def asc(expression: object, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
    """Ascending order by a field or an expression."""
    return OrderBy(
        _expression(expression), descending=False, nulls_first=nulls_first, nulls_last=nulls_last
    )


def desc(expression: object, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
    """Descending order by a field or an expression."""
    return OrderBy(
        _expression(expression), descending=True, nulls_first=nulls_first, nulls_last=nulls_last
    )


def _expression(value: object) -> Expression:
    if isinstance(value, str):
        return F(value)
    if isinstance(value, Expression):
        return value
    raise FieldError(f"order_by() takes a field name or an expression, not {value!r:.80}")


class Term:
    """One term of an order, with its shape and values."""

    __slots__ = ("order", "shape", "values")

    def __init__(self, order: OrderBy | None, shape: Hashable, values: tuple[Any, ...]) -> None:
        self.order = order  # None: at random
        self.shape = shape
        self.values = values

    def reversed(self) -> Term:
        """The reverse order."""
        if self.order is None:
            return self
        old = self.order
        turned = OrderBy(old.expression, descending=not old.descending)
        turned.nulls = {"first": "last", "last": "first", None: None}[old.nulls]
        return Term(turned, ("reversed", self.shape), self.values)

    def with_nulls_last(self) -> Term:
        """The same order, with rows without a value at the end."""
        if self.order is None:
            return self
        turned = OrderBy(self.order.expression, descending=self.order.descending, nulls_last=True)
        return Term(turned, ("nulls last", self.shape), self.values)

    def build(self, scope: Scope, *, outside: bool = True) -> _ir.Order | None:
        """The term of the IR; None for a constant, which orders nothing (and which some databases
        read as the number of a column).

        Args:
            outside: whether it orders the result, whose columns have names.
        """
        if self.order is None:
            random: _ir.Expr = {"function": {"name": "random", "arguments": [], "type": "double"}}
            return {"expr": random, "direction": "asc", "nulls": None, "indexed": False}
        start = scope.builder.index
        expression = self.order.expression
        ir = expression.build(scope).ir
        if is_constant(ir):
            scope.builder.forget(start, len(self.values))
            return None
        return {
            "expr": _by_name(scope, self.order.expression, ir) if outside else ir,
            "direction": "desc" if self.order.descending else "asc",
            "nulls": self.order.nulls,
            "indexed": isinstance(expression, F) and expression.name in scope.names.indexed,
        }


def _by_name(scope: Scope, expression: Expression, ir: _ir.Expr) -> _ir.Expr:
    if not isinstance(expression, F) or expression.name not in scope.annotations:
        return ir
    if expression.name not in scope.outputs:
        return ir
    # By the name of the output: to the database, the same expression with other placeholders is a
    # different one.
    column_type = scope.annotation(expression.name).type or "text"
    return {"column": {"table": "", "name": expression.name, "type": column_type}}


def terms_of(context: Context, items: Iterable[object]) -> tuple[Term, ...]:
    """Resolve the arguments of order_by(); a composite key orders by each of its columns.

    Raises:
        FieldError: an unknown name, or not a valid order.
    """
    terms: list[Term] = []
    for item in items:
        columns = None
        if isinstance(item, str) and item.endswith("pk"):
            sign, name = (item[0], item[1:]) if item[:1] in ("-", "+") else ("", item)
            if name not in context.annotations:
                columns = key_paths(context.names, name)
            terms += [term_of(context, f"{sign}{column}") for column in columns or ()]
        if columns is None:
            terms.append(term_of(context, item))
    return tuple(terms)


def term_of(context: Context, item: object) -> Term:
    """Resolve an argument of order_by().

    Raises:
        FieldError: an unknown name, or not a valid order.
    """
    if isinstance(item, str):
        if item == "?":
            return Term(None, "?", ())
        descending = item.startswith("-")
        name = item[1:] if item[:1] in ("-", "+") else item
        if head(name, context.annotations) in context.annotations:
            check_path(context, name)
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
    return _computed(context, order)


@bounded
def _computed(context: Context, order: OrderBy) -> Term:
    values: list[Any] = []
    shape = order.shape(context, values)
    context.check(order.expression)
    return Term(order, shape, tuple(values))
