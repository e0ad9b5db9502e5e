"""When a task last wrote, so that its reads see that."""

from __future__ import annotations

import time
from contextvars import ContextVar

__all__ = ["begin_request", "forget", "last_write", "note_write"]


class _Mark:
    """When a task, or one that it started, last wrote; by time.monotonic()."""

    __slots__ = ("wrote",)

    def __init__(self, wrote: float = float("-inf")) -> None:
        self.wrote = wrote


# Tasks copy it when they are created, so that a task and those that it starts share one mark.
_mark: ContextVar[_Mark | None] = ContextVar("oxyde_own_writes", default=None)
# The last write of a task without a mark: the task that started it had none, either, and finds the
# write here.
_unclaimed = _Mark()


def note_write() -> None:
    """Record that this task wrote."""
    now = time.monotonic()
    mark = _mark.get()
    if mark is None:
        mark = _Mark()
        _mark.set(mark)
        _unclaimed.wrote = now
    mark.wrote = now


def last_write() -> float:
    """When this task last wrote, or a task that shares its mark; minus infinity if none has."""
    mark = _mark.get()
    if mark is None:
        mark = _Mark(_unclaimed.wrote)
        _mark.set(mark)
    return mark.wrote


def forget() -> None:
    """Forget the last write of a task without a mark, and the mark of this task."""
    _unclaimed.wrote = float("-inf")
    _mark.set(None)


def begin_request() -> None:
    """Give this task a mark of its own, which the tasks that it starts share."""
    _mark.set(_Mark())
