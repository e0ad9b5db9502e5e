"""What runs the code: a task of an event loop, or a thread without one (`oxyde.sync`).

The same coroutines run in both worlds. What differs between them is here.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from oxyde.db.clock import call_later as call_later_by_clock

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = [
    "Home",
    "Runner",
    "Timer",
    "block_running_loops",
    "call_later",
    "current_runner",
    "home_here",
    "is_without_loop",
    "run_here",
    "sleep",
]

T = TypeVar("T")

Runner: TypeAlias = "asyncio.Task[Any] | threading.Thread"
Home: TypeAlias = "asyncio.AbstractEventLoop | threading.Thread"


_is_driven: Callable[[], bool] | None = None
# Whether calls of `oxyde.sync` may block a running event loop.
_blocks_loops = False


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Do not call."""
        ...


def is_without_loop() -> bool:
    """Whether this thread runs a coroutine without an event loop: a call of `oxyde.sync`."""
    global _is_driven
    if _is_driven is None:
        # Asked of the extension only if something has loaded it.
        core = sys.modules.get("oxyde._core")
        if core is None:
            return False
        found: Callable[[], bool] = core.is_driven
        _is_driven = found
        return found()
    return _is_driven()


def block_running_loops(allowed: bool) -> None:
    """See `oxyde.sync.block_running_loops`."""
    global _blocks_loops
    # Imported here so that `import oxyde.db` does not load the extension.
    from oxyde._core import block_running_loops as block

    block(allowed)
    _blocks_loops = allowed


def current_runner() -> Runner | None:
    """The task, or the thread if it has no event loop. None in a callback of an event loop."""
    loop = asyncio._get_running_loop()
    return threading.current_thread() if loop is None else asyncio.current_task(loop)


def home_here() -> Home:
    """The event loop, or the thread if it has none: what a transaction belongs to.

    Raises:
        RuntimeError: neither an event loop nor a call of `oxyde.sync` is running.
    """
    loop = asyncio._get_running_loop()
    if loop is not None and not (_blocks_loops and is_without_loop()):
        return loop
    if loop is None and not is_without_loop():
        raise RuntimeError("no running event loop")
    return threading.current_thread()


async def sleep(seconds: float) -> None:
    """Wait; other tasks run meanwhile."""
    if is_without_loop():
        time.sleep(seconds)  # noqa: ASYNC251 (no event loop is running)
    else:
        await asyncio.sleep(seconds)


def call_later(seconds: float, function: Callable[[], None]) -> Timer:
    """Call a function later: in this event loop, or in a thread of Oxyde for threads without one.
    There, too, it can start operations."""
    if is_without_loop():
        return call_later_by_clock(seconds, lambda: run_here(_called(function)))
    return asyncio.get_running_loop().call_later(seconds, function)


async def _called(function: Callable[[], None]) -> None:
    function()


def run_here(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of Oxyde to its end in this thread, which has no running event loop.

    Raises:
        OxydeError: an event loop is running, or the coroutine awaits something that only an event
            loop can complete.
    """
    # Imported here so that `import oxyde.db` does not load the extension.
    from oxyde._core import drive

    return drive(coroutine)
