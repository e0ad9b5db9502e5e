"""Router: reads go to replicas, writes to the primary."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from oxyde.exceptions import OxydeError

__all__ = ["Router"]

# When this task (and the tasks it was started by) last wrote, by time.monotonic().
_wrote: ContextVar[float | None] = ContextVar("oxyde_wrote", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Which database a query without ``using=`` goes to.

    A write goes to `writes`, and so does whatever runs in a transaction, takes row locks, or
    reads within `sticky` seconds after a write of the same task: a replica may not have that
    write yet. Other reads take turns over `reads`.

    Attributes:
        reads: names of the replicas.
        writes: name of the primary.
        sticky: seconds for which a task that wrote reads from the primary.

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
                f"Router.reads is a list of databases' names, not {self.reads!r}",
                hint='Router(reads=["replica"], writes="default")',
            )
        if not self.sticky >= 0:
            raise OxydeError(f"Router.sticky is zero seconds or more, not {self.sticky!r}")
        object.__setattr__(self, "_turn", itertools.cycle(tuple(self.reads)))

    def choose(self, *, write: bool) -> str:
        """The name of the database for the next query of this task."""
        if write:
            _wrote.set(time.monotonic())
            return self.writes
        wrote = _wrote.get()
        if wrote is not None and time.monotonic() - wrote < self.sticky:
            return self.writes
        return next(self._turn)

    def home(self, name: str) -> str:
        """Where a row that was read from database `name` is written back to."""
        return self.writes if name in self.reads else name
