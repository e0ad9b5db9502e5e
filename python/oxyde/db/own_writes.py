"""What a task has written, so that its reads see that."""

from __future__ import annotations

import contextlib
import time
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxyde.db.positions import Position

__all__ = ["Mark", "begin_request", "current_mark", "enter", "forget", "leave", "note_write"]

NEVER = float("-inf")


class Mark:
    """What a task, or one that it started, has written, and what its reads must see.

    Attributes:
        wrote: when it last wrote, by time.monotonic().
        position: the position of its writes, as far as it is known.
        required: a position that reads must see beside that.
        until: until when reads go to the primary, whatever the task wrote; by time.monotonic().
    """

    __slots__ = ("_located", "_outer", "_writes", "position", "required", "until", "wrote")

    def __init__(self, outer: Mark | None = None) -> None:
        self.wrote = NEVER
        self.until = NEVER
        self.position: Position | None = None
        self.required: Position | None = None
        # Its writes, and how many of them `position` includes.
        self._writes = self._located = 0
        # The mark that hears of what is written here.
        self._outer = outer

    def follow(self, other: Mark) -> None:
        """See what the other one sees by now."""
        self.wrote, self.until = other.wrote, other.until
        self.position, self.required = other.position, other.required
        self._writes, self._located = other._writes, other._located

    @property
    def is_located(self) -> bool:
        """Whether the positions of all its writes are known."""
        return self._located == self._writes

    @property
    def wanted(self) -> Position | None:
        """The position that reads must see; None if any will do."""
        if self.position is None or self.required is None:
            return self.position or self.required
        return self.position.joined(self.required)

    def note(self) -> list[tuple[Mark, int]]:
        """Record a write; what `locate` takes once its position is known."""
        now = time.monotonic()
        noted = []
        mark: Mark | None = self
        while mark is not None:
            mark.wrote = now
            mark._writes += 1
            noted.append((mark, mark._writes))
            mark = mark._outer
        return noted

    def written(self) -> list[tuple[Mark, int]]:
        """What `locate` takes for all writes so far."""
        return [(self, self._writes)]

    @staticmethod
    def locate(noted: list[tuple[Mark, int]], position: Position) -> None:
        """Record a position that includes the noted writes."""
        for mark, writes in noted:
            known = mark.position
            mark.position = position if known is None else known.joined(position)
            mark._located = max(mark._located, writes)


# Tasks copy it when they are created, so that a task and those that it starts share one mark.
_mark: ContextVar[Mark | None] = ContextVar("oxyde_own_writes", default=None)
# The writes of tasks without a mark: the task that started them had none, either, and finds the
# writes here.
_unclaimed = Mark()


def note_write() -> list[tuple[Mark, int]]:
    """Record that this task wrote; see `Mark.note`."""
    mark = _mark.get()
    if mark is None:
        mark = Mark(_unclaimed)
        _mark.set(mark)
    return mark.note()


def current_mark() -> Mark:
    """The mark of this task. The first time, it shows what tasks without a mark have written."""
    mark = _mark.get()
    if mark is None:
        mark = Mark()
        mark.follow(_unclaimed)
        _mark.set(mark)
    return mark


def forget() -> None:
    """Forget what tasks without a mark have written, and the mark of this task."""
    _unclaimed.follow(Mark())
    _mark.set(None)


def begin_request() -> Mark:
    """Give this task a mark of its own, which the tasks that it starts share."""
    mark = Mark()
    _mark.set(mark)
    return mark


def enter() -> tuple[Mark, Token[Mark | None]]:
    """Give this task a mark that shows what its mark shows, until `leave`; what is written
    meanwhile is seen afterwards."""
    outer = current_mark()
    mark = Mark(outer)
    mark.follow(outer)
    return mark, _mark.set(mark)


def leave(token: Token[Mark | None]) -> None:
    """End what `enter` began. A task that did not enter it keeps its mark."""
    with contextlib.suppress(ValueError):
        _mark.reset(token)
