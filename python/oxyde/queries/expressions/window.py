"""Window functions: ``Window(RowNumber(), partition_by="dept", order_by="-salary")``."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from oxyde._given import iterable_given
from oxyde.exceptions import FieldError
from oxyde.queries.expressions.aggregates import Aggregate
from oxyde.queries.expressions.context import Context, context_of
from oxyde.queries.expressions.functions import Func
from oxyde.queries.expressions.operators import Computed, F, as_expression
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.ordering import term_of
from oxyde.queries.expressions.parts import Part, parts_of
from oxyde.queries.expressions.steady import is_constant
from oxyde.queries.ir.depth import brief
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta

__all__ = [
    "CumeDist",
    "DenseRank",
    "FirstValue",
    "Frame",
    "Lag",
    "LastValue",
    "Lead",
    "NthValue",
    "Ntile",
    "PercentRank",
    "Rank",
    "RowNumber",
    "Window",
]


class WindowFunction(Func):
    """A function that is only valid in a `Window`."""

    __slots__ = ()


class RowNumber(WindowFunction):
    """1, 2, 3 … in the window's order."""

    __slots__ = ()
    name = "row_number"
    output = int


class Rank(WindowFunction):
    """The rank in the window's order, with gaps after ties."""

    __slots__ = ()
    name = "rank"
    output = int


class DenseRank(WindowFunction):
    """The rank in the window's order, without gaps."""

    __slots__ = ()
    name = "dense_rank"
    output = int


class PercentRank(WindowFunction):
    """The relative rank, from 0 to 1."""

    __slots__ = ()
    name = "percent_rank"
    output = float


class CumeDist(WindowFunction):
    """The cumulative distribution: the share of rows up to this one."""

    __slots__ = ()
    name = "cume_dist"
    output = float


class Ntile(WindowFunction):
    """``Ntile(4)``: the row's quartile, from 1 to 4."""

    __slots__ = ()
    name = "ntile"
    output = int


class _Neighbour(WindowFunction):
    __slots__ = ()

    def __init__(self, expression: object, offset: int = 1, default: object = None) -> None:
        arguments: list[Any] = [expression, offset]
        if default is not None:
            arguments.append(as_expression(default))
        super().__init__(*arguments)

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The value, the offset, and the default without a row."""
        first = parts[0].build(scope)
        built = [first, parts[1].build(scope, "big_int")]
        built += [each.build(scope, first.type) for each in parts[2:]]
        return built

    def field(self, arguments: list[Typed]) -> FieldMeta | None:
        """The argument's field."""
        return arguments[0].field


class Lag(_Neighbour):
    """``Lag("price")``: the value in the row before (or `offset` rows before)."""

    __slots__ = ()
    name = "lag"


class Lead(_Neighbour):
    """``Lead("price")``: the value in the row after (or `offset` rows after)."""

    __slots__ = ()
    name = "lead"


class FirstValue(WindowFunction):
    """The value in the frame's first row."""

    __slots__ = ()
    name = "first_value"


class LastValue(WindowFunction):
    """The value in the frame's last row."""

    __slots__ = ()
    name = "last_value"


class NthValue(_Neighbour):
    """``NthValue("price", 2)``: the value in the frame's second row."""

    __slots__ = ()
    name = "nth_value"


class Frame:
    """Which rows of the window a function sees.

    Args:
        start: offset from the current row: negative for rows before it, positive for rows after it,
            None for the first row of the window.
        end: likewise; None for the last of the window.
        unit: "rows", "range" (values of the order) or "groups" (of equal rows).
    """

    __slots__ = ("end", "start", "unit")

    def __init__(
        self,
        start: int | None = None,
        end: int | None = 0,
        unit: Literal["rows", "range", "groups"] = "rows",
    ) -> None:
        if unit not in ("rows", "range", "groups"):
            raise FieldError(f"the unit of a frame must be rows, range or groups, not {unit!r}")
        self.start = start
        self.end = end
        self.unit: _ir.FrameUnit = unit

    @property
    def shape(self) -> Hashable:
        """All of it is part of the shape."""
        return (self.unit, self.start, self.end)

    def build(self) -> _ir.Frame:
        """The frame of the IR."""
        return {
            "unit": self.unit,
            "start": _bound(self.start, "unbounded_preceding"),
            "end": _bound(self.end, "unbounded_following"),
        }


