"""Reads on a replica, which are asked elsewhere if it fails or is not fresh enough."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.replica_choice import choose, is_known_fresh
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
    from oxyde.db.positions import Position
    from oxyde.db.replica import Replica
    from oxyde.db.router import Router

__all__ = ["ReplicaReads", "connect_replicas", "reader", "stop_waking"]

T = TypeVar("T")

# How long `init` waits for the replicas beside the primary, in seconds.
_PATIENCE = 1.0
# Attempts to connect servers, or to ask them, which nobody awaits.
_waking: dict[str, asyncio.Task[None] | threading.Thread] = {}


class ReplicaReads:
    """A replica, as an executor. A read that it cannot answer, or would answer with what is too
    old, is asked once more on another one, or on the primary, if that has the same version."""

    __slots__ = ("_databases", "_name", "_replica", "_router", "_wanted")

    def __init__(
        self,
        router: Router,
        replica: Replica,
        databases: Mapping[str, AsyncDatabase],
        wanted: Position | None,
    ) -> None:
        self._router = router
        self._replica = replica
        self._databases = databases
        self._wanted = wanted
        # Where the read was answered, or will be.
        self._name = replica.name

    @property
    def name(self) -> str:
        """The name of the replica, or of the database that answered in its place."""
        return self._name

    @property
    def features(self) -> Features:
        """What the server can do, in its version."""
        return self._databases[self._replica.name].features

    @property
    def in_transaction(self) -> bool:
        """False."""
        return False

    @property
    def journal(self) -> None:
        """None."""
        return None

    async def chosen(self) -> AsyncDatabase:
        """The replica, or what is read in its place, without a second attempt."""
        replica = await self._choose()
        return self._primary() if replica is None else self._databases[replica.name]

    async def _choose(self) -> Replica | None:
        """The replica to read from; None means the primary."""
        router = self._router
        if not router.asks:
            router.count(self._replica.name, "replica")
            return self._replica
        replica, reason = await choose(router, self._databases, self._replica, self._wanted)
        if replica is None:
            self._name = router.writes
        else:
            self._replica, self._name = replica, replica.name
        router.count(self._name, reason)
        return replica

    def _primary(self) -> AsyncDatabase:
        """The primary, which the read is for now.

        Raises:
            DatabaseConnectionError: the router refuses that.
        """
        if self._router.fallback is None and self._wanted is None:
            raise none_usable(self._router)
        return self._databases[self._router.writes]

    async def _read(self, ask: Callable[[AsyncDatabase], Awaitable[T]]) -> T:
        features = self.features
        replica = await self._choose()
        if replica is None:
            return await ask(self._primary())
        try:
            found = await ask(self._databases[replica.name])
        except (DatabaseConnectionError, PoolTimeoutError, SerializationError) as error:
            if isinstance(error, OutcomeUnknownError):
                raise
            if not isinstance(error, SerializationError):
                replica.failed()
            other = self._other(replica)
            if other is None or not other.connected or other.features is not features:
                raise
            failure: OxydeError = error
        else:
            replica.worked()
            return found
        self._name = other.name
        self._router.count(other.name, "fallback")
        try:
            return await ask(other)
        except OxydeError as error:
            error.__cause__ = failure
            raise

    def _other(self, failed: Replica) -> AsyncDatabase | None:
        router = self._router
        replica = router.usable(self._databases, but=[failed.name], showing=self._wanted)
        if replica is not None and (router.max_lag is None or replica.is_measured):
            return self._databases[replica.name]
        return self._databases.get(router.writes) if router.fallback else None

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
        return await (await self.chosen()).execute(plan, values)

    async def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan, on the replica."""
        return await (await self.chosen()).bulk(plan, rows, recipe, batch_size)

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text, which may change the session: on the replica only."""
        return await (await self.chosen()).fetch_raw(sql, values, types)

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The replica's plan for a statement."""
        return await self._read(lambda database: database.explain(plan, values, analyze))

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements, on the replica, which refuses them."""
        await (await self.chosen()).script(statements)


def reader(router: Router, databases: Mapping[str, AsyncDatabase]) -> ReplicaReads | None:
    """Where the next read of this task runs; None means on the primary.

    Raises:
        DatabaseConnectionError: no replica can be used, and there is no fallback.
    """
    for away in router.waking(databases):
        _wake(away, databases[away.name])
    if router.must_see_writes():
        if router.by_position:
            # The position of a write is not known.
            _begin(router.writes, lambda: router.locate(databases[router.writes]))
        router.count(router.writes, "own write")
        return None
    wanted = router.wanted()
    replica = None if wanted is None else router.usable(databases, showing=wanted)
    if replica is None:
        replica = router.usable(databases)
    if replica is not None:
        features = databases[router.writes].features
        if features is databases[replica.name].features or is_known_fresh(router, replica, wanted):
            return ReplicaReads(router, replica, databases, wanted)
        # The query is compiled for one version, so it cannot wait for what the replica says.
        _begin(replica.name, lambda: _learn(router, replica, databases, wanted))
        router.count(router.writes, "fallback")
        return None
    if router.fallback is None:
        raise none_usable(router)
    router.count(router.writes, router.why_none())
    return None


def none_usable(router: Router) -> DatabaseConnectionError:
    """The error of a read that no replica can answer."""
    return DatabaseConnectionError(
        f"no replica of {', '.join(router.reads)} can be used",
        hint='read on the primary meanwhile: Router(fallback="primary")',
    )


def _wake(
    replica: Replica, database: AsyncDatabase
) -> asyncio.Task[None] | threading.Thread | None:
    """Begin to connect a replica."""
    return _begin(replica.name, lambda: _connect(replica, database))


def _begin(
    name: str, work: Callable[[], Coroutine[Any, Any, None]]
) -> asyncio.Task[None] | threading.Thread | None:
    """Begin to work on a server, unless that is being done: in a task, or in a thread where no
    event loop runs."""
    known = _waking.get(name)
    if isinstance(known, asyncio.Task) and not known.done():
        return known
    if isinstance(known, threading.Thread) and known.is_alive():
        return known
    made: asyncio.Task[None] | threading.Thread
    if is_without_loop():
        made = threading.Thread(target=lambda: run_here(work()), name="oxyde-replica", daemon=True)
        made.start()
    else:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return None
        made = loop.create_task(work())
    _waking[name] = made
    return made


async def _learn(
    router: Router,
    replica: Replica,
    databases: Mapping[str, AsyncDatabase],
    wanted: Position | None,
) -> None:
    """Ask a replica how far it has come."""
    with contextlib.suppress(OxydeError):
        await choose(router, databases, replica, wanted)


async def _connect(replica: Replica, database: AsyncDatabase) -> None:
    try:
        await database.connect_again()
    except OxydeError:
        replica.failed()
    else:
        replica.worked()


async def connect_replicas(router: Router, databases: Mapping[str, AsyncDatabase]) -> None:
    """Connect the replicas; those that do not answer soon later."""
    begun = [_wake(replica, databases[replica.name]) for replica in router.waking(databases)]
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
