"""What the server did for a case: pages or rows read, or the steps of the plan.

PostgreSQL and MySQL count for each session; the counters include cascades and triggers, and they do
not need the statements. SQLite has none that Python could reach: there the plans are summarized.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bench.plans.case import MARIADB, MYSQL, POSTGRES, SQLITE
from oxyde import OxydeError, atomic, execute_raw

UNITS = {POSTGRES: "pages", MYSQL: "rows", MARIADB: "rows", SQLITE: "plan"}
_PAGES = (
    "SELECT COALESCE(SUM(pg_stat_get_xact_blocks_fetched(oid)), 0)::bigint AS n FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
)
_EXPLAIN = {
    POSTGRES: "EXPLAIN",
    MYSQL: "EXPLAIN FORMAT=TREE",
    MARIADB: "EXPLAIN",
    SQLITE: "EXPLAIN QUERY PLAN",
}
# What matters in MariaDB's table.
_COLUMNS = ("id", "select_type", "table", "type", "key", "ref", "rows", "Extra")


@dataclass(frozen=True)
class Statement:
    """What a contender sent, with its values unless they are those of many rows."""

    sql: str
    values: Sequence[Any] | None


class Meter:
    """Counts from the moment it is made, in a transaction."""

    def __init__(self, kind: str, before: int, own: int) -> None:
        self._kind = kind
        self._before = before
        self._own = own

    @classmethod
    async def start(cls, kind: str) -> Meter:
        """Begin to count; what a reading costs itself is measured first."""
        if kind == SQLITE:
            return cls(kind, 0, 0)
        first = await _total(kind)
        second = await _total(kind)
        return cls(kind, second, second - first)

    async def read(self) -> int:
        """The pages or rows since the start; 0 on SQLite."""
        if self._kind == SQLITE:
            return 0
        return await _total(self._kind) - self._before - self._own


async def _total(kind: str) -> int:
    if kind == POSTGRES:
        [row] = await execute_raw(_PAGES)
        return int(row["n"])
    rows = await execute_raw("SHOW SESSION STATUS LIKE 'Handler_read%'")
    return sum(int(row["Value"]) for row in rows)


async def explain(kind: str, statement: Statement) -> list[str]:
    """The lines of the server's plan for a statement; none if its values are not known."""
    if statement.values is None:
        return []
    try:
        async with atomic():  # a savepoint: the transaction continues after an error
            rows = await execute_raw(f"{_EXPLAIN[kind]} {statement.sql}", statement.values)
    except OxydeError as error:
        # Values in the form in which Oxyde sends them, JSON as text, do not fit every placeholder.
        return [f"no plan: {error}"]
    if kind == MARIADB:
        return [", ".join(f"{name} {row[name]}" for name in _COLUMNS if row[name]) for row in rows]
    if kind == SQLITE:
        return [str(row["detail"]) for row in rows]
    return [line for row in rows for line in str(*row.values()).splitlines()]


def summary(plans: Sequence[Sequence[str]]) -> str:
    """The scans and searches in SQLite's plans: "scan post, 2 searches"."""
    scans: Counter[str] = Counter()
    searches = 0
    for line in chain.from_iterable(plans):
        verb, _, rest = line.partition(" ")
        if verb == "SCAN" and not rest.startswith("CONSTANT"):
            scans[rest.split()[0]] += 1
        searches += verb == "SEARCH"
    parts = [
        f"scan {name}" if count == 1 else f"{count} × scan {name}" for name, count in scans.items()
    ]
    parts += [f"{searches} search{'es' if searches > 1 else ''}"] if searches else []
    return ", ".join(parts) or "–"
