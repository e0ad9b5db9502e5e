"""Aggregates: Count, Sum, Avg, Min, Max and others whose result is one value."""

from __future__ import annotations

from collections.abc import Hashable
from copy import copy
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.context import Context, context_of
from oxyde.queries.expressions.counted import Counted
from oxyde.queries.expressions.default_value import or_default
from oxyde.queries.expressions.operators import Computed, F, as_expression
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.over_relations import aggregate_over, path_of_pass, to_many_path
from oxyde.queries.expressions.parts import Part, parts_of
from oxyde.queries.expressions.steady import is_constant
from oxyde.queries.ir.depth import brief
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.related_row import by_itself
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import DECIMAL, DOUBLE, INTEGERS, NUMBERS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.queries.ir.predicates import Node
    from oxyde.queries.lookups.leaf import Leaf
    from oxyde.queries.names import Hop

__all__ = [
    "Aggregate",
    "AnyValue",
    "Avg",
    "BitAnd",
    "BitOr",
    "BitXor",
    "BoolAnd",
    "BoolOr",
    "Count",
    "Max",
    "Min",
    "StdDev",
    "Sum",
    "Variance",
]


class Aggregate(Computed):
    """A value computed over the rows of a group.

    Over a to-many relation (``Count("posts")``) it is computed for each row separately, so that
    several of them never multiply each other's rows.

    Args:
        expression: a field's name, a path, or an expression.
        distinct: count equal values once.
        filter: only rows for which this holds.
        default: the result over no values, instead of NULL.
    """

    __slots__ = ("default", "distinct", "expression", "filter")

    name = ""
    # Of those that make a list.
    order_by: tuple[OrderBy, ...] = ()

    def __init__(
        self,
        expression: str | Expression,
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
        default: object = None,
    ) -> None:
        self.expression: Expression | None = (
            F(expression) if isinstance(expression, str) else as_expression(expression)
        )
        self.default = None if default is None else as_expression(default)
        if filter is not None and not isinstance(filter, Conditional):
            raise FieldError(f"filter= takes a condition (Q), not {filter!r:.80}")
        self.distinct = distinct
        self.filter = filter

    @brief
    def __repr__(self) -> str:
        argument = "*" if self.expression is None else self.expression
        return f"{type(self).__name__}({argument!r})"

    def aggregates(self) -> bool:
        """True."""
        return True

    def to_many_paths(self, scope: Context | Scope) -> list[tuple[Hop, ...]]:
        """None: the paths inside an aggregate do not count."""
        return []

    def groups_rows(self, context: Context) -> bool:
        """True, unless it aggregates a relation."""
        return to_many_path(context, self) is None

    def aggregated_path(self, context: Context) -> tuple[str, ...] | None:
        """Its path, if it is computed in a pass."""
        return path_of_pass(context, self)

    def key(self) -> Hashable:
        """Its name and options."""
        if self.default is not None:
            return "aggregate or default"
        orders = tuple([(each.descending, each.nulls) for each in self.order_by])
        return ("aggregate", self.core_name(), self.distinct, self.filter is None, orders)

    def arguments(self) -> tuple[Expression, ...]:
        """The arguments in SQL."""
        return () if self.expression is None else (self.expression,)

    def core_name(self) -> str:
        """The name in the core's table of aggregates."""
        return self.name

    def parts(self) -> tuple[Expression, ...]:
        """The arguments, the order, and the condition; or the aggregate without a default, and
        that."""
        if self.default is not None:
            return (self._without_default(), self.default)
        orders = [each.expression for each in self.order_by]
        if self.filter is None:
            return (*self.arguments(), *orders)
        return (*self.arguments(), *orders, _Filter(self, self.filter))

    def operands(self) -> tuple[Expression, ...]:
        """None: its arguments are values of other rows."""
        return ()

    def holds_without_rows(self, leaf: Leaf) -> bool | None:
        """Not known with a default."""
        return None if self.default is not None else super().holds_without_rows(leaf)

    def _without_default(self) -> Aggregate:
        made = copy(self)
        made.default = None
        return made

    def placed(self, scope: Scope) -> tuple[list[Part], Part | None]:
        """The arguments with the order, and the condition, each with its position."""
        parts = parts_of(self.parts(), scope)
        return (parts, None) if self.filter is None else (parts[:-1], parts[-1])

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """The type of the result, and the field whose values it has."""
        raise NotImplementedError

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The aggregate, or a subquery for a to-many path."""
        if self.default is not None:
            return or_default(self, scope)
        path = to_many_path(scope, self)
        if self.expression is not None and self.expression.has_window(scope):
            raise FieldError(
                f"{self!r:.80} of `{scope.names.label}` is over a window function, which comes "
                "after aggregates",
                hint="annotate() it, and aggregate() the rows of that query",
            )
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
            typed = self.over(scope, *self.placed(scope))
        if scope.grouping_rows:
            assert "aggregate" in typed.ir
            scope.own_aggregate(typed.ir)
        return typed

    def windowed(self, scope: Scope) -> Typed:
        """The aggregate as a window function; over groups its argument may be an aggregate."""
        if self.default is not None:
            raise FieldError(
                f"{self!r:.80} of `{scope.names.label}`: a window function takes no default=",
                hint="Coalesce(Window(…), Value(…))",
            )
        if to_many_path(scope, self) is not None:
            raise FieldError(
                f"{self!r} of `{scope.names.label}` crosses a to-many relation, which a window "
                "cannot",
                hint="annotate() it first, and name that",
            )
        return self.over(scope, *self.placed(scope))

    def over(self, scope: Scope, parts: list[Part], where: Part | None = None) -> Typed:
        """The aggregate of the IR over its arguments, in its order, where a condition holds."""
        count = len(parts) - len(self.order_by)
        arguments = [each.build(scope) for each in parts[:count]]
        orders: list[_ir.Order] = []
        for part, order in zip(parts[count:], self.order_by, strict=True):
            term = part.build(scope).ir
            if is_constant(term):
                part.leave_out(scope)
            else:
                orders.append(order.term(term))
        try:
            column_type, field = self.result(arguments[0] if arguments else None)
        except _Unfit as unfit:
            raise FieldError(
                f"{self!r} of `{scope.names.label}`: {self.name} does not take {unfit}",
                hint="convert the document's value: Cast(…, float)"
                if str(unfit) == "json"
                else None,
            ) from None
        ir: _ir.Expr = {
            "aggregate": {
                "name": self.core_name(),
                "arguments": [each.ir for each in self.read(arguments, scope)],
                "distinct": self.distinct,
                "filter": None if where is None else where.condition(scope),
                "order_by": orders,
                "type": column_type,
            }
        }
        return Typed(ir, column_type, field)

    def read(self, arguments: list[Typed], scope: Scope) -> list[Typed]:
        """The arguments that matter for the result."""
        return arguments

    def refuse(self, argument: Typed) -> _Unfit:
        """The error for an argument of an unsupported type."""
        return _Unfit(kind_of(argument.type) if argument.type is not None else "NULL")


class _Unfit(Exception):
    """A kind of column that an aggregate does not take."""


class _Filter(Expression):
    """The condition of an aggregate, on the rows that it aggregates."""

    __slots__ = ("aggregate", "condition")

    def __init__(self, aggregate: Aggregate, condition: Conditional) -> None:
        self.aggregate = aggregate
        self.condition = condition

    def _resolved(self, context: Context) -> Node:
        path = to_many_path(context, self.aggregate)
        return self.condition.resolve(
            Context(context.names, context.annotations, objects=True, beside=path)
        )

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The condition's shape."""
        node = self._resolved(context)
        values.extend(node.values)
        return node.shape

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The condition as a truth value."""
        node = self._resolved(context_of(scope))
        return Typed({"predicate": by_itself(node, scope)}, "bool")


class Count(Aggregate):
    """The number of rows, or of values that are not NULL. ``Count()`` and ``Count("*")`` count
    rows."""

    __slots__ = ()
    name = "count"
    counts = True

    def __init__(
        self,
        expression: str | Expression = "*",
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
    ) -> None:
        super().__init__(expression, distinct=distinct, filter=filter)
        if isinstance(expression, str):
            self.expression = None if expression == "*" else Counted(expression, distinct=distinct)

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """A whole number."""
        return "big_int", None

    def read(self, arguments: list[Typed], scope: Scope) -> list[Typed]:
        """None to count values that are never NULL: an index without them has as many rows."""
        rows = not self.distinct and all(scope.never_null(each) for each in arguments)
        return [] if rows else arguments


class Sum(Aggregate):
    """The sum; NULL without values."""

    __slots__ = ()
    name = "sum"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """The argument's type, wide enough for the sum."""
        assert argument is not None
        kind = kind_of(argument.type) if argument.type is not None else "big_int"
        if kind in INTEGERS:
            return "big_int", None
        if kind == "decimal":
            return DECIMAL, None
        if kind == "double":
            return DOUBLE, None
        if kind == "interval":
            return "interval", None
        raise self.refuse(argument)


