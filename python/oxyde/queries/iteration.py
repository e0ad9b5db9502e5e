"""Rows one by one, fetched in chunks."""

from __future__ import annotations

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


class Iteration(Generic[Row]):
    """The rows of a query: ``async for row in query.iterate(): …``.

    Left early (``break``, an exception) it gives its connection back as soon as it is released,
    in the background; ``async with query.iterate() as rows:`` or `aclose` waits for that.

    Args:
        query: what is asked.
        chunk_size: how many rows are fetched at a time.
        where: tells the database or transaction, when the first row is asked for.

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
        "_where",
    )

    def __init__(
        self, query: Query[Any, Row], chunk_size: Any, where: Callable[[], Executor]
    ) -> None:
        if isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1:
            raise OxydeError(f"chunk_size is a number above zero, not {chunk_size!r}")
        self._query = query
        self._size = chunk_size
        self._where = where
        self._executor: Executor | None = None
        self._cursor: Cursor | None = None
        self._rows: list[Row] = []
        self._at = 0
        self._busy = False
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        if self._at >= len(self._rows):
            await self._fetch()
        row = self._rows[self._at]
        # Whoever lets go of a row frees it, also within a chunk.
        self._rows[self._at] = cast("Row", None)
        self._at += 1
        return row

    async def _fetch(self) -> None:
        """The next rows.

        Raises:
            StopAsyncIteration: there are none.
        """
        if self._busy:
            raise OxydeError(
                "another task is waiting for the next row of this iteration",
                hint="iterate in one task, and hand rows on by a queue",
            )
        self._busy = True
        try:
            self._rows, self._at = [], 0
            if self._ended:
                raise StopAsyncIteration
            if self._executor is None:
                self._executor = self._where()
            if self._cursor is None:
                self._cursor = await self._query._open_cursor(self._executor, self._size)
            rows = await self._cursor.next()
            self._ended = len(rows) < self._size
            if not rows:
                raise StopAsyncIteration
            self._rows = await self._query._finished(rows, self._executor)
        except StopAsyncIteration:
            self._cursor = None
            raise
        except BaseException:
            self._ended = True
            await self.aclose()
            raise
        finally:
            self._busy = False

    async def aclose(self) -> None:
        """End the iteration, and wait until its connection is back."""
        self._ended = True
        self._rows, self._at = [], 0
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
