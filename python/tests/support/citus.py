"""A database of Citus, or one that looks like it: Debian has no package of the extension.

`OXYDE_TEST_CITUS_URL` names a database on the coordinator of a real cluster, with the extension;
the tests then run there, too, and drop their tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from support.servers import Postgres, Server

__all__ = ["CITUS", "EXTENSION", "CitusDatabase", "stand_in"]

CITUS = os.environ.get("OXYDE_TEST_CITUS_URL")

EXTENSION = (
    "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) "
    "SELECT 99999, 'citus', 10, 11, false, '1' "
    "WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"
)
_OBJECTS = {
    "TABLE pg_dist_partition": (
        '(logicalrelid regclass, partmethod "char", partkey text, repmodel "char")'
    ),
    "FUNCTION column_to_column_name(regclass, text)": ("RETURNS text LANGUAGE sql AS 'SELECT $2'"),
    "FUNCTION create_distributed_table(regclass, text)": (
        "RETURNS void LANGUAGE sql AS $$INSERT INTO pg_dist_partition VALUES ($1, 'h', $2, 's')$$"
    ),
    "FUNCTION create_reference_table(regclass)": (
        "RETURNS void LANGUAGE sql AS $$INSERT INTO pg_dist_partition VALUES ($1, 'n', NULL, 't')$$"
    ),
    "FUNCTION undistribute_table(regclass)": (
        "RETURNS void LANGUAGE sql AS 'DELETE FROM pg_dist_partition WHERE logicalrelid = $1'"
    ),
}


def stand_in(server: Server) -> Iterator[Server]:
    """Let a database of PostgreSQL look like one of Citus, for the time of a test."""
    server.execute(EXTENSION)
    for name, rest in _OBJECTS.items():
        server.execute(f"CREATE {name} {rest}")
        server.execute(f"ALTER EXTENSION citus ADD {name}")
    yield server
    for name in reversed(_OBJECTS):
        server.execute(f"ALTER EXTENSION citus DROP {name}")
        server.execute(f"DROP {name}")
    server.execute("DELETE FROM pg_extension WHERE extname = 'citus'")


class CitusDatabase(Postgres):
    """The database of a real cluster that the environment names."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def create(self) -> None:
        """It is there."""

    def empty(self) -> None:
        """Drop the tables, but not the extension."""
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for (name,) in self.execute(sql):
            self.execute(f'DROP TABLE IF EXISTS public."{name}" CASCADE')

    drop = empty

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement as another client."""
        return self._run(self.url, sql, values)
