"""Router: reads go to replicas, writes to the primary."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from oxyde.db.own_writes import Mark, current_mark, note_write
from oxyde.db.replica import Replica
from oxyde.exceptions import OxydeError, TransactionError

if TYPE_CHECKING:
    from oxyde.db.block import Block
    from oxyde.db.positions import Position

__all__ = ["Reason", "Router"]

T = TypeVar("T")
# Why a read went where it went.
Reason = Literal["replica", "own write", "lag", "cooldown", "fallback"]


class _Database(Protocol):
    """What a router asks of a database."""

    @property
    def connected(self) -> bool: ...


class _Primary(Protocol):
    """What it asks of the one that it writes to."""

    async def position(self) -> Position: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Chooses the database for queries without ``using=``.

    Writes go to `writes`, and so do transactions, queries that lock rows, and reads that must see a
    write: one of the same task, of a task that it has started, or that has started it. Other reads,
    and read-only transactions, alternate over `reads`. Inside a block a query runs in the block, or
    is refused if it belongs to another database.

    `init` needs the primary only. A replica that is away, or whose connection fails, is left alone
    for `cooldown` seconds, each time for twice as long, up to 30; a read that it failed is asked
    once more elsewhere.

    Attributes:
        reads: names of the replicas.
        writes: name of the primary.
        sticky: how a task sees its own writes. Seconds: for so long after a write has ended, its
            reads go to the primary. ``"position"``: the primary is asked for its position in the
            log after each write, and reads go to replicas that have come to it, or else to the
            primary.
        max_lag: replicas that are behind by more than so many seconds are left alone; None does not
            measure that. It is measured at most once a second, by the reads themselves.
        fallback: where reads go while no replica can be used: to the primary, or nowhere (None): a
            DatabaseConnectionError.
        cooldown: seconds for which a replica that failed is left alone at first.
        token_secret: signs the tokens of `oxyde.db.token`, so that nobody else can make any. All
            processes must have the same one.

    Raises:
        OxydeError: no replica is named, or an argument is out of range.
    """

    reads: Sequence[str]
    writes: str = "default"
    sticky: float | Literal["position"] = 2.0
    max_lag: float | None = None
    fallback: Literal["primary"] | None = "primary"
    cooldown: float = 1.0
    token_secret: str | None = field(default=None, repr=False)
    # Whether reads ask replicas how far they have come.
    asks: bool = field(init=False, repr=False, compare=False)
    _replicas: list[Replica] = field(init=False, repr=False, compare=False)
    _counts: dict[str, Counter[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.reads, str) or not self.reads:
            raise OxydeError(
                f"Router.reads is a list of database names, not {self.reads!r}",
                hint='Router(reads=["replica"], writes="default")',
            )
        if self.sticky != "position" and not _is_seconds(self.sticky, 0):
            raise OxydeError(
                f"Router.sticky is zero seconds or more, or 'position', not {self.sticky!r}"
            )
        if self.max_lag is not None and not (_is_seconds(self.max_lag, 0) and self.max_lag > 0):
            raise OxydeError(f"Router.max_lag is above zero seconds, or None, not {self.max_lag!r}")
        if not self.cooldown > 0:
            raise OxydeError(f"Router.cooldown is above zero seconds, not {self.cooldown!r}")
        if self.fallback not in ("primary", None):
            raise OxydeError(f"Router.fallback is 'primary' or None, not {self.fallback!r}")
        if self.token_secret is not None and not _is_text(self.token_secret):
            raise OxydeError("Router.token_secret is a string that is not empty, or None")
        object.__setattr__(self, "asks", self.by_position or self.max_lag is not None)
        object.__setattr__(self, "_replicas", [])
        object.__setattr__(self, "_counts", {})
        self.begin()

    def begin(self) -> None:
        """Know nothing about the replicas."""
        self._replicas[:] = [Replica(name, self.cooldown) for name in dict.fromkeys(self.reads)]
        self._counts.clear()

    @property
    def by_position(self) -> bool:
        """Whether reads see writes by positions, not by time."""
        return self.sticky == "position"

    def must_see_writes(self) -> bool:
        """Whether reads of this task go to the primary, since it wrote a moment ago."""
        mark = current_mark()
        now = time.monotonic()
        if isinstance(self.sticky, str):
            return not mark.is_located
        return now - mark.wrote < self.sticky or now < mark.until

    def wanted(self) -> Position | None:
        """The position that reads of this task must see; None if any will do."""
        return current_mark().wanted if self.by_position else None

    async def remember(self, primary: _Primary, writing: Awaitable[T]) -> T:
        """Await a write to the primary, so that reads of this task see it."""
        try:
            result = await writing
        except BaseException:
            # It may have taken effect.
            note_write()
            raise
        await self.note(primary)
        return result

    async def note(self, primary: _Primary) -> None:
        """Record that this task wrote to the primary."""
        noted = note_write()
        if self.by_position:
            await self._locate(primary, noted)

    async def locate(self, primary: _Primary) -> None:
        """Find out the position of this task's writes, if it is not known."""
        mark = current_mark()
        if self.by_position and not mark.is_located:
            await self._locate(primary, mark.written())

    async def _locate(self, primary: _Primary, noted: list[tuple[Mark, int]]) -> None:
        try:
            position = await primary.position()
        except OxydeError:
            # Until it is known, reads go to the primary.
            return
        Mark.locate(noted, position)
        for replica in self._replicas:
            replica.doubt(position)

    def count(self, name: str, reason: Reason) -> None:
        """Count a read on a database."""
        counts = self._counts.get(name)
        if counts is None:
            counts = self._counts[name] = Counter()
        counts[reason] += 1

    def counts(self, name: str) -> dict[str, int]:
        """The reads that it sent to a database, by reason."""
        return dict(self._counts.get(name, ()))

    def lag(self, name: str) -> float | None:
        """The lag of a replica when it was measured last, in seconds."""
        return next((replica.lag for replica in self._replicas if replica.name == name), None)

    def is_behind(self, replica: Replica) -> bool:
        """Whether a replica is behind by too much, as far as that was measured."""
        return self.max_lag is not None and replica.lag is not None and replica.lag > self.max_lag

    def usable(
        self,
        databases: Mapping[str, _Database],
        *,
        but: Collection[str] = (),
        showing: Position | None = None,
    ) -> Replica | None:
        """The next replica that can be used; None if there is none.

        Args:
            databases: the databases by name.
            but: none of these.
            showing: only one that is known to have come to this position.
        """
        now = time.monotonic()
        for _ in range(len(self._replicas)):
            replica = self._replicas.pop(0)
            self._replicas.append(replica)
            database = databases.get(replica.name)
            if (
                replica.name not in but
                and replica.rests_until <= now
                and database is not None
                and database.connected
                and not (self.is_behind(replica) and replica.is_measured)
                and (showing is None or replica.shows(showing))
            ):
                return replica
        return None

    def why_none(self) -> Reason:
        """Why no replica can be used."""
        now = time.monotonic()
        awake = any(
            replica.rests_until <= now and self.is_behind(replica) for replica in self._replicas
        )
        return "lag" if awake else "cooldown"

    def waking(self, databases: Mapping[str, _Database]) -> list[Replica]:
        """Replicas that are not connected, and should be by now."""
        now = time.monotonic()
        return [
            replica
            for replica in self._replicas
            if replica.rests_until <= now
            and replica.name in databases
            and not databases[replica.name].connected
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


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_seconds(value: object, least: float) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= least
    )
