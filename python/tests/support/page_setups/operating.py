"""The project of docs/operating.md: posts with authors, and reports in a database of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.project_page import Project

FILES = {
    "shop/models.py": """\
from oxyde import Field, Model


class Author(Model):
    class Meta:
        is_table = True
        table_name = "authors"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Post(Model):
    class Meta:
        is_table = True
        table_name = "posts"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    author: Author | None = None
""",
    "reports/models.py": """\
from oxyde import Field, Model


class Report(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
""",
}


POSTS = (
    "INSERT INTO posts (title, author_id) SELECT 'Post ' || n, 1 FROM generate_series(1, 30000) n"
)
AUTHOR = "    author: Author | None = None\n"
SLUG = "    slug: str | None = Field(default=None, db_index=True)\n"


def deploying(project: Project) -> Iterator[None]:
    project.oxyde("makemigrations")
    project.oxyde("migrate")
    for statement in ("INSERT INTO authors (name) VALUES ('Ann'), ('Bob')", POSTS, "ANALYZE"):
        project.sql(statement)
    project.edit("shop/models.py", AUTHOR, AUTHOR + SLUG)
    project.oxyde("makemigrations", "--name", "slug")
    yield


def several_databases_and_tenants(project: Project) -> Iterator[None]:
    project.oxyde("makemigrations", "--database", "reports")
    yield
    project.sql("CREATE TABLE tenants (name TEXT)")
    project.sql("INSERT INTO tenants VALUES ('tenant_1'), ('tenant_2')")
    yield
    yield
    for number in (3, 4):
        project.oxyde("create-database", "--schema", f"tenant_{number}")
    for number in (1, 2, 3):
        project.oxyde("migrate", "0001", "--schema", f"tenant_{number}")
    project.oxyde("migrate", "--schema", "tenant_4")
    project.sql("ALTER TABLE tenant_2.posts ADD COLUMN slug TEXT")
    yield


def rows_fixtures_and_seeds(project: Project) -> Iterator[None]:
    project.sql("DELETE FROM posts WHERE id > 2")
    yield
