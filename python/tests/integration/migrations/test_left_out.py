"""`baseline` says line by line what no migration can create."""

from __future__ import annotations

from pathlib import Path

from support.oxyde_command import Command
from support.servers import Server

MADE = {
    "postgres": [
        "CREATE FUNCTION half(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 5'",
        "CREATE TYPE shade AS (n integer)",
        "CREATE FUNCTION dark(shade) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1.n'",
        "CREATE CAST (shade AS integer) WITH FUNCTION dark(shade)",
        "CREATE OPERATOR !!! (RIGHTARG = integer, FUNCTION = half)",
        "CREATE PUBLICATION all_people FOR TABLE people",
        "CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple)",
        "CREATE TYPE span AS RANGE (SUBTYPE = integer)",
        "GRANT SELECT ON people TO PUBLIC",
    ],
    "mysql": [],
    "mariadb": ["CREATE SEQUENCE numbers"],
    "sqlite": [
        "CREATE VIRTUAL TABLE words USING fts5(text)",
        "PRAGMA user_version = 7",
    ],
}

SAID = {
    "postgres": [
        "cast (shade AS integer)",
        "operator !!!(NONE,integer)",
        "privileges on people",
        "publication all_people",
        "text search configuration plain",
        "type span",
    ],
    "mysql": [],
    "mariadb": ["sequence numbers"],
    "sqlite": ["PRAGMA user_version = 7", "virtual table words"],
}


def test_what_no_migration_creates(server: Server, project: Path) -> None:
    server.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20))")
    for sql in MADE[server.flavour]:
        server.execute(sql)
    said = Command("native", project, server.url).ok("baseline")
    listed = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    # The test's database has settings of its own.
    others = [line for line in listed if not line.startswith("setting ")]
    assert others == SAID[server.flavour]
    assert ("Left out, since no migration can create it:" in said) == bool(listed)
