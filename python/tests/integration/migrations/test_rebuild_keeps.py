"""SQLite's rebuilds keep what only the database has, or refuse before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

pytestmark = pytest.mark.databases("sqlite")

MODELS = """
from __future__ import annotations

from oxyde import Field, Model


class Entry(Model):
    id: int | None = Field(default=None, db_pk=True)
    n: {type} = 0
    name: str = Field(max_length=9){more}

    class Meta:
        is_table = True
        table_name = "entries"
"""

MADE = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    extra TEXT DEFAULT 'keep' COLLATE NOCASE CHECK (extra <> 'bad'),
    n INTEGER NOT NULL DEFAULT (7) CONSTRAINT small CHECK (n < 100),
    name VARCHAR(9) NOT NULL COLLATE NOCASE,
    doubled AS (n * 2) STORED,
    CHECK (name <> 'nobody')
){options}
"""


def prepared(server: Server, project: Path, options: str = "") -> Command:
    """A table with more than its model says, one row, and a pending change of `n` to float."""
    oxyde = Command("native", project, server.url)
    write_models(project, MODELS.format(type="int", more=""))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("DROP TABLE entries")
    made = MADE.format(options=options)
    if options:
        made = made.replace("VARCHAR(9)", "TEXT").replace(" AS (n", " INTEGER AS (n")
    server.execute(made)
    server.execute("CREATE INDEX entries_extra ON entries (extra) WHERE n > 0")
    server.execute("INSERT INTO entries (id, extra, n, name) VALUES (1, 'mine', 3, 'a')")
    return oxyde


def refuses(server: Server, sql: str) -> bool:
    """Whether the database refuses a statement."""
    try:
        server.execute(sql)
    except Exception as error:
        assert "constraint failed" in str(error) or "cannot store" in str(error), error
        return True
    return False


def change(project: Path, oxyde: Command, type: str = "float", more: str = "") -> None:
    write_models(project, MODELS.format(type=type, more=more))
    assert oxyde.run("makemigrations", "--yes").code == 0


@pytest.mark.parametrize("options", ["", " STRICT"])
def test_columns_rules_and_defaults_stay(server: Server, project: Path, options: str) -> None:
    oxyde = prepared(server, project, options)
    change(project, oxyde)
    oxyde.ok("migrate")
    assert server.execute("SELECT * FROM entries") == [(1, "mine", 3.0, "a", 6)]
    server.execute("INSERT INTO entries (name) VALUES ('b')")
    assert server.execute("SELECT extra, n, doubled FROM entries WHERE name = 'B'") == [
        ("keep", 7.0, 14)
    ]
    assert server.execute("SELECT count(*) FROM entries WHERE extra = 'KEEP'") == [(1,)]
    assert refuses(server, "INSERT INTO entries (name, extra) VALUES ('c', 'bad')")
    assert refuses(server, "INSERT INTO entries (name, n) VALUES ('c', 100)")
    assert refuses(server, "INSERT INTO entries (name) VALUES ('nobody')")
    [(sql,)] = server.execute("SELECT sql FROM sqlite_master WHERE name = 'entries'")
    assert str(sql).endswith(f"){options}")
    indexes = server.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE INDEX%'")
    assert indexes == [("entries_extra",)]
    # A second rebuild repeats what the first one wrote.
    change(project, oxyde, "int")
    oxyde.ok("migrate")
    assert server.execute("SELECT extra, n, doubled FROM entries WHERE id = 1") == [("mine", 3, 6)]
    assert refuses(server, "INSERT INTO entries (name, extra) VALUES ('c', 'bad')")


def test_without_rowid(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    write_models(project, MODELS.format(type="int", more=""))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("DROP TABLE entries")
    server.execute(
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, "
        "name VARCHAR(9) NOT NULL) WITHOUT ROWID"
    )
    server.execute("INSERT INTO entries (id, n, name) VALUES (1, 2, 'a')")
    change(project, oxyde)
    oxyde.ok("migrate")
    [(sql,)] = server.execute("SELECT sql FROM sqlite_master WHERE name = 'entries'")
    assert str(sql).endswith("WITHOUT ROWID")
    assert server.execute("SELECT id, n, name FROM entries") == [(1, 2.0, "a")]


def test_a_rule_that_uses_a_dropped_column(server: Server, project: Path) -> None:
    oxyde = prepared(server, project)
    text = MODELS.format(type="float", more="")
    write_models(project, text.replace("    name: str = Field(max_length=9)\n", ""))
    assert oxyde.run("makemigrations", "--yes").code == 0
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert "`CHECK (name <> 'nobody')`" in answer.err or "no such column" in answer.err
    assert server.execute("SELECT n, name FROM entries") == [(3, "a")]


def test_a_column_that_is_there_already(server: Server, project: Path) -> None:
    oxyde = prepared(server, project)
    write_models(project, MODELS.format(type="float", more="\n    extra: str | None = None"))
    oxyde.ok("makemigrations")
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert "extra" in answer.err
    assert server.execute("SELECT extra, n FROM entries") == [("mine", 3)]
