"""Checks the lengths and names of the source files: warns over 400 lines, fails over 600."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOK_AGAIN = 400
SPLIT = 600
# Names that say nothing about the content.
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc"}
SUFFIXES = {".rs", ".py", ".pyi"}


def sources() -> list[Path]:
    """Return the tracked and the new source files, without ignored ones."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / name for name in names.splitlines()]
    return [path for path in paths if path.suffix in SUFFIXES and path.exists()]


def main() -> int:
    """Print the long files and bad names; return 1 if one must change."""
    lengths: list[int] = []
    faults: list[str] = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        length = len(path.read_text(encoding="utf-8").splitlines())
        lengths.append(length)
        if length > SPLIT:
            faults.append(f"{name}: {length} lines: split it (limit {SPLIT})")
        elif length > LOOK_AGAIN:
            print(f"files: warning: {name}: {length} lines: consider a split (over {LOOK_AGAIN})")
        if path.stem in FORBIDDEN or path.parent.name in FORBIDDEN:
            faults.append(f"{name}: name it after its content")
    median = statistics.median(lengths)
    print(f"files: {len(lengths)} sources, {median:.0f} lines (median)")
    if faults:
        print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
