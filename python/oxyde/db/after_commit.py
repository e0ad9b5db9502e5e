"""Functions that run after the commit of the outermost block."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from oxyde.db.running import is_without_loop, run_here

__all__ = ["AfterCommit", "run_after_commit", "start_now"]

AfterCommit: TypeAlias = Callable[[], object] | Callable[[], Awaitable[object]]

_LOG = logging.getLogger("oxyde")
# asyncio keeps only weak references to tasks.
_running: set[asyncio.Task[None]] = set()


async def run_after_commit(functions: list[AfterCommit]) -> None:
    """Call functions in order, and await those that are async. The transaction is committed, so an
    error of one is logged, and neither stops the others nor reaches the caller."""
    for function in functions:
        try:
            result = function()
            if inspect.isawaitable(result):
                await _finished(result)
        except Exception:
            _LOG.exception("a function of on_commit() failed: %r", function)


async def _finished(result: Awaitable[object]) -> None:
    if is_without_loop():
        # What only an event loop can complete is an error of this function alone.
        run_here(_awaited(result))
    else:
        await result


async def _awaited(result: Awaitable[object]) -> None:
    await result


def start_now(function: AfterCommit) -> None:
    """Call a function outside of a block: an error of it is the caller's; what is async runs in a
    task, or in place if no event loop is running."""
    result = function()
    if not inspect.isawaitable(result):
        return
    if _has_loop():
        task = asyncio.ensure_future(run_after_commit([lambda: result]))
        _running.add(task)
        task.add_done_callback(_running.discard)
    else:
        run_here(run_after_commit([lambda: result]))


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
