"""Adopts public schemas: `make schemas DIR=…`, a folder of files `NAME.DATABASE.sql`.

DATABASE is postgres, mysql (also run on MariaDB), mariadb or sqlite. Each file is loaded with the
database's own client; then `inspectdb` must write a module that imports and type-checks, after
`baseline` neither `check` nor `makemigrations --check` may find anything, and the baseline must
make the same schema in an empty database. Prints a table; exits 1 if anything fails.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from support.servers import server_url

ROOT = Path(__file__).resolve().parents[3]
TYPES = ["-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache" / "adopted")]
STEPS = ("inspectdb", "import", "types", "baseline", "check", "makemigrations", "same")


@dataclass
class Outcome:
    """What happened to one schema on one database.

    Attributes:
        tables: number of tables that were found.
        failures: what each failed step reported.
        notes: statements of the file that the server refused.
    """

    tables: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def address(flavour: str, database: str | None = None) -> str:
    """The address of a server, or of a database on it."""
    url = server_url(flavour)
    return url if database is None else urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def client(flavour: str, url: str) -> list[str]:
    """The command line of the database's own client."""
    if flavour == "sqlite":
        return ["sqlite3", url.removeprefix("sqlite:///")]
    if flavour == "postgres":
        return ["psql", "--quiet", "--no-psqlrc", "--dbname", url]
    parts = urlsplit(url)
    password = [f"--password={unquote(parts.password)}"] if parts.password else []
    return [
        "mysql",
        f"--host={parts.hostname}",
        f"--port={parts.port or 3306}",
        f"--user={unquote(parts.username or 'root')}",
        *password,
        "--default-character-set=utf8mb4",
        parts.path.lstrip("/"),
    ]


def statement(flavour: str, url: str, sql: str) -> None:
    """Run one statement."""
    subprocess.run(client(flavour, url), input=sql, text=True, check=True, capture_output=True)


@contextmanager
def scratch(flavour: str, name: str, folder: Path) -> Iterator[str]:
    """An empty database for the block; its address."""
    if flavour == "sqlite":
        yield f"sqlite:///{folder / name}.db"
        return
    database = f"oxyde_test_schemas_{os.getpid()}_{name}"
    force = " WITH (FORCE)" if flavour == "postgres" else ""
    drop = f"DROP DATABASE IF EXISTS {database}{force};"
    statement(flavour, address(flavour), drop)
    statement(flavour, address(flavour), f"CREATE DATABASE {database};")
    try:
        yield address(flavour, database)
    finally:
        statement(flavour, address(flavour), drop)


class Project:
    """A folder with a configuration, in which commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "app").mkdir(parents=True)
        (folder / "app" / "__init__.py").touch()
        (folder / "oxyde.toml").write_text(
            'models = ["app.models"]\n\n[databases]\ndefault = "${DATABASE_URL}"\n'
        )

    def run(self, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments."""
        environment = {**os.environ, "DATABASE_URL": url, "NO_COLOR": "1"}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def oxyde(self, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `oxyde` command."""
        return self.run(url, "-m", "oxyde", *arguments)


def load(file: Path, flavour: str, url: str) -> list[str]:
    """Run a file, over statements that this server refuses; what it said of them."""
    sql = file.read_text()
    if flavour in ("mysql", "mariadb"):
        # The database has another name here.
        sql = sql.replace(f"{file.name.split('.')[0]}.", "")
    command = client(flavour, url)
    if command[0] == "mysql":
        command.insert(1, "--force")
    done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if "error" in line.lower()]


def adopt(file: Path, flavour: str, keep: Path | None) -> Outcome:
    """Take one schema through all steps."""
    outcome = Outcome()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if keep is not None:
            folder = keep / f"{file.name}.{flavour}"
            folder.mkdir(parents=True)
        url = stack.enter_context(scratch(flavour, "found", folder))
        made = stack.enter_context(scratch(flavour, "made", folder))
        outcome.notes = load(file, flavour, url)
        project = Project(folder / "project")
        found = project.oxyde(url, "inspectdb", "--json")
        source = project.oxyde(url, "inspectdb")
        if found.returncode or source.returncode:
            outcome.failures["inspectdb"] = found.stderr or source.stderr
            return outcome
        outcome.tables = len(json.loads(found.stdout)["tables"])
        (project.folder / "app" / "models.py").write_text(source.stdout)
        steps: list[tuple[str, Callable[[], subprocess.CompletedProcess[str]]]] = [
            ("import", lambda: project.run(url, "-c", "import app.models")),
            ("types", lambda: project.run(url, *TYPES, "app/models.py")),
            ("baseline", lambda: project.oxyde(url, "baseline")),
            ("check", lambda: project.oxyde(url, "check")),
            ("makemigrations", lambda: project.oxyde(url, "makemigrations", "--check")),
            ("same", lambda: project.oxyde(made, "migrate")),
        ]
        for name, step in steps:
            done = step()
            if done.returncode:
                outcome.failures[name] = done.stdout + done.stderr
        if "same" not in outcome.failures and "baseline" not in outcome.failures:
            again = project.oxyde(made, "inspectdb", "--json")
            difference = "\n".join(
                difflib.unified_diff(
                    ordered(found.stdout), ordered(again.stdout), "found", "made", "", "", 6, ""
                )
            )
            if difference:
                outcome.failures["same"] = difference
    return outcome


def ordered(document: str) -> list[str]:
    """The lines of a schema, without the order in which objects were made."""
    schema = json.loads(document)
    for table in schema["tables"]:
        table.get("foreign_keys", []).sort(key=lambda each: each["name"])
    schema["objects"] = sorted(
        schema.get("objects", []), key=lambda each: (each["kind"], each["name"])
    )
    return json.dumps(schema, indent=1).splitlines()


def flavours(file: Path) -> list[str]:
    """The databases that a file is for."""
    named = file.name.split(".")[-2]
    return ["mysql", "mariadb"] if named == "mysql" else [named]


def main() -> int:
    """Adopt every schema of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="a part of the file's name")
    parser.add_argument("--db", default="", help="databases, with commas")
    parser.add_argument("--keep", type=Path, help="keep the projects in this folder")
    parser.add_argument("--lines", type=int, default=12, help="lines of each failure")
    arguments = parser.parse_args()
    files = sorted(arguments.folder.glob("*.*.sql"))
    if not files:
        parser.error(f"{arguments.folder} has no file NAME.DATABASE.sql")
    chosen = arguments.db.split(",") if arguments.db else ["postgres", "mysql", "mariadb", "sqlite"]
    failed = False
    for file in files:
        for flavour in flavours(file):
            if arguments.only not in file.name or flavour not in chosen:
                continue
            outcome = adopt(file, flavour, arguments.keep)
            marks = " ".join(
                f"{name}:{'FAIL' if name in outcome.failures else 'ok'}" for name in STEPS
            )
            print(f"{file.stem:28} {flavour:9} {outcome.tables:4} tables  {marks}", flush=True)
            for note in outcome.notes:
                print(f"    refused by the server: {note[:200]}")
            for name, said in outcome.failures.items():
                failed = True
                lines = said.strip().splitlines()
                for line in lines[: arguments.lines]:
                    print(f"    {name}: {line[:300]}")
                if len(lines) > arguments.lines:
                    print(f"    {name}: … {len(lines) - arguments.lines} more lines")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
