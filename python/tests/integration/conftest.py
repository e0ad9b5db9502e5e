"""Tables with rows, and projects for the `oxyde` command, that the tests of several folders use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support import library, newsroom
from support.library import Library
from support.oxyde_command import EXAMPLE

from oxyde.db import AsyncDatabase


@pytest.fixture
async def books(database: AsyncDatabase) -> Library:
    """The library's rows."""
    return await library.fill()


@pytest.fixture
async def news(database: AsyncDatabase) -> AsyncDatabase:
    """The newsroom's tables with their rows."""
    await newsroom.fill()
    return database


@pytest.fixture(params=["python", "native"])
def host(request: pytest.FixtureRequest) -> str:
    """Which of the two runs the command."""
    return str(request.param)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example project."""
    ignore = shutil.ignore_patterns("__pycache__", "*.db")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "shop", ignore=ignore))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own: a package `app` with empty models, and a configuration."""
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "__init__.py").write_text("")
    (folder / "app" / "models.py").write_text("")
    (folder / "oxyde.toml").write_text(
        'models = ["app.models"]\n\n[databases]\ndefault = "${DATABASE_URL}"\n'
    )
    return folder