class Avg(Aggregate):
    """The mean: a Decimal for Decimals, else a float; NULL without values."""

    __slots__ = ()
    name = "avg"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """Decimal of decimals, else double."""
        assert argument is not None
        kind = kind_of(argument.type) if argument.type is not None else "double"
        if kind == "decimal":
            return DECIMAL, None
        if kind in NUMBERS:
            return DOUBLE, None
        if kind == "interval":
            return "interval", None
        raise self.refuse(argument)


class _Extreme(Aggregate):
    __slots__ = ()

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """The argument's own type."""
        assert argument is not None
        kind = None if argument.type is None else kind_of(argument.type)
        if kind in ("array", "bool") or (kind == "json" and argument.field is not None):
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


class AnyValue(_Extreme):
    """One of the values that are not NULL, whichever: of a column that is the same in all rows of a
    group."""

    __slots__ = ()
    name = "min"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """The argument's own type."""
        assert argument is not None
        if argument.type == "bool":
            return "bool", argument.field
        return super().result(argument)


class _OfBits(Aggregate):
    __slots__ = ()

    def __init__(
        self,
        expression: str | Expression,
        *,
        filter: Conditional | None = None,
        default: object = None,
    ) -> None:
        super().__init__(expression, filter=filter, default=default)

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """A whole number."""
        assert argument is not None
        if argument.type is not None and kind_of(argument.type) not in INTEGERS:
            raise self.refuse(argument)
        return "big_int", None


