"""Waiting for something that another task or thread brings about."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Generic, TypeVar

from oxyde.db.running import is_without_loop

__all__ = ["Waiter"]

T = TypeVar("T")


class Waiter(Generic[T]):
    """A task, or a thread without an event loop, that waits for a result."""

    __slots__ = ("_event", "_future", "result")

    def __init__(self) -> None:
        self.result: T | None = None
        self._event: threading.Event | None = None
        self._future: asyncio.Future[None] | None = None
        if is_without_loop():
            self._event = threading.Event()
        else:
            self._future = asyncio.get_running_loop().create_future()

    def give(self, result: T) -> None:
        """Give it the result, from any thread."""
        self.result = result
        if self._event is not None:
            self._event.set()
        elif self._future is not None:
            # Of a loop that has ended, nobody waits.
            with contextlib.suppress(RuntimeError):
                self._future.get_loop().call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Wait until there is a result, or for so long."""
        if self._event is not None:
            self._event.wait(seconds)
        elif self._future is not None:
            await asyncio.wait([self._future], timeout=seconds)
