"""Calls functions later, for threads without an event loop."""

from __future__ import annotations

import atexit
import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable

__all__ = ["call_later"]

# The thread ends when it had nothing to wait for this long, in seconds.
_IDLE = 5.0


class _Call:
    """A call that is to come."""

    __slots__ = ("_clock", "function")

    def __init__(self, clock: _Clock, function: Callable[[], None]) -> None:
        self._clock = clock
        self.function: Callable[[], None] | None = function

    def cancel(self) -> None:
        """Do not call."""
        with self._clock.changed:
            self.function = None


class _Clock:
    """The calls to come, and the thread that makes them, which runs only while there are any."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.Lock())
        self._numbers = itertools.count()
        self._calls: list[tuple[float, int, _Call]] = []
        self._thread: threading.Thread | None = None
        self._ends = False

    def call_later(self, seconds: float, function: Callable[[], None]) -> _Call:
        """Call a function in that many seconds."""
        call = _Call(self, function)
        with self.changed:
            heapq.heappush(self._calls, (time.monotonic() + seconds, next(self._numbers), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="oxyde-clock", daemon=True)
                self._thread.start()
            else:
                self.changed.notify()
        return call

    def end(self) -> None:
        """End the thread, before the interpreter does: it must not be in the extension then."""
        with self.changed:
            self._ends = True
            thread = self._thread
            self.changed.notify()
        if thread is not None:
            thread.join(timeout=1)

    def _run(self) -> None:
        while True:
            function = self._next()
            if function is None:
                return
            function()

    def _next(self) -> Callable[[], None] | None:
        """Wait until a function is due; None if the thread is to end."""
        idle_since = time.monotonic()
        with self.changed:
            while not self._ends:
                now = time.monotonic()
                while self._calls and self._calls[0][2].function is None:
                    heapq.heappop(self._calls)
                if not self._calls:
                    if now - idle_since >= _IDLE:
                        break
                    self.changed.wait(_IDLE)
                    continue
                idle_since = now
                at, _, call = self._calls[0]
                if at <= now:
                    heapq.heappop(self._calls)
                    return call.function
                self.changed.wait(at - now)
            self._thread = None
            return None


_clock = _Clock()


def _end() -> None:
    _clock.end()


def _start_over() -> None:
    """In a forked child, whose parent's thread does not exist and may have held the lock."""
    global _clock
    _clock = _Clock()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)


def call_later(seconds: float, function: Callable[[], None]) -> _Call:
    """Call a function in that many seconds, in a thread of its own. It must not raise."""
    return _clock.call_later(seconds, function)