def _bound(value: int | None, unbounded: _ir.FrameBound) -> _ir.FrameBound:
    if value is None:
        return unbounded
    if value == 0:
        return "current_row"
    return {"preceding": -value} if value < 0 else {"following": value}


class Window(Computed):
    """A function over the rows around each row, without grouping them.

    Args:
        function: a window function or an aggregate.
        partition_by: fields or expressions; the window holds the rows with equal values.
        order_by: as in order_by().
        frame: which rows of the window the function sees.
    """

    __slots__ = ("frame", "function", "order_by", "partition_by")

    def __init__(
        self,
        function: Expression,
        *,
        partition_by: str | Expression | Sequence[str | Expression] = (),
        order_by: str | Expression | OrderBy | Sequence[str | Expression | OrderBy] = (),
        frame: Frame | None = None,
    ) -> None:
        if not isinstance(function, Aggregate | WindowFunction):
            raise FieldError(
                f"Window() takes an aggregate or a window function, not {function!r:.80}",
                hint="RowNumber(), Rank(), Lag(…), Sum(…) …",
            )
        self.function = function
        parts = [partition_by] if isinstance(partition_by, str | Expression) else partition_by
        given = iterable_given("partition_by", parts)
        self.partition_by = tuple([F(p) if isinstance(p, str) else p for p in given])
        terms = [order_by] if isinstance(order_by, str | Expression | OrderBy) else order_by
        self.order_by = tuple([_Ordering(each) for each in iterable_given("order_by", terms)])
        self.frame = frame

    def key(self) -> Hashable:
        """The number of expressions that partition, and the frame."""
        return ("window", len(self.partition_by), None if self.frame is None else self.frame.shape)

    def parts(self) -> tuple[Expression, ...]:
        """The function, the partition and the order."""
        return (self.function, *self.partition_by, *self.order_by)

    def operands(self) -> tuple[Expression, ...]:
        """None: it is computed over other rows, too."""
        return ()

    def aggregates(self) -> bool:
        """False: a window does not group rows."""
        return False

    def windows(self) -> bool:
        """It is one."""
        return True

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """`function OVER (…)`."""
        if scope.filtering:
            raise scope.window_in_filter()
        if scope.inline:
            raise scope.unfit(
                self,
                "a window function has no value while its rows are changed",
                "read the values first, or take them from a CTE or subquery",
            )
        first, *rest = parts_of(self.parts(), scope)
        if isinstance(self.function, Aggregate):
            function = first.built_by(self.function.windowed, scope)
        else:
            function = first.build(scope)
        parts = _varying(rest[: len(self.partition_by)], scope)
        orders: list[_ir.Order] = []
        for part, term in zip(rest[len(self.partition_by) :], self.order_by, strict=True):
            order = part.built_by(term.order, scope)
            if order is not None:
                orders.append(order)
        if not orders and isinstance(self.function, WindowFunction):
            # MariaDB requires an order, even a constant one.
            anything: _ir.Expr = {"literal": "null"}
            orders = [{"expr": anything, "direction": "asc", "nulls": None, "indexed": False}]
        ir: _ir.Expr = {
            "window": {
                "function": function.ir,
                "partition_by": parts,
                "order_by": orders,
                "frame": None if self.frame is None else self.frame.build(),
            }
        }
        return Typed(ir, function.type, function.field)

    @brief
    def __repr__(self) -> str:
        return f"Window({self.function!r})"


class _Ordering(Expression):
    """A term of a window's order."""

    __slots__ = ("item",)

    def __init__(self, item: object) -> None:
        self.item = item

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The term's shape."""
        term = term_of(context, self.item)
        values.extend(term.values)
        return term.shape

    def order(self, scope: Scope) -> _ir.Order | None:
        """The term of the IR; see `Term.build`."""
        return term_of(context_of(scope), self.item).build(scope, outside=False)


def _varying(parts: list[Part], scope: Scope) -> list[_ir.Expr]:
    """The parts of PARTITION BY that are not the same in all rows."""
    varying: list[_ir.Expr] = []
    for part in parts:
        ir = part.build(scope).ir
        if is_constant(ir):
            part.leave_out(scope)
        else:
            varying.append(ir)
    return varying
