"""Pages that make a project: its files are written, its commands run, what they print compared."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from support.fences import fences
from support.project_page import ROOT, Project, is_file
from support.servers import Server, SqliteFile

DOCS = ROOT / "docs"
TUTORIAL = (
    "index",
    "models",
    "relations",
    "pages",
    "errors",
    "transactions",
    "tests",
    "migrations",
    "container",
)
# The pages of a project, the application that `curl` asks, and how many commands there are.
PROJECTS: dict[str, tuple[list[str], str | None, int]] = {
    "index": (["docs/index"], None, 1),
    "start": (["docs/start"], None, 7),
    "tutorial": ([f"docs/tutorial/{name}" for name in TUTORIAL], "library.app:app", 35),
    "migrations": (["docs/migrations"], None, 20),
    "typing": (["docs/typing"], None, 3),
    "operations": (["docs/reference/operations"], None, 1),
}
ON_POSTGRES = {"docs/adopting": 5, "docs/operating": 20, "docs/tenants": 6}
ON_EACH_DATABASE = {"docs/testing": 3}
# The section of docs/migrations about servers whose migrations are not one transaction.
ON_MYSQL = "a_failed_step_on_mysql_and_mariadb"
FOLLOWED = {
    *(page for pages, _, _ in PROJECTS.values() for page in pages),
    *ON_POSTGRES,
    *ON_EACH_DATABASE,
}


def environment(**variables: str) -> dict[str, str]:
    """That of a new terminal: nothing is configured, and no file is left behind."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    plain = {"NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "."}
    return {**kept, **plain, **variables}


@pytest.mark.parametrize("name", PROJECTS)
def test_following_the_pages(name: str, tmp_path: Path) -> None:
    pages, app, commands = PROJECTS[name]
    project = Project(tmp_path, environment(), app)
    done = [project.follow(ROOT / f"{page}.md", without=[ON_MYSQL]) for page in pages]
    assert sum(done) >= commands


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("page", ON_POSTGRES)
def test_following_a_page_on_postgres(page: str, server: Server, tmp_path: Path) -> None:
    variables = environment(DATABASE_URL=server.url, REPORTS_URL="sqlite:///reports.db")
    project = Project(tmp_path, variables, server=server)
    assert project.follow(ROOT / f"{page}.md") >= ON_POSTGRES[page]


@pytest.mark.databases("mysql")
def test_a_section_on_mysql(server: Server, tmp_path: Path) -> None:
    project = Project(tmp_path, environment(DATABASE_URL=server.url), server=server)
    assert project.follow(DOCS / "migrations.md", sections=[ON_MYSQL]) == 2


@pytest.mark.parametrize("page", ON_EACH_DATABASE)
def test_following_a_page_on_each_database(page: str, server: Server, tmp_path: Path) -> None:
    url = "sqlite:///shop.db" if isinstance(server, SqliteFile) else server.url
    # Without it, pytest-asyncio warns.
    scope = environment(PYTEST_ADDOPTS="-o asyncio_default_fixture_loop_scope=function")
    project = Project(tmp_path, scope, urls={"postgresql://localhost/shop": url})
    assert project.follow(ROOT / f"{page}.md") >= ON_EACH_DATABASE[page]


def test_a_project_in_ten_lines() -> None:
    found = [each for each in fences(DOCS / "testing.md") if is_file(each)][:2]
    assert [each.title for each in found] == ["pyproject.toml", "tests/test_shop.py"]
    lines = [line for each in found for line in each.text.splitlines() if line.strip()]
    assert sum(not re.match("#|from ", line) for line in lines) <= 10
