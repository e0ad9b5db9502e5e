"""A lock for tasks of several event loops in several threads, and for threads without one."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from oxyde.db.running import is_without_loop
from oxyde.exceptions import PoolTimeoutError

__all__ = ["Baton"]


class _Waiting:
    """A task that waits, with its loop."""

    __slots__ = ("granted", "loop", "turn")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.turn: asyncio.Future[None] = self.loop.create_future()
        self.granted = False

    def wake(self) -> bool:
        """Tell the task that it holds the baton; False if its loop is closed."""
        self.granted = True
        try:
            self.loop.call_soon_threadsafe(self._set)
        except RuntimeError:
            return False
        return True

    def _set(self) -> None:
        if not self.turn.done():
            self.turn.set_result(None)


class _WaitingThread:
    """A thread without an event loop that waits."""

    __slots__ = ("turn",)

    def __init__(self) -> None:
        self.turn = threading.Event()

    def wake(self) -> bool:
        """Tell the thread that it holds the baton."""
        self.turn.set()
        return True


class Baton:
    """Held by one statement or block at a time, and handed on in the order in which it was asked
    for.

    Args:
        patience: seconds for which one waits.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._held = False
        self._waiting: deque[_Waiting | _WaitingThread] = deque()

    async def take(self) -> None:
        """Wait for it.

        Raises:
            PoolTimeoutError: it was not given back in time.
        """
        with self._lock:
            if not self._held:
                self._held = True
                return
            waiting = _WaitingThread() if is_without_loop() else _Waiting()
            self._waiting.append(waiting)
        if isinstance(waiting, _WaitingThread):
            self._wait(waiting)
            return
        timer = waiting.loop.call_later(self._patience, self._give_up, waiting)
        try:
            await waiting.turn
        except BaseException:
            with self._lock:
                if waiting in self._waiting:
                    self._waiting.remove(waiting)
            if waiting.granted:
                self.give()
            raise
        finally:
            timer.cancel()

    def _wait(self, waiting: _WaitingThread) -> None:
        if waiting.turn.wait(self._patience):
            return
        with self._lock:
            if waiting not in self._waiting:
                return
            self._waiting.remove(waiting)
        raise self._too_long()

    def give(self) -> None:
        """Hand it to the task that has waited longest."""
        with self._lock:
            while self._waiting:
                if self._waiting.popleft().wake():
                    return
            self._held = False

    def _give_up(self, waiting: _Waiting) -> None:
        with self._lock:
            if waiting not in self._waiting:
                return
            self._waiting.remove(waiting)
        waiting.turn.set_exception(self._too_long())

    def _too_long(self) -> PoolTimeoutError:
        return PoolTimeoutError(
            f"a statement waited {self._patience:g} s for another atomic() block, or statement, of "
            "this test: all of them run on one connection, one after the other",
            hint="mark a test that needs several connections at once: "
            "@pytest.mark.oxyde(transaction=True)",
        )
