"""Router: reads go to replicas, writes to the primary."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from oxyde.db.own_writes import last_write
from oxyde.exceptions import OxydeError, TransactionError

if TYPE_CHECKING:
    from oxyde.db.block import Block

__all__ = ["Router"]

# The longest time for which a replica that fails is left alone, in seconds.
_LONGEST = 30.0


class _Database(Protocol):
    """What a router asks of a database."""

    @property
    def connected(self) -> bool: ...


class Seat:
    """What a router knows about a replica.

    Attributes:
        name: its name.
        rests_until: when it may be used again, by time.monotonic().
    """

    __slots__ = ("_cooldown", "_pause", "name", "rests_until")

    def __init__(self, name: str, cooldown: float) -> None:
        self.name = name
        self.rests_until = float("-inf")
        self._cooldown = self._pause = cooldown

    def failed(self) -> None:
        """Leave it alone, each time for twice as long."""
        self.rests_until = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, max(_LONGEST, self._cooldown))

    def worked(self) -> None:
        """Use it again."""
        if self._pause != self._cooldown:
            self.rests_until, self._pause = float("-inf"), self._cooldown


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Chooses the database for queries without ``using=``.

    Writes go to `writes`, and so do transactions, queries that lock rows, and reads within `sticky`
    seconds after a write, since a replica may lag behind: a write of the same task, of a task that
    it has started, or that has started it. Other reads, and read-only transactions, alternate over
    `reads`. Inside a block a query runs in the block, or is refused if it belongs to another
    database.

    `init` needs the primary only. A replica that is away, or whose connection fails, is left alone
    for `cooldown` seconds, each time for twice as long, up to 30; a read that it failed is asked
    once more elsewhere.

    Attributes:
        reads: names of the replicas.
        writes: name of the primary.
        sticky: seconds for which reads go to the primary after a write has ended.
        fallback: where reads go while no replica can be used: to the primary, or nowhere (None): a
            DatabaseConnectionError.
        cooldown: seconds for which a replica that failed is left alone at first.

    Raises:
        OxydeError: no replica is named, or a number of seconds is out of range.
    """

    reads: Sequence[str]
    writes: str = "default"
    sticky: float = 2.0
    fallback: Literal["primary"] | None = "primary"
    cooldown: float = 1.0
    _seats: list[Seat] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.reads, str) or not self.reads:
            raise OxydeError(
                f"Router.reads is a list of database names, not {self.reads!r}",
                hint='Router(reads=["replica"], writes="default")',
            )
        if not self.sticky >= 0:
            raise OxydeError(f"Router.sticky is zero seconds or more, not {self.sticky!r}")
        if not self.cooldown > 0:
            raise OxydeError(f"Router.cooldown is above zero seconds, not {self.cooldown!r}")
        if self.fallback not in ("primary", None):
            raise OxydeError(f"Router.fallback is 'primary' or None, not {self.fallback!r}")
        seats = [Seat(name, self.cooldown) for name in dict.fromkeys(self.reads)]
        object.__setattr__(self, "_seats", seats)

    def must_see_writes(self) -> bool:
        """Whether reads of this task go to the primary, since it wrote a moment ago."""
        return time.monotonic() - last_write() < self.sticky

    def usable(self, databases: Mapping[str, _Database], *, but: str | None = None) -> Seat | None:
        """The next replica that can be used; None if there is none.

        Args:
            databases: the databases by name.
            but: not this replica.
        """
        now = time.monotonic()
        for _ in range(len(self._seats)):
            seat = self._seats.pop(0)
            self._seats.append(seat)
            database = databases.get(seat.name)
            if (
                seat.name != but
                and seat.rests_until <= now
                and database is not None
                and database.connected
            ):
                return seat
        return None

    def waking(self, databases: Mapping[str, _Database]) -> list[Seat]:
        """Replicas that are not connected, and should be by now."""
        now = time.monotonic()
        return [
            seat
            for seat in self._seats
            if seat.rests_until <= now
            and seat.name in databases
            and not databases[seat.name].connected
        ]

    def check(self, name: str, block: Block, *, write: bool) -> None:
        """Check that a query may run in a block on the database `name`.

        Args:
            block: the block, for the error.

        Raises:
            TransactionError: it belongs to another database.
        """
        if name != self.writes and (write or name not in self.reads):
            kind, home = ("write", self.writes) if write else ("read", self.reads[0])
            raise TransactionError(
                f"the router sends this {kind} to {home!r}, and {block.label} runs on another one",
                hint=f"choose one: using={name!r} is in the block, using={home!r} not",
            )

    def home(self, name: str) -> str:
        """The database to write a row to that was read from database `name`."""
        return self.writes if name in self.reads else name
