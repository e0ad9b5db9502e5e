"""Notifications: `db.listen` and `db.notify`. PostgreSQL only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from oxyde.db.operation import run
from oxyde.db.pool import AsyncDatabase
from oxyde.db.registry import get_connection, resolve
from oxyde.db.running import is_without_loop
from oxyde.exceptions import OxydeError, UnsupportedFeatureError

if TYPE_CHECKING:
    from typing_extensions import Self

    from oxyde._core import Listener, Operation
    from oxyde.db.executor import Executor

__all__ = ["Gap", "Listening", "Notification", "listen", "notify"]

T = TypeVar("T")

# PostgreSQL silently truncates longer names.
_LONGEST = 63
_LARGEST = 7999


@dataclass(frozen=True, slots=True)
class Notification:
    """A received notification.

    Attributes:
        channel: the channel.
        payload: the string sent with it; empty if none.
        process: the process ID of the server process that sent it.
    """

    channel: str
    payload: str
    process: int


@dataclass(frozen=True, slots=True)
class Gap:
    """The connection was lost and restored: notifications sent meanwhile are lost. Reload the
    state, then continue."""


class Listening:
    """Notifications on some channels, as an async iterator; created by `listen`."""

    __slots__ = ("_channels", "_closed", "_core", "_database", "_waiting")

    def __init__(self, channels: tuple[str, ...], database: AsyncDatabase) -> None:
        self._channels = channels
        self._database = database
        self._core: Listener | None = None
        # Kept if the waiting task is cancelled, so that the next notification is not lost.
        self._waiting: Operation[tuple[str, str, int] | None] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<Listening to {', '.join(self._channels)} on {self._database.name!r}>"

    async def _open(self) -> Listener:
        if self._core is None:
            self._core = await self._database.open_listener(self._channels)
        return self._core

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification | Gap:
        if self._closed:
            raise StopAsyncIteration
        core = await self._open()
        operation = self._waiting
        if operation is None:
            operation = self._waiting = core.next()
        try:
            heard = await _outcome(operation)
        except asyncio.CancelledError:
            # Also if a notification arrived at the same time: the next call returns it.
            raise
        except BaseException:
            self._waiting = None
            raise
        self._waiting = None
        return Gap() if heard is None else Notification(*heard)

    async def aclose(self) -> None:
        """Stop listening and close the connection. Does nothing if it is already closed."""
        self._closed = True
        core, self._core = self._core, None
        waiting, self._waiting = self._waiting, None
        if core is not None:
            await run(core.close())
        # A thread without an event loop gets the reason itself.
        if waiting is not None and not is_without_loop():
            await asyncio.wait([waiting.future])
            # The reason has already been reported.
            waiting.future.exception()

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


async def _outcome(operation: Operation[T]) -> T:
    """Wait; a cancelled task leaves the operation running."""
    if is_without_loop():
        return await operation.future
    return await asyncio.shield(operation.future)


def listen(*channels: str, using: str = "default") -> Listening:
    """Listen to channels: ``async for note in db.listen("orders"): …``.

    Yields a `Notification` for each ``NOTIFY``, and a `Gap` after the connection was lost and
    restored (it is checked every 15 seconds, and reopened automatically). It uses a connection
    outside the pool until it is closed or garbage-collected. Listening begins with the first item
    that is awaited, or, to miss nothing sent from then on, on entry of
    ``async with db.listen("orders") as notes:``, which also closes it.

    Args:
        channels: one or more; case matters.
        using: the database's name.

    Raises:
        UnsupportedFeatureError: the database is not PostgreSQL, or is behind a pooler.
        OxydeError: no channel, or an invalid name; while waiting: the database was closed.
        DatabaseConnectionError: the server cannot be reached when listening begins.
    """
    if not channels:
        raise OxydeError("listen() takes at least one channel")
    for channel in channels:
        _check_channel(channel)
    database = get_connection(using)
    _check_database(database)
    return Listening(channels, database)


async def notify(
    channel: str, payload: str = "", *, using: str | None = None, client: Executor | None = None
) -> None:
    """Send a notification. In a transaction it is sent on commit.

    Args:
        channel: the channel; case matters.
        payload: a string of at most 7,999 bytes.
        using: the database's name.
        client: a database or transaction, instead of a name.

    Raises:
        UnsupportedFeatureError: the database is not PostgreSQL.
        OxydeError: an invalid name, or a payload that is too long.
    """
    _check_channel(channel)
    if len(payload.encode()) > _LARGEST:
        raise OxydeError(
            f"a payload has at most {_LARGEST} bytes, not {len(payload.encode())}",
            hint="store the text in a table and send its key",
        )
    executor = resolve(using, client)
    _check_database(executor)
    await executor.fetch_raw("SELECT pg_notify($1, $2)::text", [channel, payload], [])


def _check_channel(channel: object) -> None:
    if not isinstance(channel, str) or not channel or "\0" in channel:
        raise OxydeError(f"a channel must be a name, not {channel!r}")
    if len(channel.encode()) > _LONGEST:
        raise OxydeError(f"a channel's name has at most {_LONGEST} bytes: {channel!r:.80}")


def _check_database(executor: Executor) -> None:
    if not executor.features.listen_notify:
        raise UnsupportedFeatureError(
            f"database {executor.name!r} has no LISTEN and NOTIFY: only PostgreSQL has them",
            hint="poll for new rows, or use a message broker",
        )
