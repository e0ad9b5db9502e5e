"""The methods that compute one answer from all rows: exists, count, sum, avg …"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, overload

from oxyde.exceptions import FieldError
from oxyde.queries.compile.aggregation import (
    One,
    build_aggregates,
    build_count,
    build_found,
    output,
    value_of,
)
from oxyde.queries.compile.derived import context_of_rows, has_rows_of_its_own, needs_derived
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.state import M, R
from oxyde.queries.expressions.aggregates import Aggregate, Avg, Max, Min, Sum
from oxyde.queries.expressions.default_value import UNKNOWN, over_nothing
from oxyde.queries.expressions.recorder import record_value
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.scope import Builder
from oxyde.queries.methods.combining import Combining

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["Aggregating"]

V = TypeVar("V")
# Values whose mean has their own type.
D = TypeVar("D", Decimal, timedelta)
Measured: TypeAlias = str | Expression


class Aggregating(Combining[M, R]):
    """exists, count, aggregate, and the aggregates of one field."""

    def _executor(self, using: str | None, client: Executor | None) -> Executor:
        return self._place(using, client, write=self._lock is not None)

    async def exists(self, *, using: str | None = None, client: Executor | None = None) -> bool:
        """Whether there is a row."""
        query = self._bare()
        query._limit = 1 if query._limit is None else min(query._limit, 1)
        if not has_rows_of_its_own(query):
            query._outputs = (output(self._context(), "one", One()),)
        executor = self._executor(using, client)
        value = await value_of(query, "exists", build_found, executor)
        return value is not None

    async def count(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """The number of rows."""
        executor = self._executor(using, client)
        value = await value_of(self._bare(), "count", build_count, executor)
        return cast("int", value or 0)

    @overload
    async def sum(
        self,
        field: Callable[[M], V | None],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> V | None: ...
    @overload
    async def sum(
        self, field: Measured, *, using: str | None = None, client: Executor | None = None
    ) -> Any: ...
    async def sum(
        self,
        field: Measured | Callable[[M], Any],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Any:
        """The sum of a field or expression; None without values. A function from the model to a
        field types the result, here and below: ``sum(lambda p: p.views)``."""
        return await self.aggregate_one(Sum(self._measured(field)), using=using, client=client)

    @overload
    async def avg(  # type: ignore[overload-overlap]
        self,
        field: Callable[[M], D | None],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> D | None: ...
    @overload
    async def avg(
        self,
        field: Callable[[M], float | None],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> float | None: ...
    @overload
    async def avg(
        self, field: Measured, *, using: str | None = None, client: Executor | None = None
    ) -> Any: ...
    async def avg(
        self,
        field: Measured | Callable[[M], Any],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Any:
        """The mean of a field or expression; None without values."""
        return await self.aggregate_one(Avg(self._measured(field)), using=using, client=client)

    @overload
    async def max(
        self,
        field: Callable[[M], V | None],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> V | None: ...
    @overload
    async def max(
        self, field: Measured, *, using: str | None = None, client: Executor | None = None
    ) -> Any: ...
    async def max(
        self,
        field: Measured | Callable[[M], Any],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Any:
        """The maximum of a field or expression; None without values."""
        return await self.aggregate_one(Max(self._measured(field)), using=using, client=client)

    @overload
    async def min(
        self,
        field: Callable[[M], V | None],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> V | None: ...
    @overload
    async def min(
        self, field: Measured, *, using: str | None = None, client: Executor | None = None
    ) -> Any: ...
    async def min(
        self,
        field: Measured | Callable[[M], Any],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Any:
        """The minimum of a field or expression; None without values."""
        return await self.aggregate_one(Min(self._measured(field)), using=using, client=client)

    def _measured(self, field: Any) -> Measured:
        if callable(field) and not isinstance(field, Expression):
            return record_value(self._names, field)
        return cast("Measured", field)

    async def aggregate_one(
        self, aggregate: Aggregate, *, using: str | None = None, client: Executor | None = None
    ) -> Any:
        """One aggregate over all rows of the query."""
        found = await self.aggregate(value=aggregate, using=using, client=client)
        return found["value"]

    async def aggregate(
        self, *, using: str | None = None, client: Executor | None = None, **aggregates: object
    ) -> dict[str, Any]:
        """Aggregates over all rows of the query, by name.

        Raises:
            FieldError: an unknown name, or not an aggregate.
        """
        query = self._bare()
        derived = needs_derived(query)
        context = context_of_rows(query) if derived else query._context(grouping=True)
        made = []
        for name, aggregate in aggregates.items():
            if not isinstance(aggregate, Expression) or not aggregate.aggregates():
                raise FieldError(f"aggregate({name}=…) takes an aggregate, not {aggregate!r:.80}")
            made.append(output(context, name, aggregate))
        wanted = tuple(made)
        if query._is_empty():
            known = {each.name: over_nothing(each) for each in wanted}
            if UNKNOWN not in known.values():
                return known
            # Only the database computes an expression of aggregates.
            query._nothing = False
        if not derived:
            query._row = RowKind.DICT
            query._outputs = wanted
        elif not has_rows_of_its_own(query):
            query._row, query._fields, query._only = RowKind.MODEL, None, None
            query._hidden = frozenset()

        def build(one: Query[M, Any], features: Features) -> tuple[_ir.Statement, Builder, Any]:
            return build_aggregates(one, wanted, features)

        around = wanted if derived else ()
        executor = self._executor(using, client)
        rows = await value_of(query, "aggregate", build, executor, around)
        return cast("dict[str, Any]", rows[0])

    def _bare(self) -> Query[M, Any]:
        """The query without clauses that only affect how its rows are returned."""
        made: Query[M, Any] = self._copy()
        made._joins = ()
        made._prefetches = ()
        if made._limit is None and made._offset is None and not isinstance(made._distinct, tuple):
            made._order = ()
        made._lock = None
        return made
