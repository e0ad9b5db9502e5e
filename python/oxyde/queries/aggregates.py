"""Aggregates: Count, Sum, Avg, Min, Max and those that make lists and texts."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.columns import DECIMAL, DOUBLE, INTEGERS, NUMBERS, kind_of
from oxyde.queries.expressions import Computed, F, as_expression, context_of
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context
    from oxyde.queries.predicates import Node

__all__ = [
    "Aggregate",
    "ArrayAgg",
    "Avg",
    "Count",
    "JsonAgg",
    "Max",
    "Min",
    "StringAgg",
    "Sum",
]


class Aggregate(Computed):
    """A value computed over the rows of a group.

    Over a to-many relation (``Count("posts")``) it is computed for each row on its own, so that
    several of them never multiply each other's rows.

    Args:
        expression: a field's name, a path, or an expression.
        distinct: count equal values once.
        filter: only rows for which this holds.
    """

    __slots__ = ("distinct", "expression", "filter")

    name = ""

    def __init__(
        self,
        expression: str | Expression,
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
    ) -> None:
        self.expression: Expression | None = (
            F(expression) if isinstance(expression, str) else as_expression(expression)
        )
        if filter is not None and not isinstance(filter, Conditional):
            raise FieldError(f"filter= takes a condition (Q), not {filter!r:.80}")
        self.distinct = distinct
        self.filter = filter

    def __repr__(self) -> str:
        argument = "*" if self.expression is None else self.expression
        return f"{type(self).__name__}({argument!r})"

    def aggregates(self) -> bool:
        """True."""
        return True

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its name, argument, and options."""
        inner = None if self.expression is None else self.expression.shape(context, values)
        condition: Hashable = None
        if self.filter is not None:
            node = self._condition(context)
            values.extend(node.values)
            condition = node.shape
        return ("aggregate", self.name, inner, self.distinct, condition, *self.options())

    def _condition(self, context: Context) -> Node:
        assert self.filter is not None
        return self.filter.resolve(context)

    def options(self) -> tuple[Hashable, ...]:
        """What else belongs to the shape."""
        return ()

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """The type of the result, and the field whose values it has."""
        raise NotImplementedError

    def more_arguments(self, scope: Scope) -> list[_ir.Expr]:
        """Arguments after the first."""
        return []

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The aggregate, or a subquery for a to-many path."""
        from oxyde.queries.related import aggregate_over, to_many_path

        path = to_many_path(scope, self)
        if path is not None:
            return aggregate_over(scope, self, path)
        if not scope.grouping:
            raise FieldError(
                f"{self!r} is an aggregate, which has no value for a single row of "
                f"`{scope.names.label}`",
                hint="use group_by() or values() before annotate(), or an aggregate over a "
                "relation",
            )
        with scope.each_row():
            return self.over(scope, self._argument(scope))

    def windowed(self, scope: Scope) -> Typed:
        """The aggregate as the function of a window; of groups it may take their aggregates."""
        from oxyde.queries.related import to_many_path

        if to_many_path(scope, self) is not None:
            raise FieldError(
                f"{self!r} of `{scope.names.label}` goes over a relation to many rows, which no "
                "window has",
                hint="annotate() it first, and name that",
            )
        return self.over(scope, self._argument(scope))

    def _argument(self, scope: Scope) -> Typed | None:
        return None if self.expression is None else self.expression.build(scope)

    def over(self, scope: Scope, argument: Typed | None, *, filtered: bool = True) -> Typed:
        """The aggregate of the IR over its argument."""
        try:
            column_type, field = self.result(argument)
        except _Unfit as unfit:
            raise FieldError(
                f"{self!r} of `{scope.names.label}`: {self.name} does not take {unfit}"
            ) from None
        arguments = [] if argument is None else [argument.ir, *self.more_arguments(scope)]
        condition = None
        if filtered and self.filter is not None:
            condition = self._condition(context_of(scope)).build(scope)
        return Typed(self.ir(arguments, condition, column_type), column_type, field)

    def ir(
        self, arguments: list[_ir.Expr], condition: _ir.Predicate | None, column_type: Any
    ) -> _ir.Expr:
        """The node of the IR."""
        return {
            "aggregate": {
                "name": self.name,
                "arguments": arguments,
                "distinct": self.distinct,
                "filter": condition,
                "order_by": [],
                "type": column_type,
            }
        }

    def refuse(self, argument: Typed) -> _Unfit:
        """The error for an argument of an unfit type."""
        return _Unfit(kind_of(argument.type) if argument.type is not None else "NULL")


class _Unfit(Exception):
    """A kind of column that an aggregate does not take."""


class Count(Aggregate):
    """The number of rows, or of values that are not NULL. ``Count()`` and ``Count("*")`` count
    rows."""

    __slots__ = ()
    name = "count"

    def __init__(
        self,
        expression: str | Expression = "*",
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
    ) -> None:
        super().__init__(expression, distinct=distinct, filter=filter)
        if isinstance(expression, str) and expression == "*":
            self.expression = None

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """A whole number."""
        return "big_int", None


class Sum(Aggregate):
    """The sum; NULL when there is no value."""

    __slots__ = ()
    name = "sum"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """The argument's type, wide enough for the sum."""
        assert argument is not None
        kind = kind_of(argument.type) if argument.type is not None else "big_int"
        if kind in INTEGERS:
            return "big_int", None
        if kind == "decimal":
            return DECIMAL, None
        if kind in ("double", "interval"):
            return kind, None
        raise self.refuse(argument)


