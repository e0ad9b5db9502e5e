"""Whose turn it is inside a transaction: one statement after the other, savepoints unmixed."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from oxyde.exceptions import TransactionError

__all__ = ["Turns"]


class Turns:
    """A fair queue in front of a transaction's connection.

    A savepoint belongs to the block that opened it. While one is open, a statement of an outer
    block would land inside it and could be undone with it, unseen. So only the innermost open
    block may take a turn; others wait until it has ended.
    """

    __slots__ = ("_busy", "_loop", "_patience", "_waiting", "blocks")

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        self._loop = loop
        self._patience = patience
        self._busy = False
        self._waiting: deque[tuple[Any, asyncio.Future[None]]] = deque()
        self.blocks: list[Any] = []

    async def take(self, block: Any, *, first: bool = False) -> None:
        """Wait until `block` may talk to the connection.

        Args:
            first: before all others that wait (to undo the block).

        Raises:
            TransactionError: its turn did not come in time, or this is another event loop.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            raise TransactionError(
                "the transaction belongs to another event loop",
                hint="open a transaction of its own in each event loop",
            )
        if not self._busy and not self._waiting and self.blocks and self.blocks[-1] is block:
            self._busy = True
            return
        turn: asyncio.Future[None] = loop.create_future()
        entry = (block, turn)
        if first:
            self._waiting.appendleft(entry)
        else:
            self._waiting.append(entry)
        self._next()
        timer = loop.call_later(self._patience, self._give_up, entry)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()
            elif entry in self._waiting:
                self._waiting.remove(entry)
            raise
        finally:
            timer.cancel()

    def give_back(self) -> None:
        """Let the next one have its turn."""
        self._busy = False
        self._next()

    def end(self, block: Any, error: TransactionError) -> None:
        """Take a block off the stack; whoever waits in it gets `error`."""
        if block in self.blocks:
            self.blocks.remove(block)
        self.refuse(block, error)
        self._next()

    def refuse(self, block: Any, error: TransactionError) -> None:
        """Give `error` to whoever waits for a turn in the block."""
        for entry in [entry for entry in self._waiting if entry[0] is block]:
            self._waiting.remove(entry)
            if not entry[1].done():
                entry[1].set_exception(error)

    def _next(self) -> None:
        if self._busy or not self.blocks:
            return
        innermost = self.blocks[-1]
        for entry in self._waiting:
            block, turn = entry
            if block is innermost and not turn.done():
                self._waiting.remove(entry)
                self._busy = True
                turn.set_result(None)
                return

    def _give_up(self, entry: tuple[Any, asyncio.Future[None]]) -> None:
        _, turn = entry
        if entry in self._waiting and not turn.done():
            self._waiting.remove(entry)
            turn.set_exception(
                TransactionError(
                    f"a statement waited {self._patience:g} s for its turn in the transaction: "
                    "another task has an atomic() block open inside it",
                    hint="do not wait for a task from a block that the task itself waits for",
                )
            )
