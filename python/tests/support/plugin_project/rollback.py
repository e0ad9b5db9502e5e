"""Tests that are rolled back, asynchronous ones by whatever plugin runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta, timezone

import httpx
import pytest
import time_machine
from fastapi.testclient import TestClient
from journal import Entry, Writer

from oxyde import (
    AsyncDatabase,
    OxydeError,
    ReadOnlyError,
    TransactionAbortedError,
    TransactionError,
    UniqueViolationError,
    UnsupportedFeatureError,
    atomic,
    db,
    execute_raw,
)
from web import app

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ann() -> Writer:
    return await Writer.objects.create(name="Ann")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="module")
def lasting() -> Iterator[TestClient]:
    """A client of all tests of the module, in whose lifespan the database is opened once."""
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("time", [1, 2])
async def test_a_row_is_gone_in_the_next_test(ann: Writer, time: int) -> None:
    assert [writer.name for writer in await Writer.objects.all()] == ["Ann"]
    await Entry.objects.create(text="hello", writer=ann)
    assert await Entry.objects.filter(writer__name="Ann").count() == 1


@pytest.mark.parametrize("time", [1, 2])
async def test_code_commits_and_nests(time: int) -> None:
    async with atomic():
        await Writer.objects.create(name="kept")
        with pytest.raises(ZeroDivisionError):
            async with atomic():
                await Writer.objects.create(name="taken back")
                _ = 1 // 0
        async with atomic():
            await Writer.objects.create(name="kept, too")
    with pytest.raises(ZeroDivisionError):
        async with atomic():
            await Writer.objects.create(name="never there")
            _ = 1 // 0
    names = await Writer.objects.order_by("name").values_list("name", flat=True).all()
    assert names == ["kept", "kept, too"]


async def test_a_statement_fails_and_the_test_goes_on(ann: Writer) -> None:
    for _ in range(2):
        with pytest.raises(UniqueViolationError):
            await Writer.objects.create(name="Ann")
        assert await Writer.objects.count() == 1
    with pytest.raises(OxydeError):
        await execute_raw("SELECT no_such_column FROM plugin_writers")
    await Writer.objects.create(name="Bo")
    with pytest.raises(TransactionAbortedError):
        async with atomic():
            with pytest.raises(UniqueViolationError):
                await Writer.objects.create(name="Bo")
    assert await Writer.objects.count() == 2


async def test_at_the_same_time() -> None:
    async def write(number: int) -> int:
        async with atomic():
            writer = await Writer.objects.create(name=f"in a block {number}")
            await asyncio.sleep(0)
            await Entry.objects.create(text="one", writer=writer)
            return await Writer.objects.filter(id=writer.id).count()

    alone = [Writer.objects.create(name=f"alone {number}") for number in range(5)]
    found = await asyncio.gather(*[write(number) for number in range(5)], *alone)
    assert found[:5] == [1, 1, 1, 1, 1]
    assert await Writer.objects.count() == 10


async def test_a_cancelled_task_leaves_nothing() -> None:
    async def wait_inside() -> None:
        async with atomic():
            await Writer.objects.create(name="cancelled")
            await asyncio.sleep(60)

    task = asyncio.create_task(wait_inside())
    while not task.done() and db.get_active_transaction() is None:
        await asyncio.sleep(0.01)
        if task.cancel():
            break
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await Writer.objects.count() == 0


async def test_a_statement_that_is_cancelled(ann: Writer, oxyde_database: AsyncDatabase) -> None:
    slow = {
        "postgres": "SELECT pg_sleep(30)",
        "sqlite": "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n)"
        " SELECT count(*) FROM n",
    }.get(oxyde_database.backend, "SELECT sleep(30)")
    for block in (False, True):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(run_raw(slow, block), 0.2)
        assert await Writer.objects.count() == 1
    async with atomic():
        await Writer.objects.create(name="Bo")
    assert await Writer.objects.count() == 2


async def run_raw(sql: str, block: bool) -> None:
    if not block:
        await execute_raw(sql)
        return
    async with atomic():
        await Writer.objects.create(name="Bo")
        await execute_raw(sql)


async def test_iterating_while_others_write(ann: Writer) -> None:
    await Entry.objects.bulk_create([Entry(text=f"{n}", writer=ann) for n in range(300)])
    seen = 0
    async for entry in Entry.objects.order_by("id").iterate(chunk_size=100):
        seen += 1
        if seen % 100 == 1:
            async with atomic():
                await Entry.objects.filter(id=entry.id).update(text="seen")
    assert seen == 300
    assert await Entry.objects.filter(text="seen").count() == 3


async def test_a_block_that_only_reads(ann: Writer) -> None:
    async with atomic(read_only=True):
        assert await Writer.objects.count() == 1
    with pytest.raises(ReadOnlyError):
        async with atomic(read_only=True):
            await Writer.objects.create(name="Bo")
    async with atomic(isolation="serializable"):
        assert await Writer.objects.count() == 1


async def test_what_belongs_to_a_commit() -> None:
    called: list[int] = []

    async def note() -> None:
        called.append(await Writer.objects.count())

    async with atomic(durable=True):
        await Writer.objects.create(name="Ann")
        db.on_commit(note)
        async with atomic():
            db.on_commit(note)
        assert called == []
    assert called == [1, 1]
    with pytest.raises(ZeroDivisionError):
        async with atomic():
            db.on_commit(note)
            _ = 1 // 0
    assert called == [1, 1]


async def test_settings_end_with_their_block(oxyde_database: AsyncDatabase) -> None:
    if oxyde_database.backend != "postgres":
        with pytest.raises(UnsupportedFeatureError):
            async with atomic(settings={"app.tenant": "7"}):
                pass
        return
    ask = "SELECT current_setting('app.tenant', true) AS tenant"
    async with atomic(settings={"app.tenant": "7"}):
        assert await execute_raw(ask) == [{"tenant": "7"}]
    assert await execute_raw(ask) != [{"tenant": "7"}]


async def test_detached_is_refused(ann: Writer) -> None:
    async with atomic():
        await Writer.objects.create(name="Bo")
        with pytest.raises(TransactionError, match="second connection"), db.detached():
            await Writer.objects.count()
        with db.detached():
            other = asyncio.create_task(Writer.objects.count())
    assert await other == 2


async def test_over_http_without_a_lifespan(http: httpx.AsyncClient) -> None:
    assert (await http.post("/writers/Ann")).status_code == 201
    assert (await http.post("/writers/Ann")).status_code == 409
    assert (await http.get("/writers")).json() == ["Ann"]
    assert (await http.post("/later/Bo")).status_code == 200
    assert await Writer.objects.count() == 2
    async with atomic():
        await Writer.objects.create(name="Cy")
        assert (await http.get("/writers")).json() == ["Ann", "Bo", "Cy"]
        assert (await http.post("/writers/Dan")).status_code == 201
        db.transaction.set_rollback()
    assert await Writer.objects.count() == 2
    assert (await http.post("/entries")).json() == 7


async def test_a_test_client_in_an_asynchronous_test(ann: Writer, client: TestClient) -> None:
    assert client.get("/writers").json() == ["Ann"]
    assert client.post("/writers/Bo").status_code == 201
    assert await Writer.objects.count() == 2
    assert client.post("/entries").json() == 6


@pytest.mark.parametrize("time", [1, 2])
def test_a_test_client_has_a_thread_and_a_loop(client: TestClient, time: int) -> None:
    assert client.get("/writers").json() == []
    assert client.post("/writers/Ann").status_code == 201
    assert client.post("/writers/Ann").status_code == 409
    assert client.post("/later/Bo").status_code == 200
    assert client.get("/writers").json() == ["Ann", "Bo"]
    assert client.post("/entries").json() == 7


@pytest.mark.parametrize("time", [1, 2])
def test_a_client_of_the_whole_module(lasting: TestClient, time: int) -> None:
    assert lasting.get("/writers").json() == []
    assert lasting.post("/writers/Ann").status_code == 201
    assert lasting.get("/writers").json() == ["Ann"]


def test_after_the_lifespan_has_ended(client: TestClient) -> None:
    with TestClient(app) as other:
        other.post("/writers/Ann")
    assert TestClient(app).get("/writers").json() == ["Ann"]


@pytest.mark.parametrize("tick", [True, False])
async def test_with_another_time(oxyde_database: AsyncDatabase, tick: bool) -> None:
    with time_machine.travel(datetime(2001, 2, 3, tzinfo=timezone.utc), tick=tick) as clock:
        async with atomic(timeout=30):
            writer = await Writer.objects.create(name="Ann")
            clock.shift(timedelta(days=400))
            writer.name = "Bo"
            await writer.save()
        with pytest.raises(ZeroDivisionError):
            async with atomic():
                writer.name = "Cy"
                await writer.save()
                _ = 1 // 0
        await writer.save()
        assert (await Writer.objects.get(id=writer.id)).name == "Cy"
        clock.shift(timedelta(days=-800))
        assert await asyncio.gather(*[Writer.objects.count() for _ in range(20)]) == [1] * 20
        assert oxyde_database.status()["waiting"] == 0
