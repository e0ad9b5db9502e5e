"""Changes of instances by a block, so that they are reverted with it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Entry", "Journal"]

# The number of entries after which those of dead instances are dropped.
_MANY = 1024


class Entry(Protocol):
    """One change."""

    def undo(self) -> None:
        """Restore the instances."""
        ...

    def gone(self) -> bool:
        """Whether all its instances were garbage-collected."""
        ...


class Journal:
    """The changes of one block, in order. Entries hold weak references to instances.

    Attributes:
        wrote: whether a statement of the block may have written.
    """

    __slots__ = ("_entries", "_handed", "_outer", "_prune_at", "_undone", "wrote")

    def __init__(self, outer: Journal | None) -> None:
        self._outer = outer
        self._entries: list[Entry] = []
        self._prune_at = _MANY
        self._handed = False
        self._undone = False
        self.wrote = False

    @property
    def undone(self) -> bool:
        """Whether the block was rolled back, by itself or with an enclosing one."""
        if self._handed and self._outer is not None:
            return self._outer.undone
        return self._undone

    def add(self, entry: Entry) -> None:
        """Record a change."""
        self.wrote = True
        self._entries.append(entry)
        self._prune()

    def _prune(self) -> None:
        if len(self._entries) >= self._prune_at:
            self._entries = [entry for entry in self._entries if not entry.gone()]
            self._prune_at = max(2 * len(self._entries), _MANY)

    def source(self) -> Journal | None:
        """The journal of the innermost block that has written, so that a row read now may contain
        its writes; None if none has."""
        journal: Journal | None = self
        while journal is not None and not journal.wrote:
            journal = journal._outer
        return journal

    def undo(self) -> None:
        """Revert all changes, last first."""
        self._undone = True
        entries, self._entries = self._entries, []
        for entry in reversed(entries):
            entry.undo()

    def keep(self) -> None:
        """The block was committed: hand its changes to the enclosing block, if any."""
        entries, self._entries = self._entries, []
        self._handed = True
        if self._outer is not None:
            self._outer.wrote = self._outer.wrote or self.wrote
            self._outer._entries += entries
            self._outer._prune()
