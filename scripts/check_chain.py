"""Checks the layering rules that no compiler checks.

The crates form one chain; `pyo3` and `sqlx` may each be used by one crate only; only the folders
that hold the dialects may match on the dialect; Python checks features, never the dialect's name;
each feature is asked for.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHAIN: dict[str, set[str]] = {
    "oxyde-sql": set(),
    "oxyde-derive": set(),
    "oxyde-driver": {"oxyde-sql", "oxyde-derive"},
    "oxyde-migrate": {"oxyde-sql", "oxyde-driver"},
    "oxyde-cli": {"oxyde-sql", "oxyde-driver", "oxyde-migrate"},
    "oxyde-py": {"oxyde-sql", "oxyde-driver", "oxyde-migrate", "oxyde-cli"},
}
# Dependencies that only some crates may have (tests excepted).
ONLY_IN: dict[str, set[str]] = {
    "pyo3": {"oxyde-py"},
    "sqlx": {"oxyde-driver"},
    "libsqlite3-sys": {"oxyde-driver"},
    "sea-query": {"oxyde-sql"},
    "clap": {"oxyde-cli"},
    "syn": {"oxyde-derive"},
}
MAY_MATCH_DIALECT = (
    # Other programs and statements for each server, which no query needs.
    "oxyde-cli/src/commands/create_database.rs",
    "oxyde-cli/src/commands/dbshell.rs",
    "oxyde-cli/src/commands/load/references.rs",
    "oxyde-sql/src/dialect",
    "oxyde-sql/src/types",
    "oxyde-sql/src/lookup",
    "oxyde-driver/src/backend",
    "oxyde-migrate/src/server",
    "oxyde-migrate/src/introspect",
    # Test databases are made, emptied and dropped by each server's own means.
    "python/oxyde/testing/addresses.py",
    "python/oxyde/testing/emptying.py",
)
# A match arm, a comparison or matches!(); constructing a dialect does not count.
DIALECT_ARM = re.compile(
    r"\bDialect::\w+\s*(=>|\||\)\s*=>)|[=!]=\s*\w*:*Dialect::|matches!\(.*Dialect::"
)
# A comparison with a dialect's name; a table or a default argument does not count.
FLAVOUR_TEST = re.compile(
    r"""(==|!=|\bin)\s*[({\[]?\s*["'](postgres|postgresql|sqlite|mysql|mariadb)["']"""
    r"""|\bcase\s+["'](postgres|postgresql|sqlite|mysql|mariadb)["']"""
)


def crate_dependencies() -> list[str]:
    """Return every dependency between crates that the chain does not allow."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    faults = []
    for package in metadata["packages"]:
        name = package["name"]
        if name not in CHAIN:
            faults.append(f"{name}: the crate is missing in CHAIN")
            continue
        for dependency in package["dependencies"]:
            if dependency["kind"] == "dev":
                continue
            other = dependency["name"]
            if other in CHAIN and other not in CHAIN[name]:
                faults.append(f"{name} must not depend on {other}")
            if other in ONLY_IN and name not in ONLY_IN[other]:
                faults.append(f"{name} must not depend on {other}: only {ONLY_IN[other]} may")
    return faults


def without_tests(text: str) -> str:
    """Return Rust source up to its test module, which by convention ends the file."""
    return text.split("#[cfg(test)]", 1)[0]


def dialect_matches() -> list[str]:
    """Return every place outside the dialect folders that checks the dialect."""
    faults = []
    for path in sorted(ROOT.glob("oxyde-*/src/**/*.rs")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(MAY_MATCH_DIALECT) or name.endswith("tests.rs"):
            continue
        for number, line in enumerate(without_tests(path.read_text()).splitlines(), 1):
            if DIALECT_ARM.search(line) and not line.lstrip().startswith("//"):
                faults.append(f"{name}:{number}: ask `Features`, not the dialect: {line.strip()}")
    for path in sorted((ROOT / "python/oxyde").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name in MAY_MATCH_DIALECT:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if FLAVOUR_TEST.search(line) and not line.lstrip().startswith("#"):
                faults.append(f"{name}:{number}: ask the features, not the dialect: {line.strip()}")
    return faults


def unused_features() -> list[str]:
    """Return every feature that no code outside the dialects' tables asks for."""
    table = (ROOT / "oxyde-sql/src/dialect/features.rs").read_text().split("features! {", 1)[1]
    names = set(re.findall(r"^    (\w+),$", table.split("\n}\n", 1)[0], re.MULTILINE))
    rust = (path for path in ROOT.glob("oxyde-*/src/**/*.rs") if path.parent.name != "dialect")
    sources = [*rust, *(ROOT / "python/oxyde").rglob("*.py")]
    asked = {name for path in sources for name in re.findall(r"\.(\w+)", path.read_text())}
    return [f"features.rs: nothing asks for the feature {name}" for name in sorted(names - asked)]


def main() -> int:
    """Print every fault; return 1 if there is one."""
    faults = crate_dependencies() + dialect_matches() + unused_features()
    print("\n".join(faults) or "chain: ok", file=sys.stderr if faults else sys.stdout)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
