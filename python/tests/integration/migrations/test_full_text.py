"""A full-text index through its life: made, kept while the table changes, renamed, dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from oxyde import Field, Index, Model


class Page(Model):
    id: int | None = Field(default=None, db_pk=True)
    {title}: str
    body: str | None = None
    {more}

    class Meta:
        is_table = True
        table_name = "{table}"
        indexes = [{indexes}]
"""
AGREE = "Models, migrations and database agree.\n"


def models(
    title: str = "title", more: str = "", table: str = "pages", index: str = "pages_search"
) -> str:
    declared = f'Index("{title}", "body", method="fulltext", name="{index}")' if index else ""
    return MODELS.format(title=title, more=more, table=table, indexes=declared)


def found(server: Server, table: str, index: str, word: str) -> list[int]:
    sql = {
        "postgres": f"SELECT id FROM {table} WHERE to_tsvector('simple', COALESCE(body, ''))"
        f" @@ to_tsquery('simple', '{word}') ORDER BY id",
        "sqlite": f"SELECT rowid FROM {index} WHERE {index} MATCH '{word}' ORDER BY rowid",
    }.get(
        server.flavour,
        f"SELECT id FROM {table} WHERE MATCH ({index}_words) AGAINST ('{word}') ORDER BY id",
    )
    return [row[0] for row in server.execute(sql)]


def test_its_life(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)

    def move(text: str, *arguments: str) -> None:
        write_models(project, text)
        oxyde.ok("makemigrations", *arguments)
        oxyde.ok("migrate")
        assert oxyde.ok("check") == AGREE

    # Rows that are there before the index, too.
    move(models(index=""))
    server.execute("INSERT INTO pages (title, body) VALUES ('Old', 'a Heron stands')")
    move(models())
    server.execute("INSERT INTO pages (title, body) VALUES ('New', 'a heron flies')")
    assert found(server, "pages", "pages_search", "heron") == [1, 2]
    # Builds the table anew on SQLite.
    more = (
        'seen: int = Field(db_default="7")\n'
        "    place: int | None = Field(default=None, db_unique=True)"
    )
    move(models(more=more))
    assert found(server, "pages", "pages_search", "heron") == [1, 2]
    server.execute("INSERT INTO pages (title, body) VALUES ('Third', 'herons and a heron')")
    server.execute("UPDATE pages SET body = 'gone' WHERE id = 1")
    assert found(server, "pages", "pages_search", "heron") == [2, 3]
    move(models("heading", more), "--rename", "pages.title:pages.heading")
    assert found(server, "pages", "pages_search", "heron") == [2, 3]
    move(models("heading", more, "leaves"), "--rename", "pages:leaves")
    server.execute("DELETE FROM leaves WHERE id = 2")
    assert found(server, "leaves", "pages_search", "heron") == [3]
    write_models(project, models("heading", more, "leaves", "leaves_search"))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == AGREE
    assert found(server, "leaves", "leaves_search", "heron") == [3]
    written = oxyde.ok("inspectdb")
    assert 'Index("heading", "body", name="leaves_search", method="fulltext")' in written
    move(models("heading", more, "leaves", index=""))
    oxyde.ok("migrate", "0002")
    assert found(server, "pages", "pages_search", "heron") == [3]
    oxyde.ok("migrate", "zero")
    if server.flavour == "sqlite":
        left = "SELECT name FROM sqlite_master WHERE name LIKE '%search%'"
        assert server.execute(left) == []


@pytest.mark.databases("sqlite")
def test_other_virtual_tables_are_ignored(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    server.execute("CREATE VIRTUAL TABLE notes USING fts5(text)")
    write_models(project, models())
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == AGREE
    assert "notes" not in oxyde.ok("inspectdb")
