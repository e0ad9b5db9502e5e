"""Rows one by one, fetched in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from typing_extensions import Self

    from oxyde.db.cursor import Cursor
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["Iteration"]

Row = TypeVar("Row")

# The event loop gets a turn after this many rows of a chunk.
_BETWEEN_TURNS = 1000


class Iteration(Generic[Row]):
    """The rows of a query: ``async for row in query.iterate(): …``.

    If it is left early (``break``, an exception), its connection returns to the pool in the
    background as soon as the object is released; ``async with query.iterate() as rows:`` or
    `aclose` waits for that.

    Args:
        query: the query.
        chunk_size: how many rows are fetched at a time.
        where: returns the database or transaction, called for the first row.

    Raises:
        OxydeError: a chunk size below one.
    """

    __slots__ = (
        "_at",
        "_busy",
        "_cursor",
        "_ended",
        "_executor",
        "_query",
        "_rows",
        "_size",
        "_until",
        "_where",
    )

    def __init__(
        self, query: Query[Any, Row], chunk_size: object, where: Callable[[], Executor]
    ) -> None:
        if isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1:
            raise OxydeError(f"chunk_size must be above zero, not {chunk_size!r}")
        self._query = query
        self._size = chunk_size
        self._where = where
        self._executor: Executor | None = None
        self._cursor: Cursor | None = None
        self._rows: list[Row] = []
        self._at = 0
        # The rows before this one follow without a turn of the event loop.
        self._until = 0
        self._busy = False
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        if self._at >= self._until:
            await self.advance()
        row = self._rows[self._at]
        # A row that the caller drops is freed at once, also within a chunk.
        self._rows[self._at] = cast("Row", None)
        self._at += 1
        return row

    def needs_more(self) -> bool:
        """Whether `advance` must come before the next row."""
        return self._at >= self._until

    def take(self) -> Row:
        """The next row, for threads without an event loop."""
        row = self._rows[self._at]
        self._rows[self._at] = cast("Row", None)
        self._at += 1
        return row

    async def advance(self) -> None:
        """Give the event loop a turn, or fetch the next rows.

        Raises:
            StopAsyncIteration: no rows are left.
        """
        if self._busy:
            raise OxydeError(
                "another task is waiting for the next row of this iteration",
                hint="iterate in one task, and hand rows on by a queue",
            )
        self._busy = True
        try:
            if self._at < len(self._rows):
                await asyncio.sleep(0)
            # During that turn, the iteration may have been closed.
            if self._at >= len(self._rows):
                await self._fetch()
            self._until = min(len(self._rows), self._at + _BETWEEN_TURNS)
        except StopAsyncIteration:
            self._cursor = None
            raise
        except BaseException:
            self._ended = True
            await self.aclose()
            raise
        finally:
            self._busy = False

    async def _fetch(self) -> None:
        self._rows, self._at, self._until = [], 0, 0
        if self._ended:
            raise StopAsyncIteration
        if self._executor is None:
            self._executor = self._where()
        if self._cursor is None:
            self._cursor = await self._query._open_cursor(self._executor, self._size)
        while not self._rows:
            # A chunk may consist of skipped rows only.
            if self._ended:
                raise StopAsyncIteration
            rows = await self._cursor.next()
            self._ended = len(rows) < self._size
            if not rows:
                raise StopAsyncIteration
            self._rows = await self._query._finished(rows, self._executor)

    async def aclose(self) -> None:
        """End the iteration, and wait until its connection is back in the pool."""
        self._ended = True
        self._rows, self._at, self._until = [], 0, 0
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            await cursor.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
