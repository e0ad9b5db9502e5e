"""Columns of `auto_now`, `auto_now_add` and `Meta.version` have defaults of the database: they are
added to tables with rows, and other programs insert without them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

LINES = """
from __future__ import annotations

from datetime import date, datetime, time

from pydantic import AwareDatetime

from oxyde import Field, Model


class Letter(Model):
    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20){more}

    class Meta:
        is_table = True
        table_name = "auto_letters"{options}
"""
MORE = """
    written: AwareDatetime = Field(auto_now_add=True)
    changed: datetime = Field(auto_now=True)
    day: date = Field(auto_now_add=True)
    hour: time | None = Field(default=None, auto_now=True)
    edition: int = 1"""
ROWS = "SELECT code, edition FROM auto_letters ORDER BY id"


@pytest.fixture
def letters(server: Server, project: Path, host: str) -> Command:
    oxyde = Command(host, project, server.url)
    write_models(project, LINES.format(more="", options=""))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO auto_letters (id, code) VALUES (1, 'a')")
    return oxyde


def test_they_are_added_to_a_table_with_rows(
    letters: Command, server: Server, project: Path
) -> None:
    write_models(project, LINES.format(more=MORE, options='\n        version = "edition"'))
    letters.ok("makemigrations")
    letters.ok("migrate")
    assert letters.ok("makemigrations", "--check").startswith("No changes")
    assert "agree" in letters.ok("check")
    server.execute("INSERT INTO auto_letters (id, code) VALUES (2, 'b')")
    filled = "written IS NOT NULL AND changed IS NOT NULL AND day IS NOT NULL AND hour IS NOT NULL"
    assert server.execute(f"SELECT count(*) FROM auto_letters WHERE {filled}") == [(2,)]
    assert server.execute(ROWS) == [("a", 1), ("b", 1)]
    assert letters.ok("inspectdb").count("db_default=") >= 5
    letters.ok("migrate", "0001")
    letters.ok("migrate")
    assert server.execute(ROWS) == [("a", 1), ("b", 1)]
