"""Awaiting operations that run in Rust."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from oxyde._core import Operation
    from oxyde.exceptions import OutcomeUnknownError

__all__ = ["run", "settle", "started"]

T = TypeVar("T")


async def run(operation: Operation[T], host: str | None = None) -> T:
    """Wait for an operation and return its value. Its errors name the `host`, or the one of several
    that reported them.

    A task that is cancelled here gets its ``CancelledError`` only after the operation has settled,
    so a cancelled write cannot happen later.

    Raises:
        OutcomeUnknownError: in place of the ``CancelledError``, if the server did not tell whether
            a COMMIT or a write took effect.
    """
    try:
        return await operation.future
    except asyncio.CancelledError as cancelled:
        unknown = await settle(operation)
        if unknown is not None:
            unknown.host = operation.host or host
            raise unknown from cancelled
        raise
    except OxydeError as error:
        error.host = operation.host or host
        raise
    finally:
        # An error's traceback references this frame, and the operation's future references the
        # error.
        del operation


async def started(start: Callable[[], Operation[T]]) -> T:
    """Start an operation and wait for it, as `run` does."""
    return await run(start())


async def settle(operation: Operation[T]) -> OutcomeUnknownError | None:
    """Stop an operation on the server and wait until nothing more can happen; the error, if it is
    not known whether it took effect.

    Rust bounds the wait (it closes a connection that does not answer), so a second cancellation
    of the waiting task does not cut it short.
    """
    settled = operation.cancel()
    while not settled.done():
        try:
            await asyncio.shield(settled)
        except asyncio.CancelledError:
            continue
    return settled.result()
