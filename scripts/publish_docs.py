"""Puts the built site into a checkout of the branch that GitHub Pages shows, in the layout of mike,
which the theme's list of versions reads: a folder per version, copies for aliases, `versions.json`.

`python scripts/publish_docs.py target/site PAGES 1.2 --alias latest` (the version of a release), or
`… PAGES dev`. Committing and pushing is left to the workflow.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import TypedDict


class Version(TypedDict):
    """An entry of `versions.json`."""

    version: str
    title: str
    aliases: list[str]


def order(entry: Version) -> tuple[bool, list[int]]:
    """Names before numbers, then the newest number first (with `reverse=True`)."""
    name = entry["version"]
    return not name[:1].isdigit(), [int(part) for part in re.findall(r"\d+", name)]


def publish(site: Path, pages: Path, version: str, alias: str | None) -> None:
    """Replace a version and its alias, and write the list of versions."""
    listed = pages / "versions.json"
    entries: list[Version] = json.loads(listed.read_text()) if listed.exists() else []
    kept = [each for each in entries if each["version"] != version]
    for each in kept:
        each["aliases"] = [name for name in each["aliases"] if name != alias]
    aliases = [alias] if alias else []
    kept.append({"version": version, "title": version, "aliases": aliases})
    kept.sort(key=order, reverse=True)
    for name in (version, *aliases):
        shutil.rmtree(pages / name, ignore_errors=True)
        shutil.copytree(site, pages / name)
    listed.write_text(json.dumps(kept, indent=2) + "\n")
    (pages / ".nojekyll").touch()
    front = next((each["aliases"][0] for each in kept if each["aliases"]), version)
    (pages / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>Oxyde</title>'
        f'<meta http-equiv="refresh" content="0; url={front}/">\n'
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Publish the built documentation site")
    parser.add_argument("site", type=Path)
    parser.add_argument("pages", type=Path)
    parser.add_argument("version")
    parser.add_argument("--alias")
    given = parser.parse_args()
    publish(given.site, given.pages, given.version, given.alias)


if __name__ == "__main__":
    main()
