"""The tasks that use a block."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["Presence"]


class Presence:
    """The task that entered a block, and others that have run statements in it, as weak
    references."""

    __slots__ = ("_guests", "_owner")

    def __init__(self) -> None:
        task = _current_task()
        self._owner: Callable[[], asyncio.Task[Any] | None] = (
            _nobody if task is None else weakref.ref(task)
        )
        self._guests: weakref.WeakSet[asyncio.Task[Any]] | None = None

    def note(self) -> None:
        """Record that the current task is about to run a statement."""
        task = _current_task()
        if task is not None and task is not self._owner():
            self._add(task)

    def _add(self, task: asyncio.Task[Any]) -> None:
        if self._guests is None:
            self._guests = weakref.WeakSet()
        self._guests.add(task)

    def is_owner(self) -> bool:
        """Whether the current task entered the block."""
        task = _current_task()
        return task is not None and task is self._owner()

    def release_owner(self) -> None:
        """Forget the task that entered the block."""
        self._owner = _nobody

    def dismiss(self) -> bool:
        """Whether the current task is another one that has run statements in the block; forgets the
        task."""
        task = _current_task()
        if task is None or self._guests is None or task not in self._guests:
            return False
        self._guests.discard(task)
        return True

    def hand_over(self, outer: Presence) -> None:
        """Transfer the tasks to the enclosing block."""
        outer_owner = outer._owner()
        for task in (self._owner(), *(self._guests or ())):
            if task is not None and task is not outer_owner:
                outer._add(task)


def _nobody() -> None:
    return None


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        return None
