"""Checks that THIRD-PARTY-LICENSES.txt lists the crates that wheels and binaries contain."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "THIRD-PARTY-LICENSES.txt"
SHIPPED = {"oxyde-cli", "oxyde-py"}


def targets() -> list[str]:
    """The targets of releases, of about.toml."""
    listed = (ROOT / "about.toml").read_text(encoding="utf-8").split("targets = [", 1)[1]
    return re.findall(r'"(.+?)"', listed.split("]", 1)[0])


def shipped() -> set[str]:
    """`name version` of each crate of another project that is compiled into what is shipped."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    command += [f"--filter-platform={target}" for target in targets()]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    metadata: dict[str, Any] = json.loads(done.stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    dependencies = {node["id"]: node["deps"] for node in metadata["resolve"]["nodes"]}
    seen: set[str] = set()
    todo = [key for key, package in packages.items() if package["name"] in SHIPPED]
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            todo += [
                dependency["pkg"]
                for dependency in dependencies[key]
                if any(each["kind"] is None for each in dependency["dep_kinds"])
            ]
    others = [packages[key] for key in seen if packages[key]["source"] is not None]
    return {f"{package['name']} {package['version']}" for package in others}


def main() -> int:
    """Print the crates that are missing or too many; return 1 if there are any."""
    text = FILE.read_text(encoding="utf-8")
    listed = set(re.findall(r"^\* (\S+ \S+): ", text, re.MULTILINE))
    with_text = set(re.findall(r"^=== (\S+ \S+)$", text, re.MULTILINE))
    expected = shipped()
    missing, many = expected - (listed & with_text), listed - expected
    for fault, names in (("lacks", missing), ("has too many", many)):
        if names:
            found = ", ".join(sorted(names))
            print(f"{FILE.name} {fault}: {found}; run `make licences`", file=sys.stderr)
    if missing or many:
        return 1
    print(f"licences: {len(expected)} crates")
    return 0


if __name__ == "__main__":
    sys.exit(main())
