"""`make demo`: create the tables, load all rows, answer eight questions."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from demo.load import DATA, FILES, load
from demo.models import MODELS
from demo.questions import QUESTIONS, ask
from demo.recorder import RecordedDatabase
from demo.terminal import styled
from oxyde import OxydeError, create_tables, db, drop_tables

TITLES = {
    "postgres": "PostgreSQL",
    "sqlite": "SQLite",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
}
FILE = Path(__file__).resolve().parent / "flights.db"


async def demonstrate(url: str | None) -> None:
    """Run the demo on a new SQLite file, or on the server at this URL."""
    if url is None:
        for old in FILE.parent.glob(f"{FILE.name}*"):
            old.unlink()
        url = f"sqlite:///{FILE}"
    database = RecordedDatabase(url)
    await database.connect()
    version = f"{TITLES[database.backend]} {database.server_version}"
    print(styled(f"Flights of New York, 2013, on {version}", "bold"), end="\n\n")
    await drop_tables(models=MODELS)
    await create_tables(models=MODELS)

    start = time.perf_counter()
    total = 0
    for model in MODELS:
        loaded, _ = await load(model)
        total += loaded
    seconds = time.perf_counter() - start
    print(f"\n  {total:,} rows in {seconds:.1f} s: {total / seconds:,.0f} rows/s\n")

    for number, question in enumerate(QUESTIONS, 1):
        await ask(number, question, database)
    await db.close()


def main() -> int:
    """Run the demo; on failure print one line and return 1."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument(
        "--url", help="URL of a server: postgresql://… or mysql://… (default: SQLite)"
    )
    arguments = parser.parse_args()
    missing = [name for name in FILES.values() if not (DATA / name).exists()]
    if missing:
        print(
            f"demo: {missing[0]} is missing in {DATA}: run `make demo` to download it",
            file=sys.stderr,
        )
        return 1
    try:
        asyncio.run(demonstrate(arguments.url))
    except OxydeError as error:
        print(f"demo: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