class Avg(Aggregate):
    """The mean: a Decimal of Decimals, else a float; NULL when there is no value."""

    __slots__ = ()
    name = "avg"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """Decimal of decimals, else double."""
        assert argument is not None
        kind = kind_of(argument.type) if argument.type is not None else "double"
        if kind == "decimal":
            return DECIMAL, None
        if kind in NUMBERS:
            return DOUBLE, None
        if kind == "interval":
            return kind, None
        raise self.refuse(argument)


class _Extreme(Aggregate):
    __slots__ = ()

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """The argument's own type."""
        assert argument is not None
        if argument.type is not None and kind_of(argument.type) in ("json", "array", "bool"):
            raise self.refuse(argument)
        return argument.type or "text", argument.field


class Max(_Extreme):
    """The largest value."""

    __slots__ = ()
    name = "max"


class Min(_Extreme):
    """The smallest value."""

    __slots__ = ()
    name = "min"


class ArrayAgg(Aggregate):
    """The values as a list."""

    __slots__ = ()
    name = "array_agg"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """A list of the argument's type."""
        assert argument is not None
        return {"array": {"item": argument.type or "text"}}, None


class JsonAgg(Aggregate):
    """The values as a JSON list."""

    __slots__ = ()
    name = "json_agg"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """JSON."""
        return "json", None


class StringAgg(Aggregate):
    """The values as one text.

    Args:
        separator: what stands between them.
    """

    __slots__ = ("separator",)
    name = "string_agg"

    def __init__(
        self,
        expression: str | Expression,
        separator: str = ",",
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
    ) -> None:
        super().__init__(expression, distinct=distinct, filter=filter)
        self.separator = separator

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """As of every aggregate, with the separator as a value."""
        assert self.expression is not None
        inner = self.expression.shape(context, values)
        values.append(self.separator)
        condition: Hashable = None
        if self.filter is not None:
            node = self._condition(context)
            values.extend(node.values)
            condition = node.shape
        return ("aggregate", self.name, inner, self.distinct, condition)

    def more_arguments(self, scope: Scope) -> list[_ir.Expr]:
        """The separator."""
        return [scope.builder.param("text", "separator", lookup=False)]

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, Any]:
        """Text."""
        return "text", None
