"""`oxyde.testing.migration_round_trip`: up, down and up again, with rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.oxyde_command import EXAMPLE
from support.servers import Server

from oxyde import OxydeError, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.migrations import MigrationError
from oxyde.testing import migration_round_trip

USERS = """
depends_on = []

[[operations]]
op = "create_table"
name = "users"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false },
    { name = "name", type = { varchar = { length = 20 } }, nullable = true },
]
"""

STEP = """
depends_on = ["0001_users"]

[[operations]]
{operation}
"""


def folder_of(tmp_path: Path, operation: str) -> Path:
    """A folder with a table, and a second migration of one operation."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_users.toml").write_text(USERS)
    (folder / "0002_step.toml").write_text(STEP.format(operation=operation))
    (tmp_path / "oxyde.toml").write_text('migrations = "migrations"\n')
    return folder


async def fill(database: AsyncDatabase, name: str) -> None:
    """Add two users to the table."""
    first = 1 if name.startswith("0001") else 3
    for number in (first, first + 1):
        await execute_raw(f"INSERT INTO users (id, name) VALUES ({number}, 'x')", client=database)


async def trip(server: Server, folder: Path, **options: Any) -> list[str]:
    config = folder.parent / "oxyde.toml"
    return await migration_round_trip(server.url, migrations=folder, config=config, **options)


async def test_a_project_whose_migrations_are_right(server: Server) -> None:
    filled: list[str] = []

    async def fill(database: AsyncDatabase, name: str) -> None:
        filled.append(name)
        if name == "0001_initial":
            await execute_raw(
                "INSERT INTO customers (id, name, email) VALUES (1, 'Ada', 'ada@example.com')",
                client=database,
            )

    config = EXAMPLE / "oxyde.toml"
    names = await migration_round_trip(
        server.url, migrations=EXAMPLE / "migrations", config=config, fill=fill
    )
    assert names == filled == sorted(names)
    assert len(names) >= 10
    assert server.execute("SELECT name FROM customers") == [("Ada",)]


async def test_a_column_that_is_dropped_and_returns(server: Server, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 'op = "drop_column"\ntable = "users"\nname = "name"')

    async def first(database: AsyncDatabase, name: str) -> None:
        if name == "0001_users":
            await fill(database, name)

    assert await trip(server, folder, fill=first) == ["0001_users", "0002_step"]


async def test_a_rollback_that_does_something_else(server: Server, tmp_path: Path) -> None:
    operation = 'op = "run_sql"\nup = "CREATE TABLE more (id INTEGER PRIMARY KEY)"\ndown = ""'
    folder = folder_of(tmp_path, operation)
    with pytest.raises(OxydeError, match=r"(?s)after `0002_step` was reversed.*\+class More"):
        await trip(server, folder)


async def test_rows_that_are_lost(server: Server, tmp_path: Path) -> None:
    operation = 'op = "run_sql"\nup = ""\ndown = "DELETE FROM users"'
    folder = folder_of(tmp_path, operation)
    with pytest.raises(OxydeError, match=r"2 of 2 rows of `users` changed: \[\{'id': '1'"):
        await trip(server, folder, fill=fill)


async def test_what_cannot_be_reversed(server: Server, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 'op = "run_sql"\nup = "SELECT 1"')
    assert await trip(server, folder, one_way=["0002_step"]) == ["0001_users", "0002_step"]
    with pytest.raises(OxydeError, match="needs an empty database"):
        await trip(server, folder)


@pytest.mark.databases("sqlite")
async def test_what_is_refused(server: Server, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 'op = "run_sql"\nup = "SELECT 1"')
    with pytest.raises(OxydeError, match="there is no migration `0003_nope`"):
        await trip(server, folder, one_way=["0003_nope"])
    with pytest.raises(MigrationError, match="0002_step"):
        await trip(server, folder)
