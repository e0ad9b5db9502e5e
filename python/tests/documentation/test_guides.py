"""The guides in docs/: the Python blocks of a page are one program, and what it tells is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.fences import fences
from support.servers import Server
from support.shown import OUTPUT

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
ON_POSTGRES = ("tenants", "values")


def programs() -> list[str]:
    """The pages with Python blocks that are not files of a project."""
    pages = (path for path in sorted(DOCS.rglob("*.md")) if python_blocks(path))
    return [path.relative_to(DOCS).with_suffix("").as_posix() for path in pages]


def python_blocks(page: Path) -> list[str]:
    return [each.text for each in fences(page) if each.language == "python" and each.title is None]


def tell_right(name: str, **variables: str) -> bool:
    """Run the blocks of a page; whether all results and outputs are as it tells."""
    page = DOCS / f"{name}.md"
    told = sum(block.count("# → ") for block in python_blocks(page))
    told += sum(each.title == OUTPUT for each in fences(page))
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "python/tests/support/guide.py", page],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return int(done.stdout) == told


@pytest.mark.parametrize("name", [name for name in programs() if name not in ON_POSTGRES])
def test_a_page(name: str) -> None:
    assert tell_right(name)


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("name", ON_POSTGRES)
def test_a_page_on_postgres(name: str, server: Server) -> None:
    assert tell_right(name, DATABASE_URL=server.url)
