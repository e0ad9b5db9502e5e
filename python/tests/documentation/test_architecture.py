"""ARCHITECTURE.md names files that exist, and counts the files of each route of its table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
# Rooms of the Python package are named without its folder.
STARTS = ("", "python/oxyde/")
PATH = re.compile(r"`([\w./*{},-]+(?:/|\.(?:rs|py|json)))`|`((?:oxyde-\w+|python)/[\w./*{},-]+)`")


def spelled_out(path: str) -> list[str]:
    """`src/{a,b}` → `src/a`, `src/b`."""
    group = re.search(r"\{([^}]*)\}", path)
    if group is None:
        return [path]
    head, tail = path[: group.start()], path[group.end() :]
    return [each for part in group[1].split(",") for each in spelled_out(head + part + tail)]


def exists(path: str) -> bool:
    """Whether something in the project has the path, which may have `*` in it."""
    return any(next(ROOT.glob((start + path).rstrip("/")), None) for start in STARTS)


def paths(text: str) -> list[str]:
    return [path for found in PATH.findall(text) for path in spelled_out(found[0] or found[1])]


def routes() -> dict[str, tuple[int, list[str]]]:
    """The count and the files of each row of the table."""
    table = TEXT.split("## To add …")[1]
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| (.+) \|$", table, re.MULTILINE)
    return {name: (int(count), paths(files)) for name, count, files in rows}


def test_every_file_exists() -> None:
    found = paths(TEXT)
    assert len(found) > 80
    assert [path for path in found if not exists(path)] == []


@pytest.mark.parametrize("route", routes())
def test_a_route_counts_its_files(route: str) -> None:
    count, files = routes()[route]
    assert len(set(files)) == len(files) == count


def test_no_route_is_missing() -> None:
    assert len(routes()) >= 12
