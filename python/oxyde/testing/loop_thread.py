"""An event loop in a thread of its own, for the work between and around tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread", "is_loop_thread"]

T = TypeVar("T")


class _Worker(threading.Thread):
    """The thread of a `LoopThread`."""


def is_loop_thread() -> bool:
    """Whether the caller runs in the thread of a `LoopThread`."""
    return isinstance(threading.current_thread(), _Worker)


class LoopThread:
    """Runs coroutines for synchronous callers, whatever loop runs or does not run in their thread.

    The thread starts with the first coroutine.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return its result."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = _Worker(target=self._loop.run_forever, name="oxyde-testing", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """End the thread. Does nothing if it was never started."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
