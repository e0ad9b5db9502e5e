"""Checks that all sources have one version, and that a tag is it: `check_version.py [v1.2.3]`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def versions() -> dict[str, str]:
    """Each place that has the version, with what it has."""
    cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    package = (ROOT / "python/oxyde/__init__.py").read_text(encoding="utf-8")
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    found = {"Cargo.toml, package": _one(r'^version = "(.+)"', cargo)}
    for name, version in re.findall(r'^(oxyde-\w+) = \{.*version = "(.+?)"', cargo, re.MULTILINE):
        found[f"Cargo.toml, {name}"] = version
    for name, version in re.findall(r'^name = "(oxyde-\w+)"\nversion = "(.+)"', lock, re.MULTILINE):
        found[f"Cargo.lock, {name}"] = version
    found["python/oxyde/__init__.py"] = _one(r'^__version__ = "(.+)"', package)
    return found


def _one(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else "none"


def main(tag: str) -> int:
    """Print the places that differ; return 1 if there are any."""
    found = versions()
    if tag:
        found[f"the tag {tag}"] = tag.removeprefix("v")
    if len(set(found.values())) == 1:
        print(f"version: {next(iter(found.values()))}")
        return 0
    for place, version in found.items():
        print(f"version: {version} in {place}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
