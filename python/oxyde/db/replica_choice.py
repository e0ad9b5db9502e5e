"""Finding a replica that is fresh enough for a read."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from oxyde.exceptions import DatabaseConnectionError, OxydeError, PoolTimeoutError

if TYPE_CHECKING:
    from typing_extensions import Self

    from oxyde.db.positions import Position
    from oxyde.db.replication import Replication
    from oxyde.db.router import Reason, Router
    from oxyde.db.seat import Seat

__all__ = ["Asked", "check_replication", "choose", "is_known_fresh"]

_LOG = logging.getLogger("oxyde")
# How many replicas one read asks whether they are fresh enough.
_ASKS = 2


class Asked(Protocol):
    """A database that is asked how far it has come."""

    @property
    def connected(self) -> bool:
        """Whether its pool is open."""
        ...

    @property
    def features(self) -> object:
        """What the server can do: one object for each version."""
        ...

    async def position(self) -> Position:
        """How far it has come."""
        ...

    async def replication(self, primary: Self | None) -> Replication:
        """Whether it is up to date, compared with the primary if it does not say that itself."""
        ...


async def choose(
    router: Router, databases: Mapping[str, Asked], seat: Seat, wanted: Position | None
) -> tuple[Seat | None, Reason]:
    """The replica for a read, and why; None means the primary.

    Args:
        seat: the one to begin with; others have the same version.
        wanted: the position that the read must see.
    """
    features = databases[seat.name].features
    tried: set[str] = set()
    reason: Reason = "fallback"
    asked = 0
    found: Seat | None = seat
    while found is not None:
        tried.add(found.name)
        if databases[found.name].features is features:
            needs = _needs(router, found, wanted)
            if needs and asked == _ASKS:
                break
            asked += needs
            refusal = await _refusal(router, databases, found, wanted)
            if refusal is None:
                return found, "replica"
            reason = refusal
        found = router.usable(databases, but=tried)
    return None, reason


def is_known_fresh(router: Router, seat: Seat, wanted: Position | None) -> bool:
    """Whether a replica can be read without asking how far it has come."""
    return (router.max_lag is None or (seat.is_measured and not router.is_behind(seat))) and (
        wanted is None or seat.shows(wanted)
    )


def _needs(router: Router, seat: Seat, wanted: Position | None) -> bool:
    """Whether a replica must be asked."""
    return (router.max_lag is not None and not seat.is_measured) or (
        wanted is not None and not seat.shows(wanted) and not seat.was_asked
    )


async def _refusal(
    router: Router, databases: Mapping[str, Asked], seat: Seat, wanted: Position | None
) -> Reason | None:
    """Why a read cannot be on a replica; None if it can."""
    try:
        if router.max_lag is not None and seat.begin_measuring():
            await measure(router, databases, seat)
        if router.is_behind(seat):
            return "lag"
        if wanted is not None and not seat.shows(wanted):
            if seat.was_asked:
                return "own write"
            seat.ask()
            seat.position = await databases[seat.name].position()
            if not seat.shows(wanted):
                return "own write"
    except (DatabaseConnectionError, PoolTimeoutError):
        seat.failed()
        return "fallback"
    return None


async def measure(router: Router, databases: Mapping[str, Asked], seat: Seat) -> None:
    """Measure the lag of a replica.

    Raises:
        DatabaseConnectionError, PoolTimeoutError: it does not answer.
    """
    began = time.monotonic()
    primary = databases.get(router.writes)
    try:
        found = await databases[seat.name].replication(
            primary if primary is not None and primary.connected else None
        )
    except (DatabaseConnectionError, PoolTimeoutError):
        raise
    except OxydeError as error:
        if seat.lag is None:
            _LOG.warning("the lag of the replica %r cannot be measured: %s", seat.name, error)
        seat.measured(None, began)
    else:
        seat.measured(found, began)


async def check_replication(router: Router, databases: Mapping[str, Asked]) -> None:
    """Check that the servers tell what a router asks them; replicas that are away are not asked.

    Raises:
        UnsupportedFeatureError: they do not.
        DatabaseConnectionError: the primary does not answer.
    """
    primary = databases[router.writes]
    if router.by_position:
        await primary.position()
    if router.max_lag is not None:
        for name in router.reads:
            if databases[name].connected:
                with contextlib.suppress(DatabaseConnectionError, PoolTimeoutError):
                    await databases[name].replication(primary)