class BitAnd(_OfBits):
    """The bits that all values have; NULL without values."""

    __slots__ = ()
    name = "bit_and"


class BitOr(_OfBits):
    """The bits that at least one value has; NULL without values."""

    __slots__ = ()
    name = "bit_or"


class BitXor(_OfBits):
    """The bits that an odd number of values have; NULL without values."""

    __slots__ = ()
    name = "bit_xor"


class _OfConditions(Aggregate):
    __slots__ = ()

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """A truth value."""
        assert argument is not None
        if argument.type != "bool":
            raise self.refuse(argument)
        return "bool", None


class BoolAnd(_OfConditions):
    """Whether all values are true; NULL without values."""

    __slots__ = ()
    name = "bool_and"


class BoolOr(_OfConditions):
    """Whether at least one value is true; NULL without values."""

    __slots__ = ()
    name = "bool_or"


class _Spread(Aggregate):
    __slots__ = ("sample",)

    # The core's name of the sample variant.
    sampled = ""

    def __init__(
        self,
        expression: str | Expression,
        *,
        sample: bool = False,
        filter: Conditional | None = None,
        default: object = None,
    ) -> None:
        super().__init__(expression, filter=filter, default=default)
        self.sample = sample

    def core_name(self) -> str:
        """The name for the population or for a sample."""
        return self.sampled if self.sample else self.name

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """A float."""
        assert argument is not None
        if argument.type is not None and kind_of(argument.type) not in NUMBERS:
            raise self.refuse(argument)
        return DOUBLE, None


class StdDev(_Spread):
    """The standard deviation as a float; NULL without values.

    Args:
        expression: a field's name, a path, or an expression: numbers.
        sample: compute the sample statistic (divide by ``n - 1``); NULL for a single value.
        filter: only rows for which this holds.
    """

    __slots__ = ()
    name, sampled = "stddev_pop", "stddev_samp"


class Variance(_Spread):
    """The variance as a float; NULL without values.

    Args:
        expression: a field's name, a path, or an expression: numbers.
        sample: compute the sample statistic (divide by ``n - 1``); NULL for a single value.
        filter: only rows for which this holds.
    """

    __slots__ = ()
    name, sampled = "var_pop", "var_samp"
