"""A migration that stopped in the middle is taken back: its complete steps are reversed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command
from support.servers import Server

pytestmark = pytest.mark.databases("mysql", "mariadb")

THINGS = """
[[operations]]
op = "create_table"
name = "things"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "name", type = { varchar = { length = 20 } }, nullable = true },
]
"""

MORE = """
depends_on = ["0001_things"]

[[operations]]
op = "add_column"
table = "things"
column = { name = "extra", type = "big_int", nullable = true }

[[operations]]
op = "run_sql"
up = "UPDATE things SET name = concat(name, '!')"
down = "UPDATE things SET name = replace(name, '!', '')"

[[operations]]
op = "add_unique"
table = "things"
unique = { name = "things_name_key", columns = ["name"] }

[[operations]]
op = "create_table"
name = "others"
primary_key = ["id"]
columns = [{ name = "id", type = "big_int", nullable = false }]
"""


def stopped(server: Server, project: Path) -> Command:
    """A project whose second migration stopped at its third step."""
    oxyde = Command("native", project, server.url)
    folder = project / "migrations"
    folder.mkdir()
    (folder / "0001_things.toml").write_text(THINGS)
    oxyde.ok("migrate")
    server.execute("INSERT INTO things (name) VALUES ('a'), ('a')")
    (folder / "0002_more.toml").write_text(MORE)
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert "2 of its 4 steps were applied" in answer.err
    assert "or migrate to the one before it to take them back" in answer.err
    return oxyde


def columns(server: Server) -> list[object]:
    found = server.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND table_name = 'things' ORDER BY ordinal_position"
    )
    return [name for (name,) in found]


def test_the_complete_steps_are_reversed(server: Server, project: Path) -> None:
    oxyde = stopped(server, project)
    assert "reverse 0002_more" in oxyde.ok("migrate", "0001", "--plan")
    assert "reversed" in oxyde.ok("migrate", "0001")
    assert columns(server) == ["id", "name"]
    assert server.execute("SELECT name FROM things") == [("a",), ("a",)]
    assert server.execute("SELECT name FROM oxyde_migrations") == [("0001_things",)]
    server.execute("UPDATE things SET name = 'b' WHERE id = 2")
    oxyde.ok("migrate")
    assert server.execute("SELECT name FROM things ORDER BY id") == [("a!",), ("b!",)]


@pytest.mark.parametrize("done", [True, False])
def test_a_run_that_was_killed(server: Server, project: Path, done: bool) -> None:
    oxyde = stopped(server, project)
    # Nobody knows whether the server completed the step that was running.
    server.execute("UPDATE things SET name = 'b' WHERE id = 2")
    if done:
        server.execute("ALTER TABLE things ADD CONSTRAINT things_name_key UNIQUE (name)")
    server.execute("UPDATE oxyde_migrations SET begun = 1 WHERE name = '0002_more'")
    oxyde.ok("migrate", "0001")
    assert columns(server) == ["id", "name"]
    keys = "SELECT count(*) FROM information_schema.statistics WHERE table_schema = DATABASE() \
            AND index_name = 'things_name_key'"
    assert server.execute(keys) == [(0,)]
    assert oxyde.ok("migrate").startswith("applied")


def test_a_reversal_that_stops_goes_on_in_either_direction(server: Server, project: Path) -> None:
    oxyde = stopped(server, project)
    # The column is gone already, so the reversal of its operation fails.
    server.execute("ALTER TABLE things DROP COLUMN extra")
    answer = oxyde.run("migrate", "0001")
    assert answer.code == 1
    state = server.execute("SELECT state, step FROM oxyde_migrations WHERE name = '0002_more'")
    assert state == [("applying", 1)]
    assert server.execute("SELECT name FROM things") == [("a",), ("a",)]
    server.execute("ALTER TABLE things ADD COLUMN extra BIGINT")
    server.execute("UPDATE things SET name = 'b' WHERE id = 2")
    oxyde.ok("migrate")
    assert server.execute("SELECT name FROM things ORDER BY id") == [("a!",), ("b!",)]
    oxyde.ok("migrate", "zero")
