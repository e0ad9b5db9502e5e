"""Queries, errors, cancellations, abandoned iterators and blocks leave nothing behind.

A few hundred of them each time; `make soak` runs 100,000, and a storm of 10,000 cancellations.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError

STEPS = int(os.environ.get("OXYDE_SOAK", "2000"))
CANCELS = max(STEPS // 10, 200)
WORKERS = 8
CONNECTIONS = 4
# Mean times until a cancellation, in seconds: from the first await of the work to its end.
DELAYS = (0.0005, 0.003, 0.02)

SESSIONS = {
    "postgres": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT count(*) FROM information_schema.processlist "
    "WHERE db = database() AND id <> connection_id()",
}


class Trace(Model):
    class Meta:
        is_table = True
        table_name = "fault_trace"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50, db_unique=True)
    data: dict[str, int] = Field(default_factory=dict)


@pytest.fixture
async def traces(url: str) -> AsyncIterator[AsyncDatabase]:
    settings = PoolSettings(max_connections=CONNECTIONS, statement_cache_size=50)
    await db.init(url, settings=settings)
    await db.create_tables(models=[Trace])
    await Trace.objects.bulk_create([{"text": f"row {n}", "data": {"n": n}} for n in range(50)])
    yield db.get_connection()
    await db.close()


class Stop(Exception):
    pass


async def read(name: str) -> None:
    await Trace.objects.filter(id__lt=random.randrange(50)).all()
    await Trace.objects.get(text="row 7")
    await execute_raw("SELECT 1 AS one")


async def write(name: str) -> None:
    trace = await Trace.objects.create(text=name)
    trace.data = {"n": 1}
    await trace.save()
    await trace.delete()


async def violate(name: str) -> None:
    await Trace.objects.create(text="row 7")


async def violate_in_bulk(name: str) -> None:
    await Trace.objects.bulk_create([{"text": name}, {"text": "row 7"}])


async def wrong_sql(name: str) -> None:
    await execute_raw("SELECT nothing FROM nowhere")


async def wrong_value(name: str) -> None:
    await Trace.objects.filter(id="no number").all()


async def keep(name: str) -> None:
    async with atomic():
        await write(name)
        async with atomic():
            await Trace.objects.count()


async def undo(name: str) -> None:
    with contextlib.suppress(Stop):
        async with atomic():
            await Trace.objects.create(text=name)
            raise Stop


async def too_late(name: str) -> None:
    async with atomic(timeout=0.001):
        await asyncio.sleep(0.002)
        await Trace.objects.count()


async def stop_reading(name: str) -> None:
    async for _ in Trace.objects.iterate(chunk_size=5):
        break


async def stop_reading_in_a_block(name: str) -> None:
    async def generate() -> AsyncIterator[str]:
        async with atomic(read_only=True):
            async for trace in Trace.objects.iterate(chunk_size=5):
                yield trace.text

    async for _ in generate():
        break
    await Trace.objects.count()


WORK: list[Callable[[str], Awaitable[None]]] = [
    read, write, violate, violate_in_bulk, wrong_sql, wrong_value, keep, undo, too_late,
    stop_reading, stop_reading_in_a_block,
]  # fmt: skip


async def one_step(work: Callable[[str], Awaitable[None]], name: str, *, cancelled: bool) -> None:
    task = asyncio.ensure_future(work(name))
    if cancelled:
        await asyncio.sleep(random.random() * 0.004)
        task.cancel()
    with contextlib.suppress(OxydeError, asyncio.CancelledError):
        await task


async def steps(count: int, prefix: str) -> None:
    """Run that many kinds of work, several at a time; each fourth is cancelled."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            work = WORK[number % len(WORK)]
            await one_step(work, f"{prefix} {number}", cancelled=number % 4 == 3)

    await asyncio.gather(*[worker() for _ in range(WORKERS)])


@dataclass
class Left:
    """What is there: counts, and memory in KiB."""

    objects: int
    tasks: int
    threads: int
    files: int
    sessions: int
    in_use: int
    memory: int


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def memory() -> int:
    path = Path("/proc/self/statm")
    pages = int(path.read_text(encoding="ascii").split()[1]) if path.exists() else 0
    return pages * 4


async def left(database: AsyncDatabase, server: Server) -> Left:
    for _ in range(200):  # what is closed in the background
        if database.status()["in_use"] == 0 and len(asyncio.all_tasks()) == 1:
            break
        await asyncio.sleep(0.01)
    gc.collect()
    sql = SESSIONS.get(server.flavour, SESSIONS["mysql"])
    sessions = 0 if server.flavour == "sqlite" else int(server.execute(sql)[0][0])
    return Left(
        objects=len(gc.get_objects()),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        files=open_files(),
        sessions=sessions,
        in_use=database.status()["in_use"],
        memory=memory(),
    )


async def test_nothing_is_left(traces: AsyncDatabase, server: Server) -> None:
    await steps(max(STEPS // 5, 300), "warm")
    before = await left(traces, server)
    await steps(STEPS, "step")
    after = await left(traces, server)
    if STEPS > 10_000:
        print(f"\n{server.flavour}: {STEPS} steps: {before} → {after}")
    # A leak per step, or per eleventh step, would show.
    assert after.objects - before.objects < max(STEPS // 50, 100)
    assert after.tasks == 1
    assert after.threads == before.threads
    assert after.files <= before.files + CONNECTIONS
    assert after.sessions <= CONNECTIONS
    assert after.in_use == 0
    assert after.memory - before.memory < 16 * 1024
    assert await Trace.objects.filter(text__startswith="row").count() == 50


async def test_a_storm_of_cancellations(traces: AsyncDatabase, server: Server) -> None:
    """Random work, cancelled at random times: a write is decided when its task ends."""
    finished: set[str] = set()
    inserted: set[str] = set()

    async def insert(name: str) -> None:
        await Trace.objects.create(text=name)

    async def insert_in_a_block(name: str) -> None:
        async with atomic():
            await Trace.objects.create(text=name)
            await Trace.objects.count()

    async def storm(number: int) -> None:
        name = f"storm {number}"
        work = random.choice([insert, insert_in_a_block, read, stop_reading, undo])
        task = asyncio.ensure_future(work(name))
        await asyncio.sleep(random.expovariate(1 / random.choice(DELAYS)))
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return
        finished.add(name)
        if work in (insert, insert_in_a_block):
            inserted.add(name)

    numbers = iter(range(CANCELS))

    async def worker() -> None:
        for number in numbers:
            await storm(number)

    await asyncio.gather(*[worker() for _ in range(WORKERS)])
    stored = await Trace.objects.values_list("text", flat=True)
    assert inserted <= set(stored)
    await asyncio.sleep(0.3)
    assert await Trace.objects.values_list("text", flat=True) == stored
    after = await left(traces, server)
    if STEPS > 10_000:
        print(f"\n{server.flavour}: {CANCELS} cancels, {len(finished)} too late: {after}")
    assert (after.in_use, after.tasks) == (0, 1)
    assert after.sessions <= CONNECTIONS
    answers = await asyncio.gather(*[execute_raw(f"SELECT {n} AS n") for n in range(40)])
    assert [rows[0]["n"] for rows in answers] == list(range(40))
