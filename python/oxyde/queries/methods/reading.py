"""The methods that run a query and read."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import Self

from oxyde import _core
from oxyde._given import iterable_given
from oxyde.db.registry import resolve
from oxyde.db.slices import BETWEEN, in_slices
from oxyde.exceptions import (
    FieldError,
    MultipleObjectsReturned,
    NotFoundError,
    OxydeError,
    TransactionError,
)
from oxyde.hints import hint_for
from oxyde.queries.compile.natural_order import default_order, natural_order
from oxyde.queries.compile.of_each_owner import build_of_each_owner
from oxyde.queries.compile.plans import Entry, entry_for
from oxyde.queries.compile.recipe import from_database
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import build_rows
from oxyde.queries.compile.shape import shape_of
from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.compile.validity import sifted
from oxyde.queries.expressions.typed_conditions import Clause
from oxyde.queries.methods.aggregating import Aggregating
from oxyde.queries.relations.peers import have_peers, note_peers
from oxyde.queries.relations.prefetch import check_databases, prefetch_into
from oxyde.queries.relations.strict import forget_unloaded
from oxyde.queries.results.by_key import by_fields, in_bulk_fields
from oxyde.queries.results.iteration import Iteration

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features, Recipe
    from oxyde.db.cursor import Cursor
    from oxyde.db.executor import Executor
    from oxyde.queries.ir.scope import Builder

__all__ = ["Reading"]

K = TypeVar("K")


class Reading(Aggregating[M, R]):
    """Reading methods: all, first, get …"""

    async def all(self, *, using: str | None = None, client: Executor | None = None) -> list[R]:
        """The rows.

        Args:
            using: the database's name.
            client: a database or transaction, instead of a name.
        """
        return await self._rows_on(self._executor(using, client))

    async def _rows_on(self, executor: Executor) -> list[R]:
        self._check_run(executor)
        values: list[Any] = []
        rows: list[R] = await self._entry(executor.features, values).fetch(executor, values)
        return await self._finished(rows, executor)

    async def _related_on(self, executor: Executor) -> tuple[dict[Any, list[R]], list[R]]:
        """The rows by owner, and each row once (see `through_query`)."""
        if self._is_empty():
            return {}, []
        self._check_run(executor)
        values: list[Any] = []
        groups, rows = await self._entry(executor.features, values).fetch(executor, values)
        return groups, await self._finished(rows, executor)

    def _check_run(self, executor: Executor) -> None:
        if self._invalid != "raise":
            self._check_validity()
        if self._lock is not None and not executor.in_transaction:
            raise TransactionError(
                "a lock outside a transaction would be released at once",
                hint="async with atomic(): …",
            )
        if self._prefetches:
            if self._row is not RowKind.MODEL:
                raise FieldError(
                    "prefetch() loads relations of models, and values() returns none",
                    hint="leave one of them out",
                )
            check_databases(self._names, self._prefetches, executor)

    async def _finished(self, rows: list[R], executor: Executor) -> list[R]:
        """Post-process fetched rows: their kind, strictness, prefetches."""
        if self._row is RowKind.NAMED:
            await in_slices(_named(self, rows), len(rows))
        elif self._row is RowKind.MODEL:
            if self._invalid == "skip":
                rows = sifted(self, rows)
            if executor.name != "default" or executor.journal is not None:
                await from_database(rows, executor)
        if rows and self._strict and self._row is RowKind.MODEL:
            await in_slices(forget_unloaded(rows, self._names, self._joins), len(rows))
        if rows and self._prefetches:
            await prefetch_into(rows, self._prefetches, executor, like=self)
        if rows and self._row is RowKind.MODEL and have_peers(self._names, self._joins):
            await in_slices(note_peers(rows, self._names, self._joins), len(rows))
        return rows

    async def _open_cursor(self, executor: Executor, chunk: int) -> Cursor:
        self._check_run(executor)
        values: list[Any] = []
        return await self._entry(executor.features, values).open_cursor(executor, values, chunk)

    def iterate(
        self,
        *,
        chunk_size: int = 1000,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Iteration[R]:
        """The rows one by one, in constant memory: ``async for user in query.iterate(): …``.

        PostgreSQL uses a cursor and SQLite steps through the result, inside a transaction (where
        other queries may run in between) as well as outside, where the rows are a consistent
        snapshot. MySQL and MariaDB stream them outside a transaction; inside one, and for an
        in-memory SQLite database, all rows are read at once, though instances are still made in
        chunks. Outside a transaction the iteration holds one connection of the pool until it ends
        or is left by ``break``; queries in its body use another one, and on a SQLite file without
        WAL writers wait until then. Prefetches run per chunk.

        Args:
            chunk_size: how many rows are fetched at a time.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: a chunk size below one.
        """
        return Iteration(self._copy(), chunk_size, lambda: self._executor(using, client))

    def _entry(self, features: Features, values: list[Any]) -> Entry:
        query = self._in_order() if self._names.meta.ordering else self
        shape = shape_of(query, values)
        return entry_for(features, shape, lambda: _built(query, features), self._model)

    def _in_order(self) -> QueryState[M, R]:
        """The query with the order of its model, if it has none of its own."""
        order = () if self._order or self._extras else default_order(self)
        if not order:
            return self
        query = self._copy()
        query._order = order
        return query

    async def first(self, *, using: str | None = None, client: Executor | None = None) -> R | None:
        """The first row, or None. Without an order it is the first by primary key, and any row of a
        model without a key; groups are ordered by their keys, distinct and combined rows by their
        columns."""
        rows = await self._ordered()._leading(1, self._executor(using, client))
        return rows[0] if rows else None

    async def _leading(self, count: int, executor: Executor) -> list[R]:
        """The first rows; with skip_invalid(), the first valid ones."""
        if self._invalid != "skip" or self._lock is not None:
            query = self._copy()
            query._limit = count if self._limit is None else min(self._limit, count)
            return (await query._rows_on(executor))[:count]
        rows: list[R] = []
        async with self.iterate(chunk_size=100, client=executor) as found:
            async for row in found:
                rows.append(row)
                if len(rows) == count:
                    break
        return rows

    async def last(self, *, using: str | None = None, client: Executor | None = None) -> R | None:
        """The last row, or None. Without an order it is the last by primary key; groups are
        ordered by their keys, distinct and combined rows by their columns.

        Raises:
            OxydeError: the query is sliced, or its rows have nothing to order by.
        """
        if self._limit is not None or self._offset is not None:
            raise OxydeError(
                "last() cannot follow a slice", hint="reverse the order and call first()"
            )
        query = self._ordered()
        if not query._order and query._group_by != ():
            why = "no column can be ordered by" if self._names.primary_key else "it has no key"
            raise OxydeError(
                f"which row of this query of `{self._names.label}` comes last is undefined: {why}",
                hint="order_by(…) first",
            )
        query._order = tuple([term.reversed() for term in query._order])
        rows = await query._leading(1, self._executor(using, client))
        return rows[0] if rows else None

    def _ordered(self) -> Self:
        made = self._chained()
        if not self._order:
            made._order = natural_order(self)
        return made

    async def get(
        self,
        *conditions: Clause[M],
        using: str | None = None,
        client: Executor | None = None,
        **lookups: object,
    ) -> R:
        """The only row for which all of these hold.

        Raises:
            NotFoundError: there is none.
            MultipleObjectsReturned: there are several.
        """
        rows = await self._two(conditions, lookups, using, client)
        if not rows:
            raise NotFoundError(
                f"no {self._names.label} matches{_described(lookups)}",
                model=self._model,
                hint=self._outside(),
            )
        return rows[0]

    def _outside(self) -> str | None:
        """For an error: where rows that are not in the scope of the model are."""
        if self._names.scope is None or self._names.scope not in self._where:
            return None
        return f"{self._names.label}.unscoped has the rows outside of the model's scope, too"

    async def get_or_none(
        self,
        *conditions: Clause[M],
        using: str | None = None,
        client: Executor | None = None,
        **lookups: object,
    ) -> R | None:
        """The only row for which all of these hold, or None.

        Raises:
            MultipleObjectsReturned: there are several.
        """
        rows = await self._two(conditions, lookups, using, client)
        return rows[0] if rows else None

    async def _two(
        self,
        conditions: tuple[Any, ...],
        lookups: dict[str, Any],
        using: str | None,
        client: Executor | None,
    ) -> list[R]:
        query: Any = self.filter(*conditions, **lookups) if conditions or lookups else self._copy()
        executor = self._executor(using, client)
        rows: list[R]
        if query._limit is None and query._invalid == "skip":
            rows = await query._leading(2, executor)
        else:
            if query._limit is None:
                query._limit = 2
            rows = await query._rows_on(executor)
        if len(rows) > 1:
            raise MultipleObjectsReturned(
                f"more than one {self._names.label} matches{_described(lookups)}",
                model=self._model,
                hint="filter by a unique field, or use first()",
            )
        return rows

    @overload
    async def in_bulk(
        self,
        keys: Iterable[K],
        *,
        field: str = "pk",
        using: str | None = None,
        client: Executor | None = None,
    ) -> dict[K, R]: ...
    @overload
    async def in_bulk(
        self,
        keys: None = None,
        *,
        field: str = "pk",
        using: str | None = None,
        client: Executor | None = None,
    ) -> dict[Any, R]: ...
    async def in_bulk(
        self,
        keys: Iterable[Any] | None = None,
        *,
        field: str = "pk",
        using: str | None = None,
        client: Executor | None = None,
    ) -> dict[Any, R]:
        """The rows by key: ``in_bulk([1, 2, 3])`` → ``{1: …, 3: …}``.

        Args:
            keys: the keys to load, tuples for a composite key; all rows of the query when None.
            field: the unique field to use as the dict's key.

        Raises:
            FieldError: the field is unknown or not unique, or the rows are not models.
        """
        names = in_bulk_fields(self, field)
        if keys is not None:
            self._check_unsliced("in_bulk() with keys")
        query = self
        if keys is not None:
            listed = list(iterable_given("in_bulk()", keys))
            name = names[0] if len(names) == 1 else "pk"
            query = self.filter(**{f"{name}__in": listed})
        rows = await query.all(using=using, client=client)
        return await in_slices(by_fields(rows, names), len(rows))

    def sql(self, dialect: str | None = None, *, using: str | None = None) -> tuple[str, list[Any]]:
        """The SQL text and its parameters.

        Args:
            dialect: "postgres", "sqlite", "mysql" or "mariadb", in the newest version; when None,
                the server of the query's database, or "postgres" if no database is initialised.

        Raises:
            OxydeError: the dialect is unknown, or a subquery uses another database.
        """
        values: list[Any] = []
        entry = self._entry(_features(self, dialect, using), values)
        home = using or self._home()
        if home is not None:
            entry.check_database(home)
        return entry.plan.sql, entry.plan.parameters(entry.values(values))

    def __str__(self) -> str:
        """The SQL text, for ``print(query)``, without its parameters (see `sql`)."""
        return self.sql()[0]

    async def explain(
        self,
        *,
        analyze: bool = False,
        using: str | None = None,
        client: Executor | None = None,
    ) -> str:
        """The database's plan for the query.

        Args:
            analyze: run it, and report measured times and row counts.
        """
        executor = self._executor(using, client)
        values: list[Any] = []
        entry = self._entry(executor.features, values)
        entry.check_database(executor.name)
        return await executor.explain(entry.plan, entry.values(values), bool(analyze))


def _built(
    query: QueryState[Any, Any], features: Features
) -> tuple[_ir.Statement, Builder, Recipe]:
    if query._places is None and query._owners is None:
        return build_rows(query, features)
    return build_of_each_owner(query, features)


def _described(lookups: dict[str, Any]) -> str:
    # Only names, since values may be secret.
    return f" {', '.join(lookups)}" if lookups else ""


_DIALECTS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "mariadb": "mariadb",
}


def _features(query: QueryState[Any, Any], dialect: str | None, using: str | None) -> Features:
    if dialect is None:
        try:
            return resolve(using or query._using, query._client).features
        except OxydeError:
            if using is not None:
                raise
            return _core.features("postgres")
    known = _DIALECTS.get(str(dialect).lower())
    if known is None:
        raise OxydeError(f"unknown dialect {dialect!r}", hint=hint_for(str(dialect), _DIALECTS))
    return _core.features(known)


def _named(query: QueryState[Any, Any], rows: list[Any]) -> Generator[None, None, None]:
    """Replace tuples by named tuples, in place."""
    names = query._fields or (*query._names.fields, *query._shown)
    made = namedtuple("Row", names)  # type: ignore[misc]
    for at, row in enumerate(rows):
        rows[at] = made._make(row)
        if at % BETWEEN == 0:
            yield
