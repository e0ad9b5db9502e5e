"""Rows of a query, in chunks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from oxyde.db.operation import run

if TYPE_CHECKING:
    from oxyde._core import Cursor as CoreCursor
    from oxyde._core import Operation

__all__ = ["Cursor", "NoCursor"]


class Cursor:
    """An open cursor. Its connection returns to the pool when the cursor is closed, exhausted or
    garbage-collected.

    Args:
        core: the cursor of the Rust core.
        wait: awaits its operations (in a transaction: in turn with other statements).
    """

    __slots__ = ("_core", "_wait")

    def __init__(
        self, core: CoreCursor, wait: Callable[[Callable[[], Operation[Any]]], Awaitable[Any]]
    ) -> None:
        self._core = core
        self._wait = wait

    async def next(self) -> list[Any]:
        """The next rows; fewer than the chunk size mean that they are the last."""
        rows: list[Any] = await self._wait(self._core.next)
        return rows

    async def close(self) -> None:
        """Return the connection. Does nothing if it is already closed."""
        await run(self._core.close())


class NoCursor(Cursor):
    """A cursor without rows, for a query that is not run."""

    __slots__ = ()

    def __init__(self) -> None:
        pass

    async def next(self) -> list[Any]:
        """No rows."""
        return []

    async def close(self) -> None:
        """Does nothing: it holds no connection."""
