"""The `oxyde` command in both its forms, and projects to run it in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.oxyde_command import EXAMPLE


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
