"""Runs what was built: wheels in fresh environments, and the binary where nothing else is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from scripts.release_check.inspection import binary_content, is_static, readme_program, wheels
from scripts.release_check.work import (
    ROOT,
    WORK,
    Failed,
    Unavailable,
    emptied,
    interpreters,
    run,
)

# Migrations that need no Python, and what they make.
MIGRATIONS = ("0001_initial", "0002_orders", "0003_add_customers_city")
TABLES = {"customers", "order_lines", "orders", "products"}


def check_installed() -> str:
    """Each Python of this machine installs its wheel in a fresh environment, and runs the smoke
    test and the program of README.md."""
    links = WORK / "installable"
    emptied(links)
    for wheel in wheels():
        shutil.copy(wheel, links)
    done = []
    for version, interpreter in interpreters().items():
        folder = emptied(WORK / f"env-{version}")
        run(interpreter, "-m", "venv", folder)
        python = folder / "bin/python"
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        run(*pip, "--no-index", "--no-deps", "--find-links", links, "oxyde")
        # What it depends on, by its own metadata.
        run(*pip, "oxyde")
        run(python, ROOT / "scripts/smoke.py", cwd=folder)
        printed = run(python, "-W", "error", "-c", readme_program(), cwd=folder)
        if printed.splitlines() != [f"Post {number} by Ann" for number in (997, 987, 977)]:
            raise Failed(f"the program of README.md prints, on Python {version}:\n{printed}")
        done.append(version)
    if not done:
        raise Unavailable("no supported Python was found")
    others = [wheel.name for wheel in wheels() if not runs_here(wheel)]
    built = f"; built, and not run here: {', '.join(others)}" if others else ""
    return f"on Python {', '.join(done)}{built}"


def runs_here(wheel: Path) -> bool:
    """Whether a wheel is for this machine's processor and libc."""
    platform = wheel.stem.rpartition("-")[2]
    return "manylinux" in platform and platform.endswith(os.uname().machine)


def check_binary_alone() -> str:
    """The binary migrates a SQLite file and PostgreSQL from an empty root folder."""
    content = {Path(name).name: data for name, data in binary_content()}
    if not is_static(content["oxyde"]):
        raise Failed("oxyde is linked dynamically")
    run(ROOT / "scripts/services", "start", "postgres")
    server = os.environ.get(
        "OXYDE_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres"
    )
    postgres = server.rpartition("/")[0] + f"/release_check_{os.getpid()}"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "oxyde").write_bytes(content["oxyde"])
        (root / "oxyde").chmod(0o755)
        (root / "migrations").mkdir()
        for migration in MIGRATIONS:
            shutil.copy(ROOT / f"examples/shop/migrations/{migration}.toml", root / "migrations")
        alone(root, "sqlite:///shop.db", "migrate")
        check_tables(root / "shop.db")
        alone(root, postgres, "create-database")
        try:
            alone(root, postgres, "migrate")
            alone(root, postgres, "migrate", "--check")
        finally:
            alone(root, postgres, "drop-database", "--yes")
    return f"{', '.join(MIGRATIONS)} on SQLite and PostgreSQL"


def alone(root: Path, url: str, *arguments: str) -> str:
    """Run the binary with a folder as the root of the file system."""
    change = ["chroot"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot"]
    variables = {"DATABASE_URL": url, "PATH": os.environ["PATH"]}
    return run(*change, root, "/oxyde", *arguments, env=variables)


def check_tables(file: Path) -> None:
    """The migrations made their tables in a SQLite file."""
    connection = sqlite3.connect(file)
    try:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        missing = TABLES - {name for (name,) in rows}
    finally:
        connection.close()
    if missing:
        raise Failed(f"no tables {sorted(missing)}")
