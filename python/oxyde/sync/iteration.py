"""Rows one by one, fetched in chunks, without `await`."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from oxyde._core import drive

if TYPE_CHECKING:
    from typing_extensions import Self

    from oxyde.queries.results.iteration import Iteration as AsyncIteration

__all__ = ["Iteration"]

Row = TypeVar("Row")


class Iteration(Generic[Row]):
    """The rows of a query: ``for user in query.iterate(): …``.

    If it is left early (``break``, an exception), its connection returns to the pool in the
    background as soon as the object is released; ``with query.iterate() as rows:`` or `close` waits
    for that.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: AsyncIteration[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        rows = self._rows
        if rows.needs_more():
            try:
                drive(rows.advance(), "iterate()")
            except StopAsyncIteration:
                raise StopIteration from None
        return rows.take()

    def close(self) -> None:
        """End the iteration, and wait until its connection is back in the pool."""
        drive(self._rows.aclose(), "close()")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
