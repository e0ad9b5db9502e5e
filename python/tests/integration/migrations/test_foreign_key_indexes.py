"""Foreign keys get an index; projects from before that get a migration that adds them."""

from __future__ import annotations

import re
from pathlib import Path

from support.oxyde_command import Command, write_models
from support.servers import Server

BLOG = """
from oxyde import Field, Model


class Author(Model):
    id: int | None = Field(default=None, db_pk=True)

    class Meta:
        is_table = True
        table_name = "authors"


class Post(Model):
    id: int | None = Field(default=None, db_pk=True)
    author: Author = Field(db_on_delete="CASCADE"{options})
    editor: Author | None = Field(default=None{options})
    {field}

    class Meta:
        is_table = True
        table_name = "posts"
"""
INDEXES = {"posts_author_id_idx", "posts_editor_id_idx"}


def _models(oxyde: Command, *, indexed: bool, field: str = "pass") -> None:
    options = "" if indexed else ", db_index=False"
    write_models(oxyde.folder, BLOG.format(options=options, field=field))


def _indexes(server: Server) -> set[str]:
    queries = {
        "postgres": "SELECT indexname FROM pg_indexes WHERE tablename = 'posts'",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'posts'",
    }
    rows = server.execute(
        queries.get(
            server.flavour,
            "SELECT DISTINCT index_name FROM information_schema.statistics "
            "WHERE table_schema = DATABASE() AND table_name = 'posts'",
        )
    )
    return {str(name) for (name,) in rows} - {"PRIMARY", "pk_posts"}


def _settled(oxyde: Command) -> None:
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")


def test_a_new_table_has_them(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    _models(oxyde, indexed=True)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert _indexes(server) == INDEXES
    assert "foreign-key-without-index" not in oxyde.run("lint").out
    _settled(oxyde)


def test_an_old_project_gets_them_in_a_migration_of_their_own(
    server: Server, project: Path, host: str
) -> None:
    oxyde = Command(host, project, server.url)
    _models(oxyde, indexed=False)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO authors (id) VALUES (1)")
    server.execute("INSERT INTO posts (id, author_id) VALUES (1, 1)")
    before = _indexes(server)
    _models(oxyde, indexed=True, field="title: str | None = None")
    said = oxyde.ok("makemigrations")
    assert re.findall(r"wrote migrations/(\S+)\.toml", said) == [
        "0002_add_posts_title",
        "0003_index_posts",
    ]
    written = (project / "migrations" / "0003_index_posts.toml").read_text()
    assert written.count("concurrently = true") == 2
    assert "concurrently" not in oxyde.run("lint").out
    oxyde.ok("migrate")
    assert _indexes(server) == INDEXES
    _settled(oxyde)
    oxyde.ok("migrate", "0001")
    assert _indexes(server) == before
    oxyde.ok("migrate")
    assert _indexes(server) == INDEXES
    assert server.execute("SELECT author_id FROM posts") == [(1,)]


def test_inspected_models_refuse_an_index_that_is_not_there(
    server: Server, project: Path, host: str
) -> None:
    oxyde = Command(host, project, server.url)
    _models(oxyde, indexed=False)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    written = oxyde.ok("inspectdb")
    assert written.count("db_index=False") == 2
    write_models(project, written)
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    _models(oxyde, indexed=True)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    written = oxyde.ok("inspectdb")
    assert "db_index" not in written
    write_models(project, written)
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
