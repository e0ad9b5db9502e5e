"""The checkers find the marked lines of the programs beside this file, and nothing else.

The programs are checked in a folder of their own, strictly, as a project that uses Oxyde is.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.checkers import Found, marked, mypy, pyright, run

HERE = Path(__file__).parent
KEYWORDS = HERE / "plugin_wrong.py"
PROGRAMS = sorted({*HERE.glob("*_*.py")} - {Path(__file__), HERE / "test_stubs.py", KEYWORDS})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with copies of the programs."""
    for program in PROGRAMS:
        shutil.copy(program, tmp_path)
    return tmp_path


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_errors_stand_where_they_are_marked(
    project: Path, checker: Callable[[Path], Found]
) -> None:
    assert marked(*PROGRAMS)
    assert checker(project) == marked(*PROGRAMS)


def test_the_plugin_for_mypy_checks_keywords(tmp_path: Path) -> None:
    shutil.copy(KEYWORDS, tmp_path)
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = oxyde.mypy_plugin\n")
    found = mypy(tmp_path, cache="plugin")
    assert marked(KEYWORDS)
    assert found == marked(KEYWORDS)


def test_ty_has_nothing_against_the_right_programs(project: Path) -> None:
    right = [path.name for path in PROGRAMS if path.name.endswith("_right.py")]
    output = run(
        project, "ty", "check", "--python", sys.prefix, "--output-format", "concise", *right
    )
    assert "error[" not in output
