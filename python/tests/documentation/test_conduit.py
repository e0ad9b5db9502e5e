"""The tests of examples/conduit pass on every database; its migrations are those of its models."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from support.servers import Server

FOLDER = Path(__file__).parents[3] / "examples/conduit"


def run(*command: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the project, with its database at `url`."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=FOLDER,
        env={**os.environ, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_its_tests_pass(server: Server) -> None:
    done = run("pytest", "-p", "no:cacheprovider", url=server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 59
    assert "warning" not in done.stdout


def test_models_and_migrations_agree(url: str) -> None:
    assert run("oxyde", "migrate", url=url).returncode == 0
    done = run("oxyde", "check", url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert run("oxyde", "lint", url=url).returncode == 0
