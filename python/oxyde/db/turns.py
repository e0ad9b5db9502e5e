"""Serializes statements in a transaction: one at a time, without mixing savepoints."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING

from oxyde.db.running import Home, home_here
from oxyde.exceptions import TransactionError

if TYPE_CHECKING:
    from oxyde.db.block import Block

__all__ = ["Turns"]


class Turns:
    """A fair queue in front of a transaction's connection.

    A savepoint belongs to the block that opened it. While it is open, a statement of an outer block
    would run inside it and could be silently rolled back with it. So only the innermost open block
    may take a turn; others wait until it has ended.
    """

    __slots__ = ("_busy", "_home", "_patience", "_waiting", "blocks")

    def __init__(self, home: Home, patience: float) -> None:
        self._home = home
        self._patience = patience
        self._busy = False
        self._waiting: deque[tuple[Block, asyncio.Future[None]]] = deque()
        self.blocks: list[Block] = []

    async def take(self, block: Block, *, first: bool = False) -> None:
        """Wait until `block` may use the connection.

        Args:
            first: go before all waiting statements (for a rollback).

        Raises:
            TransactionError: its turn did not come in time, or this is another event loop or
                thread.
        """
        home = home_here()
        if home is not self._home:
            raise self._elsewhere()
        if not self._busy and not self._waiting and self.blocks and self.blocks[-1] is block:
            self._busy = True
            return
        if isinstance(home, threading.Thread):
            raise self._own_turn(block)
        loop = home
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
            # The error's traceback references this frame, and the future references the error.
            del turn, entry

    def _elsewhere(self) -> TransactionError:
        kind = "thread" if isinstance(self._home, threading.Thread) else "event loop"
        return TransactionError(
            f"the transaction belongs to another {kind}",
            hint=f"open a transaction of its own in each {kind}, or leave it for this work: "
            "with db.detached()",
        )

    def _own_turn(self, block: Block) -> TransactionError:
        """The error of a thread that would wait for itself."""
        if self._busy:
            return TransactionError(
                f"a statement in {block.label} was started while another one of this thread is "
                "still running in it",
                hint="run no queries in validators and in functions that a running query calls",
            )
        inner = self.blocks[-1] if self.blocks else block
        return TransactionError(
            f"a statement in {block.label} would wait for its own thread, which has "
            f"{inner.label} open inside it",
            hint="leave the inner block first, or run the statement there",
        )

    def give_back(self) -> None:
        """Give the turn to the next waiting statement."""
        self._busy = False
        self._next()

    def end(self, block: Block, error: TransactionError) -> None:
        """Remove a block from the stack; statements waiting in it get `error`."""
        if block in self.blocks:
            self.blocks.remove(block)
        self.refuse(block, error)
        self._next()

    def refuse(self, block: Block, error: TransactionError) -> None:
        """Raise `error` in statements that wait for a turn in the block."""
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

    def _give_up(self, entry: tuple[Block, asyncio.Future[None]]) -> None:
        block, turn = entry
        if entry in self._waiting and not turn.done():
            self._waiting.remove(entry)
            inner = self.blocks[-1] if self.blocks else block
            turn.set_exception(
                TransactionError(
                    f"a statement waited {self._patience:g} s for its turn in {block.label}: "
                    f"another task has {inner.label} open inside it",
                    hint="do not await a task inside a block that the task is itself waiting for",
                )
            )
