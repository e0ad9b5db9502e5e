"""The open transaction blocks of the current task."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TYPE_CHECKING

from oxyde.db.presence import Presence

if TYPE_CHECKING:
    from oxyde.db.block import Block
    from oxyde.db.executor import Executor

__all__ = ["Outside", "active_blocks", "active_executor", "innermost", "open_blocks"]

# The innermost block per database name, last entered last. Tasks copy it when they are created, so
# that a child task stays inside the block in which it was started.
active_blocks: ContextVar[dict[str, Block]] = ContextVar("oxyde_transactions")


class Outside(dict[str, "Block"]):
    """No blocks: the context of `detached()`.

    Attributes:
        around: the blocks around it.
        left_elsewhere: whether a task left it that has a context of its own (for an abandoned
            generator), so that the context of the task that entered it could not be restored.
    """

    __slots__ = ("_owner", "around", "left_elsewhere")

    def __init__(self, around: dict[str, Block]) -> None:
        super().__init__()
        self.around = around
        self.left_elsewhere = False
        self._owner = Presence()

    def is_left(self) -> bool:
        """Whether this task has left it."""
        return self.left_elsewhere and self._owner.is_owner()


_NO_BLOCKS: dict[str, Block] = {}


def open_blocks() -> dict[str, Block]:
    """The innermost block of this task per database name, last entered last."""
    blocks = active_blocks.get(_NO_BLOCKS)
    while not blocks and isinstance(blocks, Outside) and blocks.is_left():
        blocks = blocks.around
    return blocks


def innermost() -> Block | None:
    """The block for a query of this task that names no database.

    Raises:
        TransactionError: the task's block has ended (`Block.check_outlived`).
    """
    blocks = open_blocks()
    if not blocks:
        return None
    for block in reversed(blocks.values()):
        found = _usable(block) if block.connection.database.connected else None
        if found is not None:
            return found
    return None


def active_executor(name: str, database: Executor) -> Block | None:
    """The block for a query of this task on `database`.

    Raises:
        TransactionError: the task's block has ended (`Block.check_outlived`).
    """
    block = open_blocks().get(name)
    if block is None or block.connection.database is not database:
        return None
    return _usable(block)


def _usable(block: Block) -> Block | None:
    """The block, or if it has ended, the innermost open block around it."""
    if block.connection.process != os.getpid():
        # A forked child carries the context of the task that forked it.
        return None
    found: Block | None = block
    while found is not None and found.has_ended():
        found.check_outlived()
        found = found.outer
    if found is not None:
        found.check_open()
    return found
