"""Writes the tables between the marks of docs/reference/*.md; `--check` only compares.

A page has `<!-- NAME:begin -->` and `<!-- NAME:end -->` around each table.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from scripts.reference import command, errors, options, types

PAGES = Path(__file__).resolve().parents[2] / "docs/reference"
TABLES = {
    "field": ("field", options.field),
    "meta": ("meta", options.meta),
    "settings": ("settings", options.settings),
    "exceptions": ("exceptions", errors.exceptions),
    "types": ("types", types.types),
    "lookups": ("lookups", types.lookups),
    "commands": ("commands", command.commands),
}


def written(text: str, name: str, table: str) -> str:
    """The page with the table between its marks."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = f"{re.escape(begin)}.*{re.escape(end)}"
    new, count = re.subn(pattern, lambda _: f"{begin}\n\n{table}\n\n{end}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"the page has no marks {begin} … {end}")
    return new


def main() -> int:
    """Write or compare; 1 if a page differs."""
    differ = []
    for name, (page, table) in TABLES.items():
        path = PAGES / f"{page}.md"
        old = path.read_text(encoding="utf-8")
        new = written(old, name, table())
        if new != old:
            differ.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if differ and "--check" in sys.argv:
        print(f"{', '.join(differ)} of docs/reference differ from the code: run `make reference`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
