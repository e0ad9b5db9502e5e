"""The rows of TechEmpower's tables, and the database that holds them."""

from __future__ import annotations

from typing import Any

import asyncpg

from bench.databases import Postgres

WORLDS = 10_000
# The row that the page of fortunes shows beside the stored ones.
ADDED = "Additional fortune added at request time."
FORTUNES = (
    "fortune: No such file or directory",
    "A computer scientist is someone who fixes things that aren't broken.",
    "After enough decimal places, nobody gives a damn.",
    "A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1",
    "A computer program does what you tell it to do, not what you want it to do.",
    "Emacs is a nice operating system, but I prefer UNIX. — Tom Christaensen",
    "Any program that runs right is obsolete.",
    "A list is only as strong as its weakest link. — Donald Knuth",
    "Feature: A bug with seniority.",
    "Computers make very fast, very accurate mistakes.",
    '<script>alert("This should not be displayed in a browser alert box.");</script>',
    "フレームワークのベンチマーク",
)


def random_number(key: int) -> int:
    """The stored number of a world."""
    return 1 + (key * 7919) % WORLDS


class Worlds(Postgres):
    """A PostgreSQL database with the tables `world` and `fortune`."""

    async def fill(self, connection: Any) -> None:
        await connection.execute(
            "CREATE TABLE world (id INTEGER PRIMARY KEY, randomnumber INTEGER NOT NULL);"
            "CREATE TABLE fortune (id INTEGER PRIMARY KEY, message VARCHAR(2048) NOT NULL)"
        )
        worlds = [(key, random_number(key)) for key in range(1, WORLDS + 1)]
        await connection.copy_records_to_table("world", records=worlds)
        await connection.copy_records_to_table("fortune", records=list(enumerate(FORTUNES, 1)))

    async def settle(self) -> None:
        """Remove what updates left behind, which would slow down the contenders after them."""
        await self._run(self.url, "VACUUM ANALYZE world")

    async def holds(self, worlds: list[dict[str, int]]) -> bool:
        """Whether the rows are stored like this."""
        keys = [world["id"] for world in worlds]
        connection = await asyncpg.connect(self.url)
        rows = await connection.fetch("SELECT * FROM world WHERE id = ANY($1)", keys)
        await connection.close()
        stored = {row["id"]: row["randomnumber"] for row in rows}
        return stored == {world["id"]: world["randomNumber"] for world in worlds}
