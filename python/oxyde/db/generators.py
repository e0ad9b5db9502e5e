"""Async generators that hold blocks, and may be abandoned."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from oxyde.db.block import Block

__all__ = ["Generator", "generator_of_caller"]


class Generator:
    """The async generator in which blocks were entered.

    The event loop closes a generator that was left by `break` in a task of its own, a few turns
    after the generator was dropped. Until then only the loop knows that it was.
    """

    __slots__ = ("_depth", "_frame", "abandoned")

    def __init__(self, frame: int, depth: int) -> None:
        # The frame's id: a reference would be a cycle through the block on the frame's stack.
        self._frame = frame
        # How many generators are around it, with itself: they are closed one after the other.
        self._depth = depth
        self.abandoned = False

    def has_frame(self, frame: int) -> bool:
        """Whether this generator has the frame with this id."""
        return self._frame == frame and not self.abandoned

    async def settle(self) -> None:
        """Let the loop begin to close the generator, if it was abandoned."""
        if self._is_running():
            return
        # The loop creates a task in one turn and runs it in the next.
        for _ in range(2 * self._depth):
            if self.abandoned:
                return
            await asyncio.sleep(0)

    def _is_running(self) -> bool:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if id(frame) == self._frame:
                return True
            frame = frame.f_back
        return False


def generator_of_caller(blocks: Iterable[Block]) -> Generator | None:
    """The innermost async generator that is running: the one of these blocks if it is the same."""
    frame: FrameType | None = sys._getframe(1)
    found: int | None = None
    depth = 0
    while frame is not None:
        if frame.f_code.co_flags & inspect.CO_ASYNC_GENERATOR:
            depth += 1
            found = found or id(frame)
        frame = frame.f_back
    if found is None:
        return None
    for block in blocks:
        for generator in block.generators:
            if generator.has_frame(found):
                return generator
    return Generator(found, depth)
