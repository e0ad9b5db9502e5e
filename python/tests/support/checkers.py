"""Type checkers, and the lines on which they must find errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["Found", "marked", "mypy", "pyright", "run"]

ROOT = Path(__file__).parents[3]

Found = set[tuple[str, int]]


def marked(*programs: Path) -> Found:
    return {
        (program.name, number)
        for program in programs
        for number, line in enumerate(program.read_text().splitlines(), start=1)
        if "# error" in line
    }


def mypy(project: Path, cache: str = "programs") -> Found:
    folder = ROOT / ".mypy_cache" / cache
    output = run(project, "mypy", "--strict", "--no-error-summary", "--cache-dir", folder, ".")
    errors = re.findall(r"^([\w.]+\.py):(\d+): error: ", output, re.MULTILINE)
    return {(name, int(line)) for name, line in errors}


def pyright(project: Path) -> Found:
    settings = {"include": ["*.py"], "typeCheckingMode": "strict"}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    output = run(project, "pyright", "--outputjson", "--pythonpath", sys.executable)
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1)
        for each in json.loads(output)["generalDiagnostics"]
        if each["severity"] == "error"
    }


def run(project: Path, checker: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", checker, *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return done.stdout
