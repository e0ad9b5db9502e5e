"""What stands in for the pools of a project's databases while its tests run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from oxyde.db.pool import AsyncDatabase
from oxyde.db.registry import forget
from oxyde.testing.steps import Steps

if TYPE_CHECKING:
    from oxyde._core import (
        BoundRows,
        Cursor,
        Features,
        Listener,
        Operation,
        Plan,
        Pool,
        RawRows,
        Recipe,
        Rows,
        Transaction,
    )

__all__ = ["KeptDatabase", "ManagedPool", "StandingDatabase"]


class ManagedPool:
    """Leads each statement to the transaction of the test that is running, or else to the pool of
    the test database.

    Args:
        kept: returns the pool of the test database, and makes the database if necessary.
        current: returns where statements run now: a pool, or the test's transaction.
        closed: called when the pool is closed, which closes nothing.
    """

    def __init__(
        self, kept: Callable[[], Pool], current: Callable[[], Pool], closed: Callable[[], None]
    ) -> None:
        self._kept = kept
        self._current = current
        self._closed = closed

    @property
    def features(self) -> Features:
        """What the server can do."""
        return self._kept().features

    @property
    def server_version(self) -> str:
        """The version that the server reports."""
        return self._kept().server_version

    @property
    def commit_outcome(self) -> bool:
        """False: the transactions of a test are none of the server's."""
        return False

    def status(self) -> dict[str, int]:
        """The counts of the test database's pool."""
        return self._kept().status()

    def counters(self) -> dict[str, float]:
        """What the test database's pool has done."""
        return self._kept().counters()

    def retried(self) -> dict[str, int]:
        """What the test database's pool has repeated."""
        return self._kept().retried()

    def server(self) -> tuple[str, str] | None:
        """The host and the role of the test database's server."""
        return self._kept().server()

    def watch(self, wanted: bool) -> None:
        """Do nothing: the connections of tests have no events."""

    def next_events(self) -> Steps[None]:
        """None, as of a pool that is closed."""
        return Steps(_nothing())

    def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Operation[Any]:
        """As a pool does."""
        return self._current().fetch(plan, values, recipe)

    def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Operation[Cursor]:
        """As a pool does."""
        return self._current().open_cursor(plan, values, recipe, chunk)

    def execute(self, plan: Plan, values: Sequence[Any]) -> Operation[tuple[int, int | None]]:
        """As a pool does."""
        return self._current().execute(plan, values)

    def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> Operation[tuple[int, list[Any] | None, list[int] | None]]:
        """As a pool does."""
        return self._current().bulk(plan, rows, recipe, batch_size)

    def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> Operation[RawRows]:
        """As a pool does."""
        return self._current().fetch_raw(sql, values, types)

    def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> Operation[str]:
        """As a pool does."""
        return self._current().explain(plan, values, analyze)

    def script(self, statements: Sequence[str]) -> Operation[None]:
        """As a pool does."""
        return self._current().script(statements)

    def begin(self, isolation: str | None, read_only: bool, causal: bool) -> Operation[Transaction]:
        """As a pool does."""
        return self._current().begin(isolation, read_only, causal)

    def listen(self, channels: Sequence[str]) -> Operation[Listener]:
        """Listen on a connection of its own. It hears what is committed."""
        return self._kept().listen(channels)

    def close(self) -> Steps[None]:
        """Close nothing: the test database stays open until the end of the run."""
        self._closed()
        return Steps(_nothing())


class StandingDatabase(AsyncDatabase):
    """A database under whose name the project has opened none: for code that is tested without the
    application's lifespan. It gives way to the one that the lifespan opens."""

    gives_way = True

    def __init__(self, name: str, url: str, pool: ManagedPool) -> None:
        super().__init__(url, name=name)
        self._pool = cast("Pool", pool)

    @property
    def features(self) -> Features:
        """What the server can do; makes the test database if necessary."""
        return self._core().features

    async def disconnect(self) -> None:
        """Do nothing: it stays for the next test."""


class KeptDatabase(AsyncDatabase):
    """The test database itself, outside of every test's transaction."""

    def __init__(self, name: str, url: str, pool: Pool) -> None:
        super().__init__(url, name=name)
        self._pool = pool
        self._features = pool.features

    async def disconnect(self) -> None:
        """Unregister it; its pool stays open."""
        forget(self)


async def _nothing() -> None:
    """The end of a pool that stays open."""
