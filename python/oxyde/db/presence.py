"""The tasks (or threads) that use a block."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from oxyde.db.running import Runner, current_runner

__all__ = ["Presence"]


class Presence:
    """The task that entered a block, and others that have run statements in it, as weak
    references. Without an event loop they are threads."""

    __slots__ = ("_guests", "_owner")

    def __init__(self) -> None:
        task = current_runner()
        self._owner: Callable[[], Runner | None] = _nobody if task is None else weakref.ref(task)
        self._guests: weakref.WeakSet[Runner] | None = None

    def note(self) -> None:
        """Record that the current task is about to run a statement."""
        task = current_runner()
        if task is not None and task is not self._owner():
            self._add(task)

    def _add(self, task: Runner) -> None:
        if self._guests is None:
            self._guests = weakref.WeakSet()
        self._guests.add(task)

    def is_owner(self) -> bool:
        """Whether the current task entered the block."""
        task = current_runner()
        return task is not None and task is self._owner()

    def release_owner(self) -> None:
        """Forget the task that entered the block."""
        self._owner = _nobody

    def dismiss(self) -> bool:
        """Whether the current task is another one that has run statements in the block; forgets the
        task."""
        task = current_runner()
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
