"""The versions that docs/stability.md lists are those of the workflows and compose.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
RELEASE = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
STABILITY = (ROOT / "docs/stability.md").read_text(encoding="utf-8")

# Has no classifier of its own.
FREE_THREADED = "3.14t"


def listed(name: str) -> set[str]:
    """The versions in the last column of a row."""
    row = re.search(rf"^\| {name} \| .+ \| (.+) \|$", STABILITY, re.MULTILINE)
    assert row
    return set(row[1].split(", "))


@pytest.mark.parametrize("name", ["PostgreSQL", "MySQL", "MariaDB"])
def test_servers(name: str) -> None:
    key = {"PostgreSQL": "postgres"}.get(name, name.lower())
    default = re.search(rf"image: {key}:\$\{{{key.upper()}:-(.+)\}}", COMPOSE)
    assert default
    others = re.findall(rf'{key}: "(.+?)"', WORKFLOW)
    assert listed(name) == {default[1], *others}
    assert f"{name} {default[1]}" in " ".join(STABILITY.split())


def test_pythons() -> None:
    versions = set(re.findall(r'Python :: (3\.\d+)"', PYPROJECT))
    matrices = re.findall(r"python: \[(.+)\]", WORKFLOW + RELEASE)
    assert len(matrices) >= 4
    every = versions | {FREE_THREADED}
    assert all(versions <= set(re.findall(r'"(.+?)"', each)) <= every for each in matrices)
    assert f'python-version: "{FREE_THREADED}"' in WORKFLOW
    wheels = re.search(r'PYTHONS: "(.+)"', RELEASE)
    assert wheels and set(wheels[1].split()) == every == listed("Python")
    oldest = min(versions, key=lambda version: int(version.partition(".")[2]))
    assert f'requires-python = ">={oldest}"' in PYPROJECT
