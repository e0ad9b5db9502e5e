"""The `oxyde` command in both its forms, run as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "shop"


@dataclass(frozen=True)
class Answer:
    """What a run of the command said."""

    code: int
    out: str
    err: str

    def steady(self) -> tuple[int, str, str]:
        """Without what differs from run to run: times."""
        out = re.sub(r"\d+ ms", "N ms", self.out)
        out = re.sub(r'"duration_ms":\d+', '"duration_ms":N', out)
        out = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", out)
        return self.code, out, self.err


class Command:
    """The command in a folder, against a database."""

    def __init__(self, host: str, folder: Path, url: str | None) -> None:
        self.host = host
        self.folder = folder
        self.url = url

    def program(self) -> list[str]:
        """What the command line begins with."""
        return [str(native_binary())] if self.host == "native" else [sys.executable, "-m", "oxyde"]

    def environment(self) -> dict[str, str]:
        """The variables of the command's process."""
        environment = {
            **os.environ,
            "OXYDE_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT / "python"),
            "NO_COLOR": "1",
        }
        environment.pop("DATABASE_URL", None)
        if self.url is not None:
            environment["DATABASE_URL"] = self.url
        return environment

    def run(self, *arguments: str, stdin: str | None = None) -> Answer:
        done = subprocess.run(
            [*self.program(), *arguments],
            cwd=self.folder,
            env=self.environment(),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str) -> str:
        """Run it, and expect that all is well."""
        answer = self.run(*arguments)
        assert (answer.code, answer.err) == (0, ""), f"{arguments}: {answer}"
        return answer.out


_built: list[Path] = []


def native_binary() -> Path:
    """The native binary, built when need be."""
    if not _built:
        # With the features of `cargo test --workspace`, which has built it already.
        command = ["cargo", "build", "--quiet", "--workspace", "--bin", "oxyde"]
        subprocess.run(command, cwd=ROOT, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        _built.append(target / "debug" / "oxyde")
    return _built[0]


def write_models(project: Path, lines: Sequence[str] | str) -> None:
    """Put source into the project's models."""
    text = lines if isinstance(lines, str) else "\n".join(lines)
    (project / "app" / "models.py").write_text(text)
