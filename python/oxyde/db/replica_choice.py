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
    from oxyde.db.replica import Replica
    from oxyde.db.replication import Replication
    from oxyde.db.router import Reason, Router

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
    router: Router, databases: Mapping[str, Asked], replica: Replica, wanted: Position | None
) -> tuple[Replica | None, Reason]:
    """The replica for a read, and why; None means the primary.

    Args:
        replica: the one to begin with; others have the same version.
        wanted: the position that the read must see.
    """
    features = databases[replica.name].features
    tried: set[str] = set()
    reason: Reason = "fallback"
    asked = 0
    found: Replica | None = replica
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


def is_known_fresh(router: Router, replica: Replica, wanted: Position | None) -> bool:
    """Whether a replica can be read without asking how far it has come."""
    return (router.max_lag is None or (replica.is_measured and not router.is_behind(replica))) and (
        wanted is None or replica.shows(wanted)
    )


def _needs(router: Router, replica: Replica, wanted: Position | None) -> bool:
    """Whether a replica must be asked."""
    return (router.max_lag is not None and not replica.is_measured) or (
        wanted is not None and not replica.shows(wanted) and not replica.was_asked
    )


async def _refusal(
    router: Router, databases: Mapping[str, Asked], replica: Replica, wanted: Position | None
) -> Reason | None:
    """Why a read cannot be on a replica; None if it can."""
    try:
        if router.max_lag is not None and replica.begin_measuring():
            await measure(router, databases, replica)
        if router.is_behind(replica):
            return "lag"
        if wanted is not None and not replica.shows(wanted):
            if replica.was_asked:
                return "own write"
            replica.ask()
            replica.position = await databases[replica.name].position()
            if not replica.shows(wanted):
                return "own write"
    except (DatabaseConnectionError, PoolTimeoutError):
        replica.failed()
        return "fallback"
    return None


async def measure(router: Router, databases: Mapping[str, Asked], replica: Replica) -> None:
    """Measure the lag of a replica.

    Raises:
        DatabaseConnectionError, PoolTimeoutError: it does not answer.
    """
    began = time.monotonic()
    primary = databases.get(router.writes)
    try:
        found = await databases[replica.name].replication(
            primary if primary is not None and primary.connected else None
        )
    except (DatabaseConnectionError, PoolTimeoutError):
        raise
    except OxydeError as error:
        if replica.lag is None:
            _LOG.warning("the lag of the replica %r cannot be measured: %s", replica.name, error)
        replica.measured(None, began)
    else:
        replica.measured(found, began)


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
