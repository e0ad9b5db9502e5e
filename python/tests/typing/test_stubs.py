"""`oxyde stubs` writes stubs with which checkers find errors in the keyword form."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.checkers import Found, marked, mypy, pyright

PROJECT = Path(__file__).parent / "stubbed"
PLAIN = Path(__file__).parent / "stubbed_sync"


def stubs(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oxyde", "stubs", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with stubs of its models."""
    for program in PROJECT.glob("*.py"):
        shutil.copy(program, tmp_path)
    done = stubs(tmp_path, "models")
    assert (done.returncode, done.stderr) == (0, "")
    assert "wrote" in done.stdout
    return tmp_path


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_errors_in_keywords(project: Path, checker: Callable[[Path], Found]) -> None:
    expected = marked(PROJECT / "service.py")
    assert expected
    assert checker(project) == expected


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_models_without_await(tmp_path: Path, checker: Callable[[Path], Found]) -> None:
    for program in PLAIN.glob("*.py"):
        shutil.copy(program, tmp_path)
    assert stubs(tmp_path, "models").returncode == 0
    expected = marked(PLAIN / "service.py")
    assert expected
    assert checker(tmp_path) == expected


def test_a_stub_that_is_out_of_date(project: Path) -> None:
    assert stubs(project, "--check", "models").returncode == 0
    models = project / "models.py"
    models.write_text(models.read_text().replace("views: int", "views: int = 1; hits: int"))
    done = stubs(project, "--check", "models")
    assert (done.returncode, "out of date" in done.stdout) == (1, True)
    assert stubs(project, "models").returncode == 0
    assert '"hits__gte"' in (project / "models.pyi").read_text()


def test_a_module_without_models(project: Path) -> None:
    (project / "empty.py").write_text("")
    done = stubs(project, "empty")
    assert done.returncode == 2
    assert "empty defines no model with a table" in done.stderr
    assert stubs(project, "nowhere").returncode == 2
