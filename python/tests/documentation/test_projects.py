"""Pages that make a project: its files are written, its commands run, what they print compared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.project_page import Project

DOCS = Path(__file__).resolve().parents[3] / "docs"
STEPS = (
    "models",
    "relations",
    "pages",
    "errors",
    "transactions",
    "tests",
    "migrations",
    "container",
)


def environment() -> dict[str, str]:
    """That of a new terminal: nothing is configured, and no file is left behind."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "."}


@pytest.mark.parametrize(
    ("pages", "app", "commands"),
    [
        (["start"], None, 7),
        (["tutorial/index", *(f"tutorial/{name}" for name in STEPS)], "library.app:app", 35),
    ],
    ids=["start", "tutorial"],
)
def test_following_the_pages(
    pages: list[str], app: str | None, commands: int, tmp_path: Path
) -> None:
    project = Project(tmp_path, environment(), app)
    assert sum(project.follow(DOCS / f"{page}.md") for page in pages) >= commands
