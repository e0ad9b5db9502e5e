"""How far a server has come in the log of its primary, asked of the server itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oxyde.db.operation import run
from oxyde.db.positions import Position, position_of_text
from oxyde.exceptions import (
    DatabaseConnectionError,
    DatabaseError,
    OxydeError,
    UnsupportedFeatureError,
)

if TYPE_CHECKING:
    from oxyde.db.pool import AsyncDatabase

__all__ = ["Replication", "ask_position", "ask_replication"]

# A standby that was promoted writes a log of its own.
_POSTGRES_POSITION = (
    "(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
    "ELSE pg_current_wal_insert_lsn() END)::text AS position"
)
# A standby that has lost its primary has replayed all that it received, and is not up to date.
_POSTGRES = (
    f"SELECT {_POSTGRES_POSITION}, CASE WHEN pg_is_in_recovery() THEN "
    "coalesce(pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn(), false) "
    "AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) ELSE true END AS is_current, "
    "extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS seconds"
)
_POSITIONS = {
    "postgres": f"SELECT {_POSTGRES_POSITION}",
    "mysql": "SELECT @@global.gtid_executed AS position",
    "mariadb": "SELECT @@global.gtid_current_pos AS position",
}
# Whose servers may be nodes of Galera; who tells its lag in a SELECT of its own.
_HAVE_GALERA = frozenset({"mariadb"})
_LAGS = {"postgres": _POSTGRES}
_GALERA = "SHOW STATUS WHERE variable_name IN ('wsrep_cluster_state_uuid', 'wsrep_last_committed')"
# How far a replica is behind, by MySQL and MariaDB.
_BEHIND = ("seconds_behind_source", "seconds_behind_master")


@dataclass(frozen=True, slots=True)
class Replication:
    """What a server says about itself as a replica.

    Attributes:
        is_current: whether it shows all that it should, as far as it can know.
        seconds: otherwise the age of the newest transaction that it shows; None if not known.
        position: how far it has come, if that was asked.
    """

    is_current: bool
    seconds: float | None = None
    position: Position | None = None


async def ask_position(database: AsyncDatabase) -> Position:
    """How far a server has come: what it has written, or as a replica, replayed.

    Raises:
        UnsupportedFeatureError: it has no such positions.
        OxydeError: it cannot be asked.
    """
    dialect = database.features.dialect
    sql = _POSITIONS.get(dialect)
    if sql is None:
        raise _without_positions(database, "has no replicas")
    if dialect in _HAVE_GALERA and await _is_galera(database):
        status = {row["Variable_name"]: row["Value"] for row in await _rows(database, _GALERA)}
        text = f"{status['wsrep_cluster_state_uuid']}:1-{status['wsrep_last_committed']}"
    else:
        (row,) = await _rows(database, sql)
        text = row["position"] or ""
    if not text:
        raise _without_positions(database, "counts no transactions (GTIDs, and a binary log)")
    return position_of_text(dialect, text)


async def _is_galera(database: AsyncDatabase) -> bool:
    if database.is_galera is None:
        rows = await _rows(database, _GALERA)
        database.is_galera = any("-" in row["Value"] for row in rows)
    return database.is_galera


def _without_positions(database: AsyncDatabase, why: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        f"the database {database.name!r} {why}, so its replicas have no positions to wait for",
        hint="Router(sticky=2.0): for so many seconds after a write, reads go to the primary",
    )


async def ask_replication(replica: AsyncDatabase, primary: AsyncDatabase | None) -> Replication:
    """Whether a replica is up to date, and if not, how old what it shows is.

    A server of MySQL or MariaDB that does not say it, or only to more privileged users, is compared
    with the primary.

    Raises:
        UnsupportedFeatureError: that cannot be found out.
        OxydeError: one of them cannot be asked.
    """
    dialect = replica.features.dialect
    lag = _LAGS.get(dialect)
    if lag is not None:
        (row,) = await _rows(replica, lag)
        return Replication(
            row["is_current"], row["seconds"], position_of_text(dialect, row["position"])
        )
    if dialect not in _POSITIONS:
        raise _without_positions(replica, "has no replicas")
    rows = await _status_rows(replica)
    if rows:
        # One row for each source; None while it does not follow one.
        seconds = [_behind(row) for row in rows]
        known = [each for each in seconds if each is not None]
        if len(known) < len(rows):
            return Replication(is_current=False)
        longest = max(known)
        return Replication(is_current=longest == 0, seconds=longest)
    if primary is None:
        raise UnsupportedFeatureError(f"{replica.name!r} does not say how far it is behind")
    wanted = await ask_position(primary)
    position = await ask_position(replica)
    return Replication(position.includes(wanted), position=position)


async def _status_rows(replica: AsyncDatabase) -> list[Mapping[str, Any]]:
    """Its state as a replica; nothing if it is none, or the user may not see it."""
    try:
        return await _rows(replica, "SHOW REPLICA STATUS")
    except DatabaseConnectionError:
        raise
    except DatabaseError:
        return []


def _behind(row: Mapping[str, Any]) -> float | None:
    named = {name.lower(): value for name, value in row.items()}
    value = next((named[name] for name in _BEHIND if name in named), None)
    try:
        seconds = math.nan if value is None else float(value)
    except (TypeError, ValueError):
        return None
    return seconds if seconds >= 0 else None


async def _rows(database: AsyncDatabase, sql: str) -> list[Mapping[str, Any]]:
    if not database.connected:
        raise OxydeError(f"database {database.name!r} is not connected")
    rows = await run(database._core().fetch_raw(sql, (), ()), database.host)
    found: list[Mapping[str, Any]] = rows.values(None).value()
    return found
