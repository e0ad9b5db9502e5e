"""A thousand tables: the time grows with their number, not with its square."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.oxyde_command import Command
from support.servers import Server

pytestmark = pytest.mark.databases("sqlite")

COUNT = 1000

TABLE = """
[[operations]]
op = "create_table"
name = "t{number}"
primary_key = ["id"]
columns = [
    {{ name = "id", type = "big_int", nullable = false, auto_increment = true }},
    {{ name = "name", type = {{ varchar = {{ length = 50 }} }}, nullable = false }},
    {{ name = "kind", nullable = true, \
       type = {{ enum = {{ name = "kind_{number}", values = ["a"] }} }} }},
    {{ name = "last_id", type = "big_int", nullable = true }},
]
indexes = [{{ name = "t{number}_last_id_idx", parts = [{{ column = "last_id" }}] }}]
foreign_keys = [
    {{ name = "t{number}_last_id_fkey", columns = ["last_id"], target_table = "t{last}", \
       target_columns = ["id"], on_delete = "cascade", on_update = "no_action" }},
]
"""

LONGER = """
[[operations]]
op = "alter_column"
table = "t{number}"
column = {{ name = "name", type = {{ varchar = {{ length = 60 }} }}, nullable = false }}
"""


def seconds(oxyde: Command, *arguments: str) -> float:
    """The processor time of a command."""
    before = os.times()
    oxyde.ok(*arguments)
    after = os.times()
    return after.children_user - before.children_user


def test_lint_and_rebuilds(server: Server, project: Path) -> None:
    folder = project / "migrations"
    folder.mkdir()
    tables = (TABLE.format(number=number, last=max(number - 1, 0)) for number in range(COUNT))
    (folder / "0001_tables.toml").write_text("".join(tables))
    longer = "".join(LONGER.format(number=number) for number in range(COUNT))
    (folder / "0002_longer.toml").write_text('depends_on = ["0001_tables"]\n' + longer)
    oxyde = Command("native", project, server.url)
    # The bounds are for a build without optimisation.
    for dialect in ("sqlite", "postgres", "mysql"):
        assert seconds(oxyde, "lint", "0001", "--dialect", dialect) < 5
    assert seconds(oxyde, "lint", "--allow", "sqlite-rebuild") < 5
    oxyde.ok("migrate", "0001")
    server.execute("INSERT INTO t7 (id, name) VALUES (7, 'kept')")
    assert seconds(oxyde, "migrate") < 10
    assert server.execute("SELECT id, name FROM t7") == [(7, "kept")]
