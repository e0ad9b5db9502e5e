"""The verbs that run a query and read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from oxyde import _ir
from oxyde.db.registry import resolve
from oxyde.exceptions import (
    FieldError,
    MultipleObjectsReturned,
    NotFoundError,
    OxydeError,
    TransactionError,
)
from oxyde.queries.aggregates import Aggregate, Avg, Max, Min, Sum
from oxyde.queries.base import Expression
from oxyde.queries.build_ir import build_rows
from oxyde.queries.building import Building
from oxyde.queries.filtering import Clause
from oxyde.queries.names import key_of
from oxyde.queries.ordering import term_of
from oxyde.queries.plans import Entry, entry_for
from oxyde.queries.rows import from_database
from oxyde.queries.scope import Builder
from oxyde.queries.shape import shape_of
from oxyde.queries.state import M, QueryState, R

if TYPE_CHECKING:
    from oxyde.db.cursor import Cursor
    from oxyde.db.executor import Executor
    from oxyde.queries.iteration import Iteration
    from oxyde.queries.query import Query

__all__ = ["Reading"]


class Reading(Building[M, R]):
    """all, first, get, count and all the others."""

    def _executor(self, using: str | None, client: Executor | None) -> Executor:
        return self._place(using, client, write=self._lock is not None)

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
        rows: list[R] = await self._entry(executor.flavour, values).fetch(executor, values)
        return await self._finished(rows, executor)

    async def _related_on(self, executor: Executor) -> tuple[dict[Any, list[R]], list[R]]:
        """The rows by whom they belong to, and each of them once (see `through_query`)."""
        self._check_run(executor)
        values: list[Any] = []
        groups, rows = await self._entry(executor.flavour, values).fetch(executor, values)
        return groups, await self._finished(rows, executor)

    def _check_run(self, executor: Executor) -> None:
        if self._lock is not None and not executor.in_transaction:
            raise TransactionError(
                "a lock outside of a transaction would be given up at once",
                hint="async with atomic(): …",
            )
        if self._prefetches:
            if self._row != "model":
                raise FieldError(
                    "prefetch() loads relations of models, and values() gives none",
                    hint="leave one of them out",
                )
            from oxyde.queries.prefetch import check_databases

            check_databases(self._names, self._prefetches, executor)

    async def _finished(self, rows: list[R], executor: Executor) -> list[R]:
        """What is left to do for rows that have come: their kind, strictness, prefetches."""
        if self._row == "named":
            rows = _named(self, rows)
        elif self._row == "model":
            from_database(rows, executor)
        if rows and self._strict and self._row == "model":
            from oxyde.queries.unloaded import forget_unloaded

            forget_unloaded(rows, self._names, self._joins)
        if rows and self._prefetches:
            from oxyde.queries.prefetch import prefetch_into

            await prefetch_into(rows, self._prefetches, executor, strict=self._strict)
        return rows

    async def _open_cursor(self, executor: Executor, chunk: int) -> Cursor:
        self._check_run(executor)
        values: list[Any] = []
        return await self._entry(executor.flavour, values).open_cursor(executor, values, chunk)

    def iterate(
        self,
        *,
        chunk_size: int = 1000,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Iteration[R]:
        """The rows one by one, in constant memory: ``async for user in query.iterate(): …``.

        PostgreSQL reads them by a cursor and SQLite step by step, inside a transaction (where
        other queries may run in between) as well as outside of one, where they are those of one
        moment. MySQL and MariaDB stream them outside of a transaction; inside of one, as with
        a SQLite database in memory, all rows are read at once, though models are only made a
        chunk at a time. Outside of a transaction the iteration keeps one connection of the pool
        until it ends, or is left by ``break``; queries in its body take another one, and on a
        SQLite file without WAL writers wait until then.
        Prefetches are done for each chunk.

        Args:
            chunk_size: how many rows are fetched at a time.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: a chunk size below one.
        """
        from oxyde.queries.iteration import Iteration

        return Iteration(self._copy(), chunk_size, lambda: self._executor(using, client))

    def _entry(self, flavour: str, values: list[Any]) -> Entry:
        shape = shape_of(self, values)
        return entry_for(flavour, shape, lambda: build_rows(self, flavour), self._model)

    async def first(self, *, using: str | None = None, client: Executor | None = None) -> R | None:
        """The first row, by key where no order is set; None when there is no row."""
        query = self._ordered().limit(1 if self._limit is None else min(self._limit, 1))
        rows = await query._rows_on(self._executor(using, client))
        return rows[0] if rows else None

    async def last(self, *, using: str | None = None, client: Executor | None = None) -> R | None:
        """The last row, by key where no order is set; None when there is no row.

        Raises:
            OxydeError: the query is sliced.
        """
        if self._limit is not None or self._offset is not None:
            raise OxydeError("a slice has no last()", hint="order the other way round, and first()")
        query = self._ordered()
        query._order = tuple([term.reversed() for term in query._order])
        rows = await query.limit(1)._rows_on(self._executor(using, client))
        return rows[0] if rows else None

    def _ordered(self) -> Query[M, R]:
        made = self._copy()
        alike = not self._compounds or self._row == "model"
        if not self._order and not self._distinct and alike and not self._groups():
            context = self._context()
            made._order = tuple([term_of(context, name) for name in self._names.primary_key])
        return made

    async def get(
        self,
        *conditions: Clause[M],
        using: str | None = None,
        client: Executor | None = None,
        **lookups: Any,
    ) -> R:
        """The only row for which all of this holds.

        Raises:
            NotFoundError: there is none.
            MultipleObjectsReturned: there are several.
        """
        rows = await self._two(conditions, lookups, using, client)
        if not rows:
            raise NotFoundError(
                f"no {self._names.label} matches{_described(lookups)}", model=self._model
            )
        return rows[0]

    async def get_or_none(
        self,
        *conditions: Clause[M],
        using: str | None = None,
        client: Executor | None = None,
        **lookups: Any,
    ) -> R | None:
        """The only row for which all of this holds, or None.

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
        if query._limit is None:
            query._limit = 2
        rows: list[R] = await query._rows_on(self._executor(using, client))
        if len(rows) > 1:
            raise MultipleObjectsReturned(
                f"more than one {self._names.label} matches{_described(lookups)}",
                model=self._model,
                hint="filter by a unique field, or use first()",
            )
        return rows

    async def exists(self, *, using: str | None = None, client: Executor | None = None) -> bool:
        """Whether there is a row."""
        from oxyde.queries.terminal import One, build_found, output, value_of

        query = self._bare()
        query._limit = 1 if query._limit is None else min(query._limit, 1)
        if not query._compounds and not query._groups():
            query._outputs = (output(self._context(), "one", One()),)
        executor = self._executor(using, client)
        value = await value_of(query, "exists", build_found, executor)
        return value is not None

    async def count(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """The number of rows."""
        from oxyde.queries.terminal import build_count, value_of

        executor = self._executor(using, client)
        value = await value_of(self._bare(), "count", build_count, executor)
        return cast("int", value or 0)

    async def sum(
        self, field: str | Expression, *, using: str | None = None, client: Executor | None = None
    ) -> Any:
        """The sum of a field or expression; None when there is no value."""
        return await self.aggregate_one(Sum(field), using=using, client=client)

    async def avg(
        self, field: str | Expression, *, using: str | None = None, client: Executor | None = None
    ) -> Any:
        """The mean of a field or expression; None when there is no value."""
        return await self.aggregate_one(Avg(field), using=using, client=client)

    async def max(
        self, field: str | Expression, *, using: str | None = None, client: Executor | None = None
    ) -> Any:
        """The largest value of a field or expression; None when there is none."""
        return await self.aggregate_one(Max(field), using=using, client=client)

    async def min(
        self, field: str | Expression, *, using: str | None = None, client: Executor | None = None
    ) -> Any:
        """The smallest value of a field or expression; None when there is none."""
        return await self.aggregate_one(Min(field), using=using, client=client)

    async def aggregate_one(
        self, aggregate: Aggregate, *, using: str | None = None, client: Executor | None = None
    ) -> Any:
        """One aggregate over all rows of the query."""
        found = await self.aggregate(value=aggregate, using=using, client=client)
        return found["value"]

    async def aggregate(
        self, *, using: str | None = None, client: Executor | None = None, **aggregates: Any
    ) -> dict[str, Any]:
        """Aggregates over all rows of the query, by name.

        Raises:
            FieldError: an unknown name, or something that is no aggregate.
        """
        from oxyde.queries.found_rows import context_of_rows, has_rows_of_its_own, needs_derived
        from oxyde.queries.terminal import build_aggregates, output, value_of

        query = self._bare()
        derived = needs_derived(query)
        context = context_of_rows(query) if derived else query._context(grouping=True)
        for name, aggregate in aggregates.items():
            if not isinstance(aggregate, Expression) or not aggregate.aggregates():
                raise FieldError(f"aggregate({name}=…) takes an aggregate, not {aggregate!r:.80}")
        wanted = tuple([output(context, name, each) for name, each in aggregates.items()])
        if not derived:
            query._row = "dict"
            query._outputs = wanted
        elif not has_rows_of_its_own(query):
            query._row, query._fields, query._only = "model", None, None

        def build(one: Query[M, Any], flavour: str) -> tuple[_ir.Statement, Builder, Any]:
            return build_aggregates(one, wanted, flavour)

        around = wanted if derived else ()
        executor = self._executor(using, client)
        rows = await value_of(query, "aggregate", build, executor, around)
        return cast("dict[str, Any]", rows[0])

    def _bare(self) -> Query[M, Any]:
        """The query without what only concerns how its rows are shown."""
        made: Query[M, Any] = self._copy()
        made._joins = ()
        made._prefetches = ()
        if made._limit is None and made._offset is None and not isinstance(made._distinct, tuple):
            made._order = ()
        made._lock = None
        return made

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
            keys: which ones; all of the query when None.
            field: a unique field that is the key of the dict.

        Raises:
            FieldError: the field is unknown or not unique, or the rows are no models.
        """
        meta = key_of(self._names, "in_bulk()") if field == "pk" else self._names.field(field)
        if self._row != "model":
            raise FieldError("in_bulk() gives models: leave out values() and values_list()")
        unique = (
            meta.unique
            or (meta.primary_key and len(self._names.primary_key) == 1)
            or (meta.name,) in self._names.meta.unique_together
        )
        if not unique:
            raise FieldError(f"`{self._names.label}.{meta.name}` is not unique")
        query = self if keys is None else self.filter(**{f"{meta.name}__in": list(keys)})
        rows = await query.all(using=using, client=client)
        return {row.__dict__[meta.name]: row for row in rows}

    def sql(self, dialect: str | None = None, *, using: str | None = None) -> tuple[str, list[Any]]:
        """The SQL text and its parameters.

        Args:
            dialect: "postgres", "sqlite", "mysql" or "mariadb"; when None that of the database
                the query would run on, or "postgres" when none is initialised.

        Raises:
            OxydeError: the dialect is unknown, or a query inside is about another database.
        """
        values: list[Any] = []
        entry = self._entry(_flavour(self, dialect, using), values)
        home = using or self._home()
        if home is not None:
            entry.check_database(home)
        return entry.plan.sql, entry.plan.parameters(entry.values(values))

    async def explain(
        self,
        *,
        analyze: bool = False,
        using: str | None = None,
        client: Executor | None = None,
    ) -> str:
        """How the database runs the query.

        Args:
            analyze: run it, and tell measured times and row counts.
        """
        executor = self._executor(using, client)
        values: list[Any] = []
        entry = self._entry(executor.flavour, values)
        entry.check_database(executor.name)
        return await executor.explain(entry.plan, entry.values(values), analyze)


def _described(lookups: dict[str, Any]) -> str:
    # The names only: values may be secrets.
    return f" {', '.join(lookups)}" if lookups else ""


_DIALECTS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "mariadb": "mariadb",
}


def _flavour(query: QueryState[Any, Any], dialect: str | None, using: str | None) -> str:
    if dialect is None:
        try:
            return resolve(using or query._using, query._client).flavour
        except OxydeError:
            if using is not None:
                raise
            return "postgres"
    flavour = _DIALECTS.get(dialect) or _DIALECTS.get(dialect.lower())
    if flavour is None:
        from oxyde.queries.columns import hint_for

        raise OxydeError(f"unknown dialect {dialect!r}", hint=hint_for(dialect, _DIALECTS))
    return flavour


def _named(query: QueryState[Any, Any], rows: list[Any]) -> list[Any]:
    from collections import namedtuple

    names = query._fields or (*query._names.fields, *query._annotations)
    made = namedtuple("Row", names)  # type: ignore[misc]
    return [made._make(row) for row in rows]
