"""A cancelled write does not happen later, and a cancelled task frees its slot."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OutcomeUnknownError

ROUNDS = 100


class Mark(Model):
    class Meta:
        is_table = True
        table_name = "fault_mark"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50)


@pytest.fixture
async def marks(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    await db.create_tables(models=[Mark])
    yield database
    await db.drop_tables(models=[Mark])


async def cancelled_after(delay: float, work: Awaitable[object]) -> bool:
    """Cancel the work after `delay` seconds; whether it was cancelled before it was done."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(delay)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def one(text: str) -> None:
    await Mark.objects.create(text=text)


async def in_block(text: str) -> None:
    async with atomic():
        await Mark.objects.create(text=text)


async def in_nested_block(text: str) -> None:
    async with atomic(), atomic():
        await Mark.objects.create(text=text)


async def many(text: str) -> None:
    await Mark.objects.bulk_create([{"text": text} for _ in range(300)])


WRITES: dict[str, tuple[Callable[[str], Awaitable[None]], int]] = {
    "one": (one, 1),
    "in a block": (in_block, 1),
    "in a nested block": (in_nested_block, 1),
    "bulk": (many, 300),
}


@pytest.mark.parametrize("way", WRITES)
async def test_a_cancelled_write_is_decided_when_the_task_ends(
    marks: AsyncDatabase, way: str
) -> None:
    write, size = WRITES[way]
    counts = {}
    for number in range(ROUNDS):
        text = f"{number}"
        cancelled = await cancelled_after(0.0001 * (number % 40), write(text))
        counts[text] = await Mark.objects.filter(text=text).count()
        assert counts[text] in (0, size)
        assert cancelled or counts[text] == size
    await asyncio.sleep(0.3)
    for text, count in counts.items():
        assert await Mark.objects.filter(text=text).count() == count
    # All connections are there, and none is dirty.
    answers = await asyncio.gather(*(execute_raw("SELECT 7 AS seven") for _ in range(40)))
    assert all(rows[0]["seven"] == 7 for rows in answers)


async def test_a_cancelled_query_does_not_give_its_rows_to_the_next(marks: AsyncDatabase) -> None:
    await Mark.objects.bulk_create([{"text": f"row {number}"} for number in range(2000)])
    for number in range(ROUNDS):
        await cancelled_after(0.0002 * (number % 30), Mark.objects.all())
        rows = await Mark.objects.filter(text="row 7").all()
        assert [row.text for row in rows] == ["row 7"]
        assert (await execute_raw("SELECT 3 AS three"))[0]["three"] == 3


SLOW = {
    "postgres": "SELECT pg_sleep(5)",
    "mysql": "SELECT SLEEP(5)",
    "mariadb": "SELECT SLEEP(5)",
}
RUNNING = {
    "postgres": "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' "
    "AND query LIKE '%pg_sleep(5)%' AND pid <> pg_backend_pid()",
    "mysql": "SELECT count(*) AS n FROM information_schema.processlist "
    "WHERE info LIKE 'SELECT SLEEP(5)%'",
    "mariadb": "SELECT count(*) AS n FROM information_schema.processlist "
    "WHERE info LIKE 'SELECT SLEEP(5)%'",
}


async def test_the_server_is_idle_soon_after_a_cancellation(
    marks: AsyncDatabase, flavour: str
) -> None:
    if flavour not in SLOW:
        slow = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
            "SELECT count(*) FROM n"
        )
        loop = asyncio.get_running_loop()
        started = loop.time()
        assert await cancelled_after(0.1, execute_raw(slow))
        assert loop.time() - started < 0.6
        return
    for _ in range(3):
        assert await cancelled_after(0.1, execute_raw(SLOW[flavour]))
        await asyncio.sleep(0.4)
        assert (await execute_raw(RUNNING[flavour]))[0]["n"] == 0


async def test_waiters_that_give_up_free_their_place(marks: AsyncDatabase) -> None:
    size = marks.settings.max_connections

    async def hold(seconds: float) -> None:
        async with atomic(read_only=True):
            await asyncio.sleep(seconds)

    holders = [asyncio.create_task(hold(0.3)) for _ in range(size)]
    await asyncio.sleep(0.05)
    waiters = [asyncio.create_task(execute_raw("SELECT 1 AS one")) for _ in range(50)]
    await asyncio.sleep(0.05)
    for waiter in waiters[::2]:
        waiter.cancel()
    kept = await asyncio.gather(*waiters[1::2])
    assert all(rows[0]["one"] == 1 for rows in kept)
    await asyncio.gather(*holders)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_cancelled_write_at_the_limit_of_connections(
    marks: AsyncDatabase, server: Server, url: str
) -> None:
    """PostgreSQL stops a statement without another login. Elsewhere it is said to be in doubt."""
    is_postgres = server.flavour == "postgres"
    # Roles belong to the whole server, on which other runs may be under way.
    role = f"limited_{os.getpid()}"
    if is_postgres:
        server.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1")
        server.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        server.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    else:
        server.execute(f"CREATE USER {role} WITH MAX_USER_CONNECTIONS 1")
        server.execute(f"GRANT ALL ON *.* TO {role}")
    parts = urlsplit(url)
    netloc = f"{role}@{parts.netloc.rpartition('@')[2]}"
    limited = urlunsplit(parts._replace(netloc=netloc, query="ssl_mode=disable"))
    mark = await Mark.objects.create(text="before")
    await db.init(limited=limited, settings=PoolSettings(max_connections=1))
    try:
        async with atomic():
            await Mark.objects.filter(id=mark.id).for_update().get()
            with db.detached():
                write = asyncio.ensure_future(
                    Mark.objects.filter(id=mark.id).update(text="after", using="limited")
                )
                await asyncio.sleep(0.3)
                write.cancel()
                expected = asyncio.CancelledError if is_postgres else OutcomeUnknownError
                with pytest.raises(expected):
                    await asyncio.wait_for(write, 8)
        if is_postgres:
            assert (await Mark.objects.get(id=mark.id)).text == "before"
            assert await Mark.objects.filter(id=mark.id).count(using="limited") == 1
    finally:
        await db.get_connection("limited").disconnect()
        if is_postgres:
            server.execute(f"DROP OWNED BY {role}")
        server.execute(f"DROP {'ROLE' if is_postgres else 'USER'} {role}")
