"""Awaiting work that is under way in Rust."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from oxyde._core import Operation

__all__ = ["run", "settle"]

T = TypeVar("T")


async def run(operation: Operation[T]) -> T:
    """Wait for an operation and return its value.

    A task that is cancelled here gets its ``CancelledError`` only when the work has settled: it
    has then either happened or never will, so a cancelled write does not happen later.
    """
    try:
        return await operation.future
    except asyncio.CancelledError:
        await settle(operation)
        raise


async def settle(operation: Operation[T]) -> None:
    """Stop an operation on the server and wait until nothing more can happen.

    Rust bounds the wait (it closes a connection that does not answer), so a second cancellation
    of the waiting task does not cut it short.
    """
    settled = operation.cancel()
    while not settled.done():
        try:
            await asyncio.shield(settled)
        except asyncio.CancelledError:
            continue
