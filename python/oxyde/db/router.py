"""Router: reads go to replicas, writes to the primary."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oxyde.exceptions import OxydeError, TransactionError

if TYPE_CHECKING:
    from oxyde.db.block import Block

__all__ = ["Router"]

# When this task (or the tasks that started it) last wrote, by time.monotonic().
_wrote: ContextVar[float | None] = ContextVar("oxyde_wrote", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Chooses the database for queries without ``using=``.

    Writes go to `writes`, and so do transactions, queries that lock rows, and reads within `sticky`
    seconds after a write of the same task, since a replica may lag behind. Other reads alternate
    over `reads`. Inside a block a query runs in the block, or is refused if it belongs to another
    database.

    Attributes:
        reads: names of the replicas.
        writes: name of the primary.
        sticky: seconds for which a task reads from the primary after a write.

    Raises:
        OxydeError: no replica is named, or `sticky` is negative.
    """

    reads: Sequence[str]
    writes: str = "default"
    sticky: float = 2.0
    _turn: Iterator[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.reads, str) or not self.reads:
            raise OxydeError(
                f"Router.reads is a list of database names, not {self.reads!r}",
                hint='Router(reads=["replica"], writes="default")',
            )
        if not self.sticky >= 0:
            raise OxydeError(f"Router.sticky is zero seconds or more, not {self.sticky!r}")
        object.__setattr__(self, "_turn", itertools.cycle(tuple(self.reads)))

    def choose(self, *, write: bool) -> str:
        """The name of the database for the next query of this task."""
        if write:
            self.note_write()
            return self.writes
        wrote = _wrote.get()
        if wrote is not None and time.monotonic() - wrote < self.sticky:
            return self.writes
        return next(self._turn)

    @staticmethod
    def note_write() -> None:
        """Let this task read from the primary for `sticky` seconds."""
        _wrote.set(time.monotonic())

    def check(self, name: str, block: Block, *, write: bool) -> None:
        """Check that a query may run in a block on the database `name`.

        Args:
            block: the block, for the error.

        Raises:
            TransactionError: it belongs to another database.
        """
        if name == self.writes:
            if write:
                self.note_write()
        elif write or name not in self.reads:
            kind, home = ("write", self.writes) if write else ("read", self.reads[0])
            raise TransactionError(
                f"the router sends this {kind} to {home!r}, and {block.label} runs on another one",
                hint=f"choose one: using={name!r} is in the block, using={home!r} not",
            )

    def home(self, name: str) -> str:
        """The database to write a row to that was read from database `name`."""
        return self.writes if name in self.reads else name
