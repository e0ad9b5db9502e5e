"""Rows of a query, a chunk at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from oxyde.db.operation import run

if TYPE_CHECKING:
    from oxyde._core import Cursor as CoreCursor
    from oxyde._core import Operation

__all__ = ["Cursor"]


class Cursor:
    """An open cursor. Its connection goes back when it is closed, at its end, or released.

    Args:
        core: the cursor of the Rust core.
        wait: how its operations are awaited where it was opened (in a transaction: by turns).
    """

    __slots__ = ("_core", "_wait")

    def __init__(
        self, core: CoreCursor, wait: Callable[[Callable[[], Operation[Any]]], Awaitable[Any]]
    ) -> None:
        self._core = core
        self._wait = wait

    async def next(self) -> list[Any]:
        """The next rows; fewer than the chunk size are the last."""
        rows: list[Any] = await self._wait(self._core.next)
        return rows

    async def close(self) -> None:
        """Give the connection back. Closed already: nothing."""
        await run(self._core.close())
