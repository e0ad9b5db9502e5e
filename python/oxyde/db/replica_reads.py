"""Reads on a replica, which are asked elsewhere if it fails."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.running import is_without_loop, run_here
from oxyde.exceptions import (
    DatabaseConnectionError,
    OutcomeUnknownError,
    OxydeError,
    PoolTimeoutError,
    SerializationError,
)

if TYPE_CHECKING:
    from oxyde._core import BoundRows, Features, Plan, RawRows, Recipe, Rows
    from oxyde.db.cursor import Cursor
    from oxyde.db.pool import AsyncDatabase
    from oxyde.db.router import Router, Seat

__all__ = ["ReplicaReads", "connect_replicas", "reader", "stop_waking"]

T = TypeVar("T")

# How long `init` waits for the replicas beside the primary, in seconds.
_PATIENCE = 1.0
# Attempts to connect replicas, which nobody awaits.
_waking: dict[str, asyncio.Task[None] | threading.Thread] = {}


class ReplicaReads:
    """A replica, as an executor. A read that it cannot answer is asked once more on another one, or
    on the primary, if that has the same version."""

    __slots__ = ("_databases", "_router", "_seat", "database")

    def __init__(self, router: Router, seat: Seat, databases: Mapping[str, AsyncDatabase]) -> None:
        self._router = router
        self._seat = seat
        self._databases = databases
        self.database = databases[seat.name]

    @property
    def name(self) -> str:
        """The name of the replica."""
        return self._seat.name

    @property
    def features(self) -> Features:
        """What the server can do, in its version."""
        return self.database.features

    @property
    def in_transaction(self) -> bool:
        """False."""
        return False

    @property
    def journal(self) -> None:
        """None."""
        return None

    async def _read(self, ask: Callable[[AsyncDatabase], Awaitable[T]]) -> T:
        features = self.features
        try:
            found = await ask(self.database)
        except (DatabaseConnectionError, PoolTimeoutError, SerializationError) as error:
            if isinstance(error, OutcomeUnknownError):
                raise
            if not isinstance(error, SerializationError):
                self._seat.failed()
            other = self._other()
            if other is None or not other.connected or other.features is not features:
                raise
            failure: OxydeError = error
        else:
            self._seat.worked()
            return found
        try:
            return await ask(other)
        except OxydeError as error:
            error.__cause__ = failure
            raise

    def _other(self) -> AsyncDatabase | None:
        seat = self._router.usable(self._databases, but=self._seat.name)
        if seat is not None:
            return self._databases[seat.name]
        return self._databases.get(self._router.writes) if self._router.fallback else None

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that returns rows, and hydrate them by the recipe."""
        return await self._read(lambda database: database.fetch(plan, values, recipe))

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time."""
        return await self._read(lambda database: database.open_cursor(plan, values, recipe, chunk))

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan, on the replica."""
        return await self.database.execute(plan, values)

    async def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan, on the replica."""
        return await self.database.bulk(plan, rows, recipe, batch_size)

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text, which may change the session: on the replica only."""
        return await self.database.fetch_raw(sql, values, types)

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The replica's plan for a statement."""
        return await self._read(lambda database: database.explain(plan, values, analyze))

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements, on the replica, which refuses them."""
        await self.database.script(statements)


def reader(router: Router, databases: Mapping[str, AsyncDatabase]) -> ReplicaReads | None:
    """Where the next read of this task runs; None means on the primary.

    Raises:
        DatabaseConnectionError: no replica can be used, and there is no fallback.
    """
    for away in router.waking(databases):
        _wake(away, databases[away.name])
    if router.must_see_writes():
        return None
    seat = router.usable(databases)
    if seat is not None:
        return ReplicaReads(router, seat, databases)
    if router.fallback is None:
        raise DatabaseConnectionError(
            f"no replica of {', '.join(router.reads)} can be used",
            hint='read on the primary meanwhile: Router(fallback="primary")',
        )
    return None


def _wake(seat: Seat, database: AsyncDatabase) -> asyncio.Task[None] | threading.Thread | None:
    """Begin to connect a replica: in a task, or in a thread where no event loop runs."""
    known = _waking.get(seat.name)
    if isinstance(known, asyncio.Task) and not known.done():
        return known
    if isinstance(known, threading.Thread) and known.is_alive():
        return known
    made: asyncio.Task[None] | threading.Thread
    if is_without_loop():
        made = threading.Thread(
            target=lambda: run_here(_connect(seat, database)), name="oxyde-replica", daemon=True
        )
        made.start()
    else:
        try:
            made = asyncio.get_running_loop().create_task(_connect(seat, database))
        except RuntimeError:
            return None
    _waking[seat.name] = made
    return made


async def _connect(seat: Seat, database: AsyncDatabase) -> None:
    try:
        await database.connect_again()
    except OxydeError:
        seat.failed()
    else:
        seat.worked()


async def connect_replicas(router: Router, databases: Mapping[str, AsyncDatabase]) -> None:
    """Connect the replicas; those that do not answer soon later."""
    begun = [_wake(seat, databases[seat.name]) for seat in router.waking(databases)]
    tasks = [each for each in begun if isinstance(each, asyncio.Task)]
    if tasks:
        await asyncio.wait(tasks, timeout=_PATIENCE)
    _join(each for each in begun if isinstance(each, threading.Thread))


async def stop_waking() -> None:
    """Give up the attempts that still run."""
    begun = list(_waking.values())
    _waking.clear()
    # Those of a loop that has ended are over.
    loop = None if is_without_loop() else asyncio.get_running_loop()
    tasks = [each for each in begun if isinstance(each, asyncio.Task) and each.get_loop() is loop]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.gather(*tasks, return_exceptions=True)
    _join(each for each in begun if isinstance(each, threading.Thread))


def _join(threads: Iterable[threading.Thread]) -> None:
    until = time.monotonic() + _PATIENCE
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
