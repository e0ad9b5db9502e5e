"""Runs a whole block again after a serialization failure, a deadlock or a stale row."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from oxyde.db.running import sleep
from oxyde.exceptions import (
    DatabaseError,
    DeadlockError,
    SerializationError,
    StaleObjectError,
    TransactionError,
)

if TYPE_CHECKING:
    from oxyde.db.block import Block

__all__ = ["Attempt", "attempts", "check_retries", "is_repeatable", "pause"]

# The longest pause, in seconds, before the second attempt; it doubles each time.
_FIRST = 0.02
_LONGEST = 1.0


def check_retries(retries: object) -> None:
    """Refuse what is not a number of retries.

    Raises:
        TransactionError: it is not a whole number from 0 up.
    """
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise TransactionError(f"retries is a whole number from 0 up, not {retries!r}")


def is_repeatable(error: BaseException, block: Block | None) -> bool:
    """Whether the block that an error left can run again: another transaction was faster, and
    nothing in it was marked by `not_repeatable`. If that is why not, the error says so."""
    if not isinstance(error, SerializationError | DeadlockError | StaleObjectError):
        return False
    reason = None if block is None else block.not_repeatable
    if reason is None:
        return True
    error.hint = f"the block was not run again: {reason}"
    return False


async def pause(attempt: int) -> None:
    """Wait a random time before another attempt, so that those who met do not meet again."""
    await sleep(random.uniform(0, min(_FIRST * 2**attempt, _LONGEST)))


class Attempt:
    """One run of a block: ``async with attempt:``.

    Attributes:
        number: which attempt it is, from 1 up.
    """

    def __init__(
        self, number: int, block: AbstractAsyncContextManager[Block], *, is_last: bool
    ) -> None:
        self.number = number
        self._context = block
        self._is_last = is_last
        self._block: Block | None = None
        self.is_done = False

    async def __aenter__(self) -> Block:
        self._block = await self._context.__aenter__()
        return self._block

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        block, self._block = self._block, None
        try:
            await self._context.__aexit__(kind, error, trace)
        except (SerializationError, DeadlockError) as refused:
            if self._is_last or not is_repeatable(refused, block):
                raise
            _count(refused, block)
            return True
        if error is None:
            self.is_done = True
            return False
        if self._is_last or not is_repeatable(error, block):
            return False
        _count(error, block)
        return True


def _count(error: BaseException, block: Block | None) -> None:
    if block is not None:
        code = error.code if isinstance(error, DatabaseError) else None
        block.connection.database.repeated[code or type(error).__name__] += 1


async def attempts(
    retries: int, make: Callable[[], AbstractAsyncContextManager[Block]]
) -> AsyncIterator[Attempt]:
    """Attempts until one succeeds, at most ``retries + 1``; the error of the last one is raised."""
    for number in range(retries + 1):
        if number > 0:
            await pause(number)
        attempt = Attempt(number + 1, make(), is_last=number == retries)
        yield attempt
        if attempt.is_done:
            return
