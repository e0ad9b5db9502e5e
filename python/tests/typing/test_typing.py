"""mypy and pyright find the marked lines of the programs beside this file, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PROGRAMS = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))

Found = set[tuple[str, int]]


def marked() -> Found:
    return {
        (program.name, number)
        for program in PROGRAMS
        for number, line in enumerate(program.read_text().splitlines(), start=1)
        if "# error" in line
    }


def mypy() -> Found:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *map(str, PROGRAMS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    errors = re.findall(r"^.*?([\w.]+\.py):(\d+): error: ", done.stdout, re.MULTILINE)
    return _in_programs({(name, int(line)) for name, line in errors})


def pyright() -> Found:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pyright", "--outputjson"),
            *("--pythonpath", sys.executable, *map(str, PROGRAMS)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    errors = {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1)
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    }
    return _in_programs(errors)


def _in_programs(errors: Found) -> Found:
    """Errors of the library itself are found by `make lint`."""
    names = {program.name for program in PROGRAMS}
    return {(name, line) for name, line in errors if name in names}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_errors_stand_where_they_are_marked(checker: Callable[[], Found]) -> None:
    assert marked()
    assert checker() == marked()
