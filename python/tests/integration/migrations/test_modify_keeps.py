"""MySQL and MariaDB define a column again for each change of it: what only they know stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

pytestmark = pytest.mark.databases("mysql", "mariadb")

MODELS = """
from __future__ import annotations

from datetime import datetime

from oxyde import Field, Model


class Entry(Model):
    id: int | None = Field(default=None, db_pk=True)
    at: datetime{null}
    name: str = Field(max_length={length})
    size: int = Field(db_type="{size}")
    twice: {twice}

    class Meta:
        is_table = True
        table_name = "entries"
"""

OPEN = {"null": " | None = None", "length": "9", "size": "INT", "twice": "int | None = None"}


def definition(server: Server) -> str:
    [(_, sql)] = server.execute("SHOW CREATE TABLE entries")
    return str(sql).lower()


def line(server: Server, column: str) -> str:
    """The definition of a column."""
    return next(part for part in definition(server).splitlines() if f"`{column}`" in part)


def test_what_only_the_server_knows(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    write_models(project, MODELS.format(**OPEN))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    for change in (
        "at datetime(6) NULL ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'it''s, here'",
        "name varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL DEFAULT 'x'",
        "size int NOT NULL INVISIBLE DEFAULT 3",
        "twice bigint GENERATED ALWAYS AS (size * 2) STORED",
    ):
        server.execute(f"ALTER TABLE entries MODIFY COLUMN {change}")
    server.execute("INSERT INTO entries (id, size) VALUES (1, 5)")
    write_models(
        project, MODELS.format(null="", length="20", size="BIGINT", twice="float | None = None")
    )
    oxyde.ok("makemigrations", "--fill", "entries.at='2020-01-01'")
    oxyde.ok("migrate")
    assert "on update current_timestamp(6)" in line(server, "at")
    assert "not null" in line(server, "at")
    assert "comment 'it''s, here'" in line(server, "at")
    assert "varchar(20)" in line(server, "name")
    assert "latin1_swedish_ci" in line(server, "name")
    assert "default 'x'" in line(server, "name")
    assert "bigint" in line(server, "size")
    assert "invisible" in line(server, "size")
    assert "double" in line(server, "twice")
    assert "generated always as" in line(server, "twice")
    assert server.execute("SELECT name, size, twice FROM entries") == [("x", 5, 10.0)]
    server.execute("INSERT INTO entries (id, at) VALUES (2, '2021-01-01')")


@pytest.mark.databases("mariadb")
def test_the_check_of_a_column(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    write_models(project, MODELS.format(**OPEN))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("ALTER TABLE entries MODIFY COLUMN size int NOT NULL CHECK (size > 2)")
    write_models(project, MODELS.format(**{**OPEN, "size": "BIGINT"}))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert "check (`size` > 2)" in line(server, "size")
