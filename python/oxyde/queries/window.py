"""Window functions: ``Window(RowNumber(), partition_by="dept", order_by="-salary")``."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.aggregates import Aggregate
from oxyde.queries.base import Expression
from oxyde.queries.expressions import Computed, F, as_expression
from oxyde.queries.functions import Func
from oxyde.queries.ordering import OrderBy, Term, term_of
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

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
    """A function that only stands in a `Window`."""

    __slots__ = ()


class RowNumber(WindowFunction):
    """1, 2, 3 … in the window's order."""

    __slots__ = ()
    name = "row_number"
    output = int


class Rank(WindowFunction):
    """The place in the window's order, with gaps after equal ones."""

    __slots__ = ()
    name = "rank"
    output = int


class DenseRank(WindowFunction):
    """The place in the window's order, without gaps."""

    __slots__ = ()
    name = "dense_rank"
    output = int


class PercentRank(WindowFunction):
    """The place as a number from 0 to 1."""

    __slots__ = ()
    name = "percent_rank"
    output = float


class CumeDist(WindowFunction):
    """The share of rows up to this one."""

    __slots__ = ()
    name = "cume_dist"
    output = float


class Ntile(WindowFunction):
    """``Ntile(4)``: which of four parts of equal size the row is in."""

    __slots__ = ()
    name = "ntile"
    output = int


class _Neighbour(WindowFunction):
    __slots__ = ()

    def __init__(self, expression: Any, offset: int = 1, default: Any = None) -> None:
        arguments: list[Any] = [expression, offset]
        if default is not None:
            arguments.append(as_expression(default))
        super().__init__(*arguments)

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The value, the distance, and what stands in where there is no row."""
        first = self.arguments[0].build(scope)
        built = [first, self.arguments[1].build(scope, "big_int")]
        built += [each.build(scope, first.type) for each in self.arguments[2:]]
        return built

    def field(self, arguments: list[Typed]) -> Any:
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
        start: rows before this one (negative), 0 for this one, after it (positive), or None for
            the first of the window.
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
            raise FieldError(f"a frame counts in rows, range or groups, not {unit!r}")
        self.start = start
        self.end = end
        self.unit = unit

    @property
    def shape(self) -> Hashable:
        """It is part of the shape whole."""
        return (self.unit, self.start, self.end)

    def build(self) -> dict[str, Any]:
        """The frame of the IR."""
        return {
            "unit": self.unit,
            "start": _bound(self.start, "unbounded_preceding"),
            "end": _bound(self.end, "unbounded_following"),
        }


def _bound(value: int | None, unbounded: str) -> Any:
    if value is None:
        return unbounded
    if value == 0:
        return "current_row"
    return {"preceding": -value} if value < 0 else {"following": value}


class Window(Computed):
    """A function over the rows around each row, without grouping them.

    Args:
        function: a window function or an aggregate.
        partition_by: fields or expressions; only rows that are equal in them are seen.
        order_by: as in order_by().
        frame: which of those rows are seen.
    """

    __slots__ = ("frame", "function", "order_by", "partition_by")

    def __init__(
        self,
        function: Expression,
        *,
        partition_by: str | Expression | Sequence[str | Expression] = (),
        order_by: Any = (),
        frame: Frame | None = None,
    ) -> None:
        if not isinstance(function, Aggregate | WindowFunction):
            raise FieldError(
                f"Window() takes an aggregate or a window function, not {function!r:.80}",
                hint="RowNumber(), Rank(), Lag(…), Sum(…) …",
            )
        self.function = function
        parts = [partition_by] if isinstance(partition_by, str | Expression) else partition_by
        self.partition_by = tuple([F(p) if isinstance(p, str) else p for p in parts])
        terms = [order_by] if isinstance(order_by, str | Expression | OrderBy) else order_by
        self.order_by = tuple(terms)
        self.frame = frame

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The function and the window."""
        function = self.function.shape(context, values)
        parts = [each.shape(context, values) for each in self.partition_by]
        terms = []
        for term in self._terms(context):
            terms.append(term.shape)
            values.extend(term.values)
        frame = None if self.frame is None else self.frame.shape
        return ("window", function, tuple(parts), tuple(terms), frame)

    def _terms(self, context: Context) -> list[Term]:
        return [term_of(context, each) for each in self.order_by]

    def aggregates(self) -> bool:
        """False: a window does not group rows."""
        return False

    def windows(self) -> bool:
        """It is one."""
        return True

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """`function OVER (…)`."""
        from oxyde.queries.expressions import context_of

        if scope.filtering:
            raise scope.window_in_filter()
        if scope.inline:
            raise scope.unfit(
                self,
                "a window function has no value while its rows are changed",
                "read the values first, or take them from a CTE or subquery",
            )
        if isinstance(self.function, Aggregate):
            function = self.function.windowed(scope)
        else:
            function = self.function.build(scope)
        ir: _ir.Expr = {
            "window": {
                "function": function.ir,
                "partition_by": [each.build(scope).ir for each in self.partition_by],
                "order_by": [
                    each.build(scope, outside=False) for each in self._terms(context_of(scope))
                ],
                "frame": None if self.frame is None else self.frame.build(),
            }
        }
        return Typed(ir, function.type, function.field)

    def __repr__(self) -> str:
        return f"Window({self.function!r})"
