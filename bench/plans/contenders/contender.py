"""What all contenders have in common."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.plans.case import Case
from bench.plans.servers import Server

SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "cache_size = -10240",
    "foreign_keys = ON",
)


class TooSlow(Exception):
    """The call was cancelled at the limit."""


@dataclass(frozen=True)
class Run:
    """One call.

    Attributes:
        seconds: how long it took, without the transaction around it.
        answer: in plain values, if it was to be checked.
        effort: what the server did, likewise.
        plans: the SQL that was sent, and the lines of the server's plan for it, likewise.
    """

    seconds: float
    answer: Any = None
    effort: int | str | None = None
    plans: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Contender(ABC):
    """Runs cases on one database.

    Args:
        server: a filled database.
        limit: seconds after which a call is cancelled.
    """

    name: str

    def __init__(self, server: Server, limit: float) -> None:
        self.server = server
        self.kind = server.kind
        self.limit = limit

    @abstractmethod
    async def run(self, case: Case, *, check: bool) -> Run | None:
        """Run a case once; None if it has no form for this contender.

        Raises:
            TooSlow: it took longer than the limit.
        """

    @abstractmethod
    async def close(self) -> None:
        """Disconnect."""


class Threaded(Contender):
    """A contender with a synchronous driver, in a thread of its own."""

    def __init__(self, server: Server, limit: float) -> None:
        super().__init__(server, limit)
        self._thread = ThreadPoolExecutor(1)

    async def run(self, case: Case, *, check: bool) -> Run | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run_limited, case, check)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _run_limited(self, case: Case, check: bool) -> Run | None:
        start = time.perf_counter()
        try:
            return self._run(case, check)
        except Exception as error:
            # Every driver has an error of its own for a statement that the server has cancelled.
            if time.perf_counter() - start >= self.limit:
                raise TooSlow from error
            raise

    @abstractmethod
    def _run(self, case: Case, check: bool) -> Run | None: ...

    @abstractmethod
    def _close(self) -> None: ...


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that a call takes, and its result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def set_up_sqlite(connection: sqlite3.Connection) -> None:
    """The settings that Oxyde gives its own connections."""
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


class SqliteLimit:
    """Interrupts the statement of a SQLite connection at the limit."""

    def __init__(self, connection: sqlite3.Connection, limit: float) -> None:
        self._connection = connection
        self._limit = limit

    def __enter__(self) -> None:
        deadline = time.perf_counter() + self._limit
        self._connection.set_progress_handler(lambda: time.perf_counter() > deadline, 100_000)

    def __exit__(self, *_: object) -> None:
        self._connection.set_progress_handler(None, 0)
