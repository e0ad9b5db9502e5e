"""fresh(): reads that see all that was committed anywhere before them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.active import innermost
from oxyde.db.cursor import Cursor
from oxyde.db.operation import run, started
from oxyde.db.pool import AsyncDatabase
from oxyde.db.registry import home_of, resolve
from oxyde.db.transaction import causal_block
from oxyde.db.watched import run_reported
from oxyde.exceptions import DatabaseError, OxydeError

if TYPE_CHECKING:
    from oxyde._core import BoundRows, Features, Plan, RawRows, Recipe, Rows
    from oxyde._core import Cursor as CoreCursor
    from oxyde._core import Transaction as CoreTransaction
    from oxyde.db.executor import Executor

__all__ = ["place_fresh"]

T = TypeVar("T")

# MySQL's and MariaDB's error "unknown system variable": the server belongs to no cluster.
_UNKNOWN_VARIABLE = "1193"


def place_fresh(using: str | None, client: Executor | None) -> Executor:
    """Where a read runs that must see all that was committed before it.

    Raises:
        OxydeError: the query names a replica; otherwise as `resolve`.
    """
    if using is None and client is None and innermost() is not None:
        return resolve(write=False)
    executor = resolve(using, client)
    if home_of(executor.name) != executor.name:
        raise OxydeError(
            f"fresh() reads on the primary, and the query is for the replica {executor.name!r}",
            hint="leave out one of them",
        )
    if isinstance(executor, AsyncDatabase) and executor.is_clustered is not False:
        features = executor.features
        if features.causal_statements or features.causal_transactions:
            return FreshReads(executor)
    return executor


async def _is_clustered(database: AsyncDatabase) -> bool:
    """Whether a server of MySQL or MariaDB is a node of a cluster."""
    by_statement = database.features.causal_statements
    name = "wsrep_on" if by_statement else "group_replication_group_name"
    try:
        rows = await run(database._core().fetch_raw(f"SELECT @@{name} AS found", (), ()))
    except DatabaseError as error:
        if error.code == _UNKNOWN_VARIABLE:
            return False
        raise
    return bool(rows.values(None).value()[0]["found"])


class _TransactionCursor(Cursor):
    """A cursor in a transaction of its own."""

    __slots__ = ("_transaction",)

    def __init__(self, core: CoreCursor, transaction: CoreTransaction) -> None:
        super().__init__(core, started)
        self._transaction = transaction

    async def close(self) -> None:
        """End the transaction. Does nothing if it has ended."""
        await super().close()
        await run(self._transaction.rollback())


class FreshReads:
    """A database of a cluster whose nodes all accept writes, as an executor: its reads wait until
    the node has applied what others had committed."""

    __slots__ = ("_database",)

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database

    @property
    def name(self) -> str:
        """The name of the database."""
        return self._database.name

    @property
    def features(self) -> Features:
        """What the server can do, in its version."""
        return self._database.features

    @property
    def in_transaction(self) -> bool:
        """False."""
        return False

    @property
    def journal(self) -> None:
        """None."""
        return None

    async def _read(
        self, fresh: Callable[[], Awaitable[T]], plain: Callable[[], Awaitable[T]]
    ) -> T:
        database = self._database
        if database.is_clustered is None:
            database.is_clustered = await _is_clustered(database)
        return await (fresh if database.is_clustered else plain)()

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that returns rows, and hydrate them by the recipe."""
        database = self._database

        async def fresh() -> Any:
            if database.features.causal_statements:
                return await database.fetch(plan.causal(), values, recipe)
            async with causal_block(database) as block:
                return await block.fetch(plan, values, recipe)

        return await self._read(fresh, lambda: database.fetch(plan, values, recipe))

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time."""
        database = self._database

        async def fresh() -> Cursor:
            if database.features.causal_statements:
                return await database.open_cursor(plan.causal(), values, recipe, chunk)
            # Not a block: what is done between two chunks is not part of it.
            transaction = await run(database._core().begin(None, True, True), database.host)
            try:
                core = await run_reported(
                    lambda: transaction.open_cursor(plan, values, recipe, chunk),
                    database,
                    plan,
                    values,
                )
            except BaseException:
                await run(transaction.rollback())
                raise
            return _TransactionCursor(core, transaction)

        return await self._read(fresh, lambda: database.open_cursor(plan, values, recipe, chunk))

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        return await self._database.execute(plan, values)

    async def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none."""
        return await self._database.bulk(plan, rows, recipe, batch_size)

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text, which does not wait."""
        return await self._database.fetch_raw(sql, values, types)

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement."""
        return await self._database.explain(plan, values, analyze)

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements."""
        await self._database.script(statements)
