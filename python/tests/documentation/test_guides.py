"""The guides in docs/: every block runs, and every result that they tell is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.servers import Server

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("fastapi", 3),
        ("fields", 7),
        ("functions", 16),
        ("managers", 21),
        ("monitoring", 5),
        ("paging", 8),
        ("queries", 20),
        ("scaling", 4),
        ("signals", 5),
        ("sync", 13),
        ("transactions", 6),
        ("typing", 8),
    ],
)
def test_the_guide(name: str, results: int) -> None:
    assert right_results(name) > results


@pytest.mark.databases("postgres")
def test_the_guide_of_tenants(server: Server) -> None:
    assert right_results("tenants", DATABASE_URL=server.url) > 10


def right_results(name: str, **variables: str) -> int:
    """How many results a guide tells, all of which are right."""
    guide = ROOT / f"docs/{name}.md"
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "python/tests/support/guide.py", guide],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return int(done.stdout.splitlines()[-1])
