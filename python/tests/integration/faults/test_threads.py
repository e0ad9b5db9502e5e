"""Threads that share models, plans, pools and instances, from the first call on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "support" / "threads.py"


@pytest.mark.parametrize("face", ["async", "sync"])
def test_threads_share_everything(url: str, face: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM), url, face, "8"],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")
