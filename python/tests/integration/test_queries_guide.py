"""docs/queries.md: every block runs, and every result that it tells is right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_guide() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "python/tests/guide.py", ROOT / "docs/queries.md"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert int(done.stdout.splitlines()[-1]) > 20
