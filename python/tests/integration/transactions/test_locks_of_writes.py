"""How many rows of a large table a write locks: no more than it changes."""

from __future__ import annotations

import asyncio

import pytest
from support.servers import Server

from oxyde import F, Field, Model, atomic, create_tables, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.queries import Query

# The server locks rows for one connection; another client counts them.
COUNT = {
    "postgres": (
        "SELECT (SELECT count(*) FROM part) - count(*) FROM"
        " (SELECT id FROM part FOR UPDATE SKIP LOCKED) free"
    ),
    "mysql": (
        "SELECT count(*) FROM performance_schema.data_locks"
        " WHERE object_schema = database() AND object_name = 'part' AND lock_type = 'RECORD'"
    ),
    "mariadb": (
        "SELECT SUM(trx_rows_locked) FROM information_schema.innodb_trx"
        " JOIN information_schema.processlist ON id = trx_mysql_thread_id WHERE db = database()"
    ),
}


class Part(Model):
    class Meta:
        is_table = True
        table_name = "part"

    id: int | None = Field(default=None, db_pk=True)
    stock: int


def parts(keys: list[int]) -> Query[Part, Part]:
    return Part.objects.filter(id__in=keys)


async def fill(flavour: str) -> None:
    """100,000 rows with the keys from 1 on."""
    await create_tables(models=[Part])
    digits = " UNION ALL ".join(f"SELECT {digit} AS n" for digit in range(10))
    number = "1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n"
    await execute_raw(
        f"INSERT INTO part (id, stock) WITH digit AS ({digits})"
        f" SELECT {number}, 1 FROM digit a, digit b, digit c, digit d, digit e"
    )
    await execute_raw("ANALYZE part" if flavour == "postgres" else "ANALYZE TABLE part")


async def locked_rows(server: Server) -> int:
    if server.flavour == "mariadb":
        await asyncio.sleep(0.2)  # it answers from a cache that is 0.1 seconds old
    [(count,)] = server.execute(COUNT[server.flavour])
    return int(count)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_write_by_keys_locks_only_these_rows(
    database: AsyncDatabase, server: Server
) -> None:
    await fill(server.flavour)
    for keys in ([7, 50_000, 99_999], [7]):
        async with atomic() as block:
            assert await parts(keys).update(stock=F("stock") + 1) == len(keys)
            assert await locked_rows(server) == len(keys)
            block.set_rollback()
        async with atomic() as block:
            assert await parts(keys).delete() == len(keys)
            assert await locked_rows(server) == len(keys)
            block.set_rollback()
