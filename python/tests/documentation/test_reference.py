"""The tables of docs/reference are those of the code: generated ones are the same, and others name
what the code has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "docs/reference"


def first_cells(page: str) -> set[str]:
    """The names in the first cells of a page's tables."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_generated_tables_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.reference", "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": "python", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_operation_is_listed() -> None:
    source = (ROOT / "oxyde-migrate/src/operation/mod.rs").read_text(encoding="utf-8")
    body = source.rpartition("operations! {")[2].split("\n}", 1)[0]
    names = set(re.findall(r'^    \w+ = "(\w+)",', body, re.MULTILINE))
    assert len(names) > 25
    assert names <= first_cells("operations")


def test_every_key_of_the_configuration_is_listed() -> None:
    source = (ROOT / "oxyde-cli/src/config/mod.rs").read_text(encoding="utf-8")
    body = source.split("struct Settings {", 1)[1].split("\n}", 1)[0]
    names = set(re.findall(r"^    (\w+): ", body, re.MULTILINE))
    assert len(names) >= 6
    assert names <= first_cells("configuration")


def test_every_column_type_is_listed() -> None:
    from oxyde._core import COLUMN_TYPES

    text = (PAGES / "operations.md").read_text(encoding="utf-8")
    missing = [
        each["name"]
        for each in COLUMN_TYPES
        if f'"{each["name"]}"' not in text and f"{{ {each['name']} = " not in text
    ]
    assert missing == []
