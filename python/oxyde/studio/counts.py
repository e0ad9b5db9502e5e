"""How many rows a table has, without counting millions: small tables are counted, of large ones the
server's own estimate is shown."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from oxyde import atomic, execute_raw
from oxyde.exceptions import DatabaseConnectionError, DatabaseError, OxydeError
from oxyde.models.manager import manager_of
from oxyde.studio.tables import Table

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase

__all__ = ["Count", "bounded", "count_all", "count_of"]

# Up to so many rows are counted.
LIMIT = 10_000
# Seconds that a count, and all counts of a page, may take.
_TIMEOUT = 2.0
_TOGETHER = 4.0

_MYSQL = """
SELECT table_schema AS schema_name, table_name AS table_name, table_rows AS row_count,
       table_schema = DATABASE() AS own
FROM information_schema.tables WHERE table_rows > 0
"""
# What each server estimates; SQLite has the table only after ANALYZE.
_ESTIMATES = {
    "postgres": """
SELECT n.nspname AS schema_name, c.relname AS table_name, c.reltuples::bigint AS row_count,
       pg_table_is_visible(c.oid) AS own
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.reltuples > 0
""",
    "sqlite": """
SELECT 'main' AS schema_name, tbl AS table_name, CAST(stat AS INTEGER) AS row_count, 1 AS own
FROM sqlite_stat1
""",
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}


class Count(NamedTuple):
    """A number of rows.

    Attributes:
        rows: the number; None if it is not known.
        exact: whether it was counted; otherwise it is the server's estimate, or a lower bound.
        at_least: whether there are more.
        error: why there is none, or None.
    """

    rows: int | None = None
    exact: bool = False
    at_least: bool = False
    error: str | None = None

    def __str__(self) -> str:
        if self.rows is None:
            return "?"
        if self.at_least:
            return f"more than {self.rows:,}"
        return f"{self.rows:,}" if self.exact else f"≈ {self.rows:,}"


async def bounded(query: Any, limit: int = LIMIT) -> Count:
    """Count the rows of a query up to a limit.

    Raises:
        OxydeError: the database refuses the query.
    """
    found: int = await query.limit(limit + 1).count()
    return Count(limit, at_least=True) if found > limit else Count(found, exact=True)


async def count_of(database: AsyncDatabase, table: Table) -> Count:
    """The number of rows of a table."""
    estimates = await _estimates(database)
    return await _count(database, table, estimates.get(table.name))


async def count_all(database: AsyncDatabase, tables: Iterable[Table]) -> dict[str, Count]:
    """The numbers of rows of tables by name. What takes too long is left out."""
    estimates = await _estimates(database)
    until = time.monotonic() + _TOGETHER
    found: dict[str, Count] = {}
    for table in tables:
        estimate = estimates.get(table.name)
        if time.monotonic() > until:
            found[table.name] = Count(estimate)
        else:
            found[table.name] = await _count(database, table, estimate)
    return found


async def _count(database: AsyncDatabase, table: Table, estimate: int | None) -> Count:
    if estimate is not None and estimate > LIMIT:
        return Count(estimate)
    try:
        async with atomic(client=database, read_only=True, timeout=_TIMEOUT) as block:
            return await bounded(manager_of(table.model).client(block))
    except TimeoutError:
        return Count(estimate)
    except OxydeError as error:
        return Count(error=str(error))


async def _estimates(database: AsyncDatabase) -> dict[str, int]:
    """The server's estimates by table; those of the connection's own schema without it, too."""
    try:
        async with atomic(client=database, read_only=True) as block:
            rows = await execute_raw(_ESTIMATES[database.backend], client=block)
    except DatabaseConnectionError:
        raise
    except DatabaseError:
        return {}
    found: dict[str, int] = {}
    for row in rows:
        found[f"{row['schema_name']}.{row['table_name']}"] = int(row["row_count"])
        if row["own"]:
            found[row["table_name"]] = int(row["row_count"])
    return found
