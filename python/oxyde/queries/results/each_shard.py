"""each_shard(): a read that runs on all shards, whose results are joined."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from oxyde.db.registry import each_shard
from oxyde.db.running import is_without_loop
from oxyde.exceptions import FieldError, MultipleObjectsReturned, NotFoundError, OxydeError
from oxyde.queries.compile.keyset import keyset_of
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.state import M, R
from oxyde.queries.expressions.aggregates import Aggregate, Avg, Count, Max, Min, Sum
from oxyde.queries.results.by_key import in_bulk_fields
from oxyde.queries.results.merged import check_compared, merged

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.query import Query

__all__ = ["EachShard"]

T = TypeVar("T")
V = TypeVar("V")
Measured: TypeAlias = "str | Expression"


class EachShard(Generic[M, R]):
    """A query over all shards: ``await Order.objects.filter(open=True).each_shard().count()``.

    It runs on them at the same time (in `oxyde.sync` one after the other), each in its own
    snapshot. Joins, prefetches and relations of conditions lead to rows of the same shard.

    Args:
        query: the query.

    Raises:
        OxydeError: its results cannot be joined, or it names a database.
    """

    def __init__(self, query: Query[M, R]) -> None:
        _check(query)
        self._query = query

    def __await__(self) -> Generator[Any, None, list[R]]:
        return self.all().__await__()

    if not TYPE_CHECKING:
        # Declared so that type checkers report it.
        def __getattr__(self, name: str) -> None:
            if name.startswith("_"):
                raise AttributeError(name)
            raise AttributeError(
                f"each_shard() has no {name}(): it reads all, first, last, get, get_or_none, "
                "in_bulk, exists, count, sum, avg, min, max and aggregate; build the query before, "
                "and run everything else on one shard: async with db.shard(key)"
            )

    async def all(self) -> list[R]:
        """The rows: in the order of the query, else those of one shard after those of another.

        An offset reads the rows before it from each shard, too.

        Raises:
            FieldError: only the database knows the order, or it is not defined.
            OxydeError: there are no shards, or a subquery reads other rows.
            TransactionError: a transaction is open on one of them.
        """
        query = self._query
        start = query._offset or 0
        stop = None if query._limit is None else start + query._limit
        part = query._copy()
        part._offset, part._limit = None, stop
        if not query._in_order()._order:
            rows = await self._ask(part._rows_on)
            return [row for each in rows for row in each][start:stop]
        return (await self._in_order(part))[start:stop]

    async def _in_order(self, part: Query[M, R]) -> list[R]:
        keyset = keyset_of(part._in_order(), "each_shard()")
        part._order = keyset.order
        dialects = [executor.features.dialect for executor in each_shard("each_shard()")]
        check_compared(part, keyset, dialects)

        async def placed(executor: Executor) -> list[tuple[R, tuple[Any, ...]]]:
            rows, places = await part._fetch_with_places(keyset, executor)
            return list(zip(await part._finished(rows, executor), places, strict=True))

        return merged(await self._ask(placed), keyset, dialects[0], part._names.label)

    async def first(self) -> R | None:
        """The first row, or None; without an order, the first by primary key.

        Raises:
            As `all`.
        """
        query = self._query._ordered()
        query._limit = 1 if query._limit is None else min(query._limit, 1)
        rows = await EachShard(query).all()
        return rows[0] if rows else None

    async def last(self) -> R | None:
        """The last row, or None; without an order, the last by primary key.

        Raises:
            OxydeError: the query is sliced.
            As `all`.
        """
        self._query._check_unsliced("last()")
        query = self._query._ordered()
        query._order = tuple([term.reversed() for term in query._order])
        query._limit = 1
        rows = await EachShard(query).all()
        return rows[0] if rows else None

    async def get(self) -> R:
        """The only row.

        Raises:
            NotFoundError: there is none.
            MultipleObjectsReturned: there are several.
        """
        found = await self.get_or_none()
        if found is None:
            raise NotFoundError(
                f"no {self._query._names.label} matches on any shard", model=self._query._model
            )
        return found

    async def get_or_none(self) -> R | None:
        """The only row, or None.

        Raises:
            MultipleObjectsReturned: there are several.
        """
        query = self._query._copy()
        if query._limit is None:
            query._limit = 2
        rows = await EachShard(query).all()
        if len(rows) > 1:
            raise MultipleObjectsReturned(
                f"more than one {query._names.label} matches: a unique field is unique in its "
                "shard only",
                model=query._model,
                hint="filter by the key of the shard, too, or use first()",
            )
        return rows[0] if rows else None

    async def in_bulk(
        self, keys: Iterable[Any] | None = None, *, field: str = "pk"
    ) -> dict[Any, R]:
        """The rows by key, as `Query.in_bulk`.

        Args:
            keys: the keys to load; all rows of the query when None.
            field: the unique field to use as the dict's key.

        Raises:
            FieldError: the field is unknown or not unique, or the rows are not models.
            OxydeError: two shards have a row with the same key.
        """
        query = self._query
        in_bulk_fields(query, field)
        if query._limit is not None or query._offset is not None:
            raise OxydeError(
                f"in_bulk() of a slice of `{query._names.label}` over shards has no common order",
                hint="await each_shard(), and make a dict of its rows",
            )
        listed = None if keys is None else list(keys)
        parts = await self._ask(
            lambda executor: query.in_bulk(listed, field=field, client=executor)
        )
        found: dict[Any, R] = {}
        for part in parts:
            for key, row in part.items():
                if key in found:
                    raise OxydeError(
                        f"two shards have a `{query._names.label}` with the {field} {key!r:.80}: "
                        "keys are unique in their shard only",
                        hint="make keys in Python (UUIDs), or let each shard count in a range of "
                        "its own",
                    )
                found[key] = row
        return found

    async def exists(self) -> bool:
        """Whether a shard has a row."""
        return any(await self._ask(lambda executor: self._query.exists(client=executor)))

    async def count(self) -> int:
        """The number of rows of all shards."""
        query = self._query._copy()
        start, limit = query._offset or 0, query._limit
        query._offset = query._limit = None
        total = sum(await self._ask(lambda executor: query.count(client=executor)))
        behind = max(0, total - start)
        return behind if limit is None else min(behind, limit)

    @overload
    async def sum(self, field: Callable[[M], V | None]) -> V | None: ...
    @overload
    async def sum(self, field: Measured) -> Any: ...
    async def sum(self, field: Measured | Callable[[M], Any]) -> Any:
        """The sum of a field or expression; None without values."""
        return (await self.aggregate(value=Sum(self._query._measured(field))))["value"]

    async def avg(self, field: Measured | Callable[[M], object]) -> Any:
        """The mean of a field or expression, by the sums and counts of the shards; None without
        values."""
        return (await self.aggregate(value=Avg(self._query._measured(field))))["value"]

    @overload
    async def max(self, field: Callable[[M], V | None]) -> V | None: ...
    @overload
    async def max(self, field: Measured) -> Any: ...
    async def max(self, field: Measured | Callable[[M], Any]) -> Any:
        """The maximum of a field or expression; None without values.

        Raises:
            FieldError: its values are strings, whose order only the database knows.
        """
        return (await self.aggregate(value=Max(self._query._measured(field))))["value"]

    @overload
    async def min(self, field: Callable[[M], V | None]) -> V | None: ...
    @overload
    async def min(self, field: Measured) -> Any: ...
    async def min(self, field: Measured | Callable[[M], Any]) -> Any:
        """The minimum of a field or expression; None without values.

        Raises:
            FieldError: as for `max`.
        """
        return (await self.aggregate(value=Min(self._query._measured(field))))["value"]

    async def aggregate(self, **aggregates: object) -> dict[str, Any]:
        """Aggregates over the rows of all shards, by name: Count, Sum, Avg, Min and Max.

        Raises:
            FieldError: another aggregate, or one over distinct values: it cannot be computed from
                those of the shards.
        """
        query = self._query
        query._check_unsliced("aggregate() over shards")
        asked: dict[str, Any] = {}
        for name, aggregate in aggregates.items():
            made = _checked(name, aggregate)
            if isinstance(made, Avg):
                assert made.expression is not None
                asked[f"{name}__sum"] = Sum(made.expression, filter=made.filter)
                asked[f"{name}__count"] = Count(made.expression, filter=made.filter)
            else:
                asked[name] = made
        parts = await self._ask(lambda executor: query.aggregate(client=executor, **asked))
        values = {name: [part[name] for part in parts] for name in asked}
        found: dict[str, Any] = {}
        for name, aggregate in aggregates.items():
            if isinstance(aggregate, Avg):
                number = sum(values[f"{name}__count"])
                total = _sum_of(values[f"{name}__sum"])
                found[name] = total / number if number else None
            elif isinstance(aggregate, Count | Sum):
                found[name] = _sum_of(values[name])
            else:
                choose: Callable[[list[Any]], Any] = max if isinstance(aggregate, Max) else min
                found[name] = _extreme(name, values[name], choose)
        return found

    async def _ask(self, ask: Callable[[Executor], Awaitable[T]]) -> list[T]:
        """What each shard answers, in their order. If one fails, the others are cancelled."""
        executors = each_shard("each_shard()")
        for executor in executors:
            if self._query._entry(executor.features, []).has_parts:
                raise OxydeError(
                    f"each_shard() of `{self._query._names.label}` has a subquery, which would "
                    "read the rows of one shard for those of the same shard only",
                    hint="fetch its values first, and filter by them",
                )
        if is_without_loop():
            return [await ask(executor) for executor in executors]
        tasks = [asyncio.ensure_future(ask(executor)) for executor in executors]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    def __repr__(self) -> str:
        return f"<query of {self._query._names.label} over all shards>"


def _checked(name: str, aggregate: object) -> Aggregate:
    if not isinstance(aggregate, Aggregate):
        raise FieldError(f"aggregate({name}=…) takes an aggregate, not {aggregate!r:.80}")
    if type(aggregate) not in (Count, Sum, Avg, Min, Max):
        raise FieldError(
            f"{aggregate!r:.80} over shards cannot be computed from those of the shards",
            hint="Count, Sum, Avg, Min and Max can",
        )
    if aggregate.distinct:
        raise FieldError(
            f"{aggregate!r:.80} over shards would take a value that two shards have twice",
            hint="fetch the distinct values of each shard, and join them",
        )
    if aggregate.default is not None:
        raise FieldError(
            f"{aggregate!r:.80} over shards would take the default of each shard",
            hint="leave default= out, and replace None",
        )
    return aggregate


def _sum_of(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _extreme(name: str, values: list[Any], choose: Callable[[list[Any]], Any]) -> Any:
    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known):
        raise FieldError(
            f"the extreme string `{name}` of several shards is decided by the collation of the "
            "database",
            hint='order_by(Collate("…", "C")).each_shard().first()',
        )
    return choose(known) if known else None


def _check(query: Query[Any, Any]) -> None:
    """Refuse a query whose results cannot be joined.

    Raises:
        OxydeError: with the reason.
    """
    label = query._names.label
    reasons = [
        (query._home() is not None, "it names a database", "leave using() out"),
        (query._lock is not None, "a lock needs a transaction, which is on one shard", None),
        (bool(query._compounds), "it combines queries", "read the rows of each of them"),
        (
            bool(query._ctes or query._cte_joins),
            "a CTE would have the rows of one shard only",
            "fetch its values first",
        ),
        (
            query._distinct is not False,
            "a value that two shards have would be there twice",
            "leave distinct() out, and make a set of the values",
        ),
        (
            query._groups() and (query._group_by is not None or query._row is not RowKind.MODEL),
            "a group whose rows are on two shards would be there twice",
            "aggregate() without groups, or add up the groups of each shard",
        ),
        (
            any(each.windows for each in query._annotations.values()),
            "a window would have the rows of one shard only",
            None,
        ),
        (
            any(term.order is None for term in query._order),
            "a random order has no place to merge by",
            "leave order_by('?') out",
        ),
        (
            query._invalid == "skip",
            "a slice without the skipped rows has no common place",
            "use unvalidated()",
        ),
    ]
    for is_so, why, hint in reasons:
        if is_so:
            raise OxydeError(f"each_shard() of `{label}` cannot join the results: {why}", hint=hint)
