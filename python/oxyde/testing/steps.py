"""Operations of several steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from oxyde.db.running import is_without_loop
from oxyde.exceptions import OutcomeUnknownError, OxydeError

if TYPE_CHECKING:
    from oxyde._core import Operation

__all__ = ["Steps", "unbroken"]

T = TypeVar("T")


class Steps(Generic[T]):
    """A coroutine that is awaited, and cancelled, as an operation of the Rust core is. A thread
    without an event loop runs it where it awaits `future`.

    Args:
        work: the coroutine.
        lost: called with a result that nobody receives, since the caller was cancelled meanwhile.

    Attributes:
        future: its result.
        host: None: the operations inside have named theirs.
        waited: 0: it waits for no connection of a pool.
        interrupted: whether an exception other than Oxyde's ended it in a thread.
    """

    __slots__ = ("_lost", "_settled", "_task", "future", "host", "interrupted", "waited")

    def __init__(
        self, work: Coroutine[Any, Any, T], lost: Callable[[T], None] | None = None
    ) -> None:
        self.host: str | None = None
        self.waited = 0.0
        self.interrupted = False
        self._lost = lost
        self._task: asyncio.Task[T] | None = None
        self.future: asyncio.Future[T]
        if is_without_loop():
            self.future = cast("asyncio.Future[T]", self._in_place(work))
            return
        loop = asyncio.get_running_loop()
        self.future = loop.create_future()
        self._settled: asyncio.Future[OutcomeUnknownError | None] = loop.create_future()
        self._task = loop.create_task(work)
        self._task.add_done_callback(self._end)

    async def _in_place(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except BaseException as error:
            self.interrupted = not isinstance(error, OxydeError)
            raise

    def cancel(self) -> asyncio.Future[OutcomeUnknownError | None]:
        """Cancel the work; the future is done when nothing more can happen."""
        self.stop()
        return self._settled

    def stop(self) -> None:
        """Cancel the work. In a thread its statements end by themselves."""
        if self._task is not None:
            self._task.cancel()

    def _end(self, task: asyncio.Task[T]) -> None:
        error = None if task.cancelled() else task.exception()
        self._settled.set_result(error if isinstance(error, OutcomeUnknownError) else None)
        if task.cancelled():
            self.future.cancel()
        elif error is not None:
            if not self.future.done():
                self.future.set_exception(error)
        elif not self.future.done():
            self.future.set_result(task.result())
        elif self._lost is not None:
            self._lost(task.result())


async def unbroken(operation: Operation[Any]) -> bool:
    """Wait for an operation that must not be cancelled halfway.

    Returns:
        Whether the task was cancelled meanwhile.
    """
    if is_without_loop():
        await operation.future
        return False
    was_cancelled = False
    while not operation.future.done():
        try:
            await asyncio.shield(operation.future)
        except asyncio.CancelledError:
            was_cancelled = True
    operation.future.result()
    return was_cancelled
