"""Checks that THIRD-PARTY-LICENSES.txt lists the crates that wheels and binaries contain."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "THIRD-PARTY-LICENSES.txt"
SHIPPED = ("oxyde-cli", "oxyde-py")


def targets() -> list[str]:
    """The targets of releases, of about.toml."""
    listed = (ROOT / "about.toml").read_text(encoding="utf-8").split("targets = [", 1)[1]
    return re.findall(r'"(.+?)"', listed.split("]", 1)[0])


def shipped() -> set[str]:
    """`name version` of each crate of another project that is compiled into what is shipped."""
    command = ["cargo", "tree", "--locked", "--edges=normal", "--prefix=none", "--format={p}"]
    command += [f"--package={name}" for name in SHIPPED]
    crates: set[tuple[str, str]] = set()
    for target in targets():
        done = subprocess.run(
            [*command, f"--target={target}"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        # `name v1.2.3`, with the folder of a crate of this project behind it.
        crates |= set(re.findall(r"^(\S+ )v(\S+)(?: \(proc-macro\))?$", done.stdout, re.MULTILINE))
    return {name + version for name, version in crates}


def main() -> int:
    """Print the crates that are missing or too many; return 1 if there are any."""
    text = FILE.read_text(encoding="utf-8")
    listed = set(re.findall(r"^\* (\S+ \S+): ", text, re.MULTILINE))
    with_text = set(re.findall(r"^=== (\S+ \S+)$", text, re.MULTILINE))
    expected = shipped()
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    locked = re.findall(r'^name = "(.+)"\nversion = "(.+)"$', lock, re.MULTILINE)
    missing = expected - (listed & with_text)
    # cargo-about looks at all targets at once, and lists some crates that no target has.
    gone = listed - {f"{name} {version}" for name, version in locked}
    for fault, names in (("lacks", missing), ("lists what Cargo.lock has not", gone)):
        if names:
            found = ", ".join(sorted(names))
            print(f"{FILE.name} {fault}: {found}; run `make licences`", file=sys.stderr)
    if missing or gone:
        return 1
    print(f"licences: {len(expected)} crates")
    return 0


if __name__ == "__main__":
    sys.exit(main())
