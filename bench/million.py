"""Iterates over 1,000,000 rows of a SQLite file; prints the peak memory."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from pathlib import Path

from bench import work
from bench.adapters.oxyde import Entry
from bench.databases import ddl, stored_in_sqlite
from bench.worker import forget_peak, peak, resident
from oxyde import db

ROWS = 1_000_000


def fill(path: Path) -> None:
    """Create the file."""
    connection = sqlite3.connect(path)
    for statement in ddl("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT", "BOOLEAN", "TIMESTAMP"):
        connection.execute(statement)
    marks = ", ".join("?" * len(work.ENTRY_COLUMNS))
    sql = f"INSERT INTO entries ({', '.join(work.ENTRY_COLUMNS)}) VALUES ({marks})"
    rows = ([stored_in_sqlite(value) for value in work.entry(n)] for n in range(ROWS))
    connection.executemany(sql, rows)
    connection.commit()
    connection.close()


async def iterate(path: Path) -> float:
    """Peak memory above the start, in MiB."""
    async with db.connect(f"sqlite:///{path}"):
        await Entry.objects.limit(1).all()
        forget_peak()
        before = resident()
        count = 0
        async for _ in Entry.objects.iterate(chunk_size=1_000):
            count += 1
        if count != ROWS:
            raise RuntimeError(f"{count} rows instead of {ROWS}")
        return peak() - before


def main() -> None:
    """Fill, iterate, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.db"
        fill(path)
        print(json.dumps({"peak": asyncio.run(iterate(path))}))


if __name__ == "__main__":
    main()
