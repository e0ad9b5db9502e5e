"""Functions that run after the commit of the outermost block."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

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
                await result
        except Exception:
            _LOG.exception("a function of on_commit() failed: %r", function)


def start_now(function: AfterCommit) -> None:
    """Call a function outside of a block: an error of it is the caller's; what is async runs in a
    task."""
    result = function()
    if inspect.isawaitable(result):
        task = asyncio.ensure_future(run_after_commit([lambda: result]))
        _running.add(task)
        task.add_done_callback(_running.discard)
