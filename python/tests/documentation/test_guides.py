"""The guides in docs/: every block runs, and every result that they tell is right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
# Every page of these folders that has Python blocks is one program.
FOLDERS = ("howto", "explanation", "coming_from", "reference")
# Their blocks need a server, or are parts of a larger program; their types are checked.
NOT_RUN: set[str] = set()
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def programs() -> list[str]:
    """The pages of the folders, and the FAQ."""
    found = [
        DOCS / "faq.md",
        *(path for name in FOLDERS for path in sorted((DOCS / name).rglob("*.md"))),
    ]
    names = (path.relative_to(DOCS).with_suffix("").as_posix() for path in found)
    return [name for name in names if name not in NOT_RUN and PYTHON.search(text_of(name))]


def text_of(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def right_results(name: str) -> int:
    """Run the blocks of a page; return how many results it told rightly."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            ROOT / "python/tests/support/guide.py",
            DOCS / f"{name}.md",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return int(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", programs())
def test_a_page(name: str) -> None:
    told = sum(block.count("# → ") for block in PYTHON.findall(text_of(name)))
    assert right_results(name) == told


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
