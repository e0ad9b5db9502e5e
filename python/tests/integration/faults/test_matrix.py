"""What each fault of the network comes to in each state of a connection: a known outcome in time, a
pool that keeps its connections, and a right answer to the next query. docs/reliability.md has the
table, which `make golden` rewrites."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, get_args

import pytest
from support.proxy import Fault, Proxy
from support.servers import Server

from oxyde import (
    AsyncDatabase,
    Field,
    Model,
    PoolSettings,
    atomic,
    create_tables,
    db,
    execute_raw,
)
from oxyde.db import Gap
from oxyde.exceptions import OutcomeUnknownError, OxydeError

GUIDE = Path(__file__).parents[4] / "docs" / "reliability.md"
HEADINGS = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL and MariaDB",
    "mariadb": "MySQL and MariaDB",
}
FAULTS: tuple[Fault, ...] = get_args(Fault)
SETTINGS = PoolSettings(
    max_connections=2, acquire_timeout=2, connect_timeout=1, query_timeout=1, keepalive=5
)
# Cancelling at a server that does not answer takes up to three seconds more.
DEADLINE = 10
AT_ONCE = 6
# More than the buffers between server and client hold, so that reading them takes several answers.
PAGES, PAGE_SIZE = 400, 50_000


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "matrix_entry"

    id: int | None = Field(default=None, db_pk=True)
    cell: str = Field(max_length=60)


class Page(Model):
    class Meta:
        is_table = True
        table_name = "matrix_page"

    id: int | None = Field(default=None, db_pk=True)
    text: str


class Interrupted(Exception):
    """A listener reported a gap."""


class Cell:
    """One fault in one state."""

    def __init__(self, state: str, fault: Fault, proxy: Proxy) -> None:
        self.name = f"{state}, {fault}"
        self.fault: Fault = fault
        self.proxy = proxy

    async def write(self, text: str | None = None) -> None:
        await Entry.objects.create(cell=text or self.name, using=self.name)

    async def stored(self) -> int:
        return await Entry.objects.filter(cell=self.name).count()


async def connecting(cell: Cell) -> None:
    await db.get_connection(cell.name).disconnect()
    cell.proxy.welcome = cell.fault
    await AsyncDatabase(cell.proxy.url, name=cell.name, settings=SETTINGS).connect()


async def idle(cell: Cell) -> None:
    cell.proxy.strike(cell.fault)
    await asyncio.sleep(0.1)
    await cell.write()


async def reading(cell: Cell) -> None:
    cell.proxy.strike_after(cell.fault, 1)
    assert await Entry.objects.filter(cell="none").count(using=cell.name) == 0


async def writing(cell: Cell) -> None:
    cell.proxy.strike_after(cell.fault, 1)
    await cell.write()


async def in_a_transaction(cell: Cell) -> None:
    async with atomic(cell.name):
        await cell.write()
        cell.proxy.strike_after(cell.fault, 1)
        await cell.write()


async def committing(cell: Cell) -> None:
    async with atomic(cell.name):
        await cell.write()
        cell.proxy.strike_after(cell.fault, 1)


async def rolling_back(cell: Cell) -> None:
    async with atomic(cell.name):
        await cell.write()
        cell.proxy.strike_after(cell.fault, 1)
        raise KeyError("the program's own")


async def writing_some_rows(cell: Cell) -> None:
    cell.proxy.strike_after(cell.fault, 1)
    await Entry.objects.bulk_create([{"cell": cell.name}] * 300, using=cell.name)


async def writing_many_rows(cell: Cell) -> None:
    """In a transaction; on PostgreSQL by COPY."""
    cell.proxy.strike_after(cell.fault, 50_000)
    await Entry.objects.bulk_create([{"cell": cell.name}] * 6_000, using=cell.name)


async def iterating(cell: Cell) -> None:
    seen = 0
    pages = Page.objects.order_by("id").iterate(chunk_size=10, using=cell.name)
    async for _ in pages:
        seen += 1
        if seen == 10:
            cell.proxy.strike(cell.fault)
    assert seen == PAGES


async def listening(cell: Cell) -> None:
    channel = f"matrix_{FAULTS.index(cell.fault)}"
    async with db.listen(channel, using=cell.name) as heard:
        first = asyncio.ensure_future(anext(heard))
        while not first.done():
            await db.notify(channel)
            await asyncio.wait([first], timeout=0.05)
        with contextlib.suppress(asyncio.TimeoutError):
            while True:
                await asyncio.wait_for(anext(heard), 0.3)
        cell.proxy.strike_newest(cell.fault)
        await asyncio.sleep(0.1)
        await db.notify(channel)
        received = await asyncio.wait_for(anext(heard), 2)
        if isinstance(received, Gap):
            raise Interrupted


STATES: dict[str, Callable[[Cell], Coroutine[Any, Any, None]]] = {
    "connecting": connecting,
    "idle, then a write": idle,
    "during a read": reading,
    "during a write": writing,
    "during a write, TLS": writing,
    "in a transaction": in_a_transaction,
    "during COMMIT": committing,
    "during ROLLBACK": rolling_back,
    "writing 300 rows": writing_some_rows,
    "writing 6,000 rows": writing_many_rows,
    "iterating": iterating,
    "listening": listening,
}


async def outcome_of(cell: Cell, work: Callable[[Cell], Coroutine[Any, Any, None]]) -> str:
    """What the caller gets, in the words of the table."""
    started = time.monotonic()
    try:
        await asyncio.wait_for(work(cell), DEADLINE * 2)
        outcome = "done"
    except OxydeError as error:
        outcome = f"`{type(error).__name__}`" + (", retryable" if error.retryable else "")
        assert "internal error" not in str(error), cell.name
        if isinstance(error, OutcomeUnknownError):
            outcome = f"`{type(error).__name__}`"
        else:
            assert await cell.stored() == 0, cell.name
    except KeyError:
        outcome = "the block's own error"
        assert await cell.stored() == 0, cell.name
    except Interrupted:
        outcome = "a `Gap`, then notifications"
    except asyncio.TimeoutError:
        outcome = "the caller's timeout"
    assert time.monotonic() - started < DEADLINE, cell.name
    return outcome


async def check_pool(cell: Cell) -> None:
    """All connections are there, and each answers right."""
    pool = db.get_connection(cell.name)
    for _ in range(100):
        if pool.status()["in_use"] == 0:
            break
        await asyncio.sleep(0.05)
    assert pool.status()["in_use"] == 0, (cell.name, pool.status())
    rows = await asyncio.gather(
        *(execute_raw(f"SELECT {number} AS n", using=cell.name) for number in range(4))
    )
    assert rows == [[{"n": number}] for number in range(4)], cell.name
    assert pool.status()["size"] <= SETTINGS.max_connections


async def run_cell(url: str, state: str, fault: Fault) -> str:
    try:
        return await _run_cell(url, state, fault)
    except Exception as error:
        raise AssertionError(f"{state}, {fault}") from error


async def _run_cell(url: str, state: str, fault: Fault) -> str:
    query = "ssl_mode=prefer" if state.endswith("TLS") else "ssl_mode=disable"
    with Proxy(url, query=query) as proxy:
        cell = Cell(state, fault, proxy)
        await AsyncDatabase(proxy.url, name=cell.name, settings=SETTINGS).connect()
        try:
            # Prepares the statements.
            await cell.write("before")
            await Entry.objects.filter(cell="none").count(using=cell.name)
            outcome = await outcome_of(cell, STATES[state])
            proxy.welcome = None
            database = AsyncDatabase(proxy.url, name=cell.name, settings=SETTINGS, overwrite=True)
            if state == "connecting":
                await database.connect()
            await check_pool(cell)
            return outcome
        finally:
            await db.get_connection(cell.name).disconnect()


async def rendered(url: str, states: list[str]) -> str:
    """The table of a database."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def run_one(state: str, fault: Fault) -> str:
        async with turns:
            return await run_cell(url, state, fault)

    names = [(state, fault) for state in states for fault in FAULTS]
    found = await asyncio.gather(*(run_one(state, fault) for state, fault in names))
    outcomes = dict(zip(names, found, strict=True))
    lines = [f"| | {' | '.join(FAULTS)} |", f"|---|{'---|' * len(FAULTS)}"]
    for state in states:
        cells = " | ".join(outcomes[state, fault] for fault in FAULTS)
        lines.append(f"| {state} | {cells} |")
    return "\n".join(lines)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_each_fault_has_a_known_outcome(url: str, server: Server) -> None:
    await db.init(url)
    await create_tables(models=[Entry, Page])
    try:
        await Page.objects.bulk_create([{"text": "x"}] * PAGES)
        server.execute(f"UPDATE matrix_page SET text = REPEAT('x', {PAGE_SIZE})")
        states = [state for state in STATES if state != "listening" or server.flavour == "postgres"]
        table = await rendered(url, states)
    finally:
        await db.drop_tables(models=[Entry, Page])
        await db.close()
    before, heading, rest = GUIDE.read_text().partition(f"## {HEADINGS[server.flavour]}\n\n")
    old, end, after = rest.partition("\n\n")
    if os.environ.get("OXYDE_GOLDEN") == "write":
        GUIDE.write_text(before + heading + table + end + after)
        return
    assert old == table, f"docs/reliability.md differs (`make golden` rewrites it):\n{table}"
