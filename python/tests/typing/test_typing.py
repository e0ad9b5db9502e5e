"""The checkers find the marked lines of the programs beside this file, and nothing else.

The programs are checked in a folder of their own, strictly, as a project that uses Oxyde is.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
KEYWORDS = HERE / "plugin_wrong.py"
PROGRAMS = sorted({*HERE.glob("*_*.py")} - {Path(__file__), KEYWORDS})

Found = set[tuple[str, int]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with copies of the programs."""
    for program in PROGRAMS:
        shutil.copy(program, tmp_path)
    return tmp_path


def marked(*programs: Path) -> Found:
    return {
        (program.name, number)
        for program in programs
        for number, line in enumerate(program.read_text().splitlines(), start=1)
        if "# error" in line
    }


def mypy(project: Path, cache: str = "programs") -> Found:
    folder = ROOT / ".mypy_cache" / cache
    output = _run(project, "mypy", "--strict", "--no-error-summary", "--cache-dir", folder, ".")
    errors = re.findall(r"^([\w.]+\.py):(\d+): error: ", output, re.MULTILINE)
    return {(name, int(line)) for name, line in errors}


def pyright(project: Path) -> Found:
    settings = {"include": ["*.py"], "typeCheckingMode": "strict"}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    output = _run(project, "pyright", "--outputjson", "--pythonpath", sys.executable)
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1)
        for each in json.loads(output)["generalDiagnostics"]
        if each["severity"] == "error"
    }


def _run(project: Path, checker: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", checker, *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return done.stdout


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
    output = _run(
        project, "ty", "check", "--python", sys.prefix, "--output-format", "concise", *right
    )
    assert "error[" not in output
