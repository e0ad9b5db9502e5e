"""PoolSettings(pg_pooler="transaction") behind a real pgbouncer: few servers, many clients."""

from __future__ import annotations

import asyncio
import enum
import os
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.servers import Server
from support.values_of import values_of

from oxyde import Field, Model, atomic, db
from oxyde.db import AsyncDatabase, PoolSettings
from oxyde.exceptions import (
    DatabaseError,
    OxydeError,
    UniqueViolationError,
    UnsupportedFeatureError,
)
from oxyde.queries import F, execute_raw

pytestmark = pytest.mark.databases("postgres")

POOLER = os.environ.get("OXYDE_TEST_PGBOUNCER_URL", "postgresql://postgres@127.0.0.1:6432")


class ConsignmentState(str, enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Consignment(Model):
    class Meta:
        is_table = True
        table_name = "consignment"

    id: int | None = Field(default=None, db_pk=True)
    code: uuid.UUID = Field(db_unique=True)
    weight: float = 0.1
    state: ConsignmentState = ConsignmentState.GOOD
    tags: list[str] = Field(default_factory=list)


@pytest.fixture(params=["pg_pooler", "pg_statement_cache_capacity", "found out"])
async def pooled(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[AsyncDatabase]:
    """The run's database, through the pooler: two settings say that it is one, and without them it
    is found out."""
    path = urlsplit(server.url).path
    url = urlunsplit(urlsplit(POOLER)._replace(path=path))
    if request.param == "pg_pooler":
        settings = PoolSettings(pg_pooler="transaction", max_connections=12)
    elif request.param == "found out":
        settings = PoolSettings(max_connections=12)
    else:
        settings = PoolSettings(pg_statement_cache_capacity=0, max_connections=12)
    try:
        await db.init(url, settings=settings)
    except OxydeError as error:
        pytest.exit(
            f"pgbouncer does not answer at {POOLER} ({error}); "
            "start it with: scripts/services start pgbouncer",
            returncode=1,
        )
    await db.create_tables(models=[Consignment])
    yield db.get_connection()
    await db.close()


async def test_every_kind_of_statement(pooled: AsyncDatabase, server: Server) -> None:
    rows = [Consignment(code=uuid.uuid4(), weight=n / 3, tags=["a", str(n)]) for n in range(50)]
    await Consignment.objects.bulk_create(rows)
    one = await Consignment.objects.create(code=uuid.uuid4(), state=ConsignmentState.BAD)
    assert values_of(
        await Consignment.objects.filter(state=ConsignmentState.BAD).get()
    ) == values_of(one)
    assert await Consignment.objects.filter(weight=7 / 3).count() == 1
    assert await Consignment.objects.filter(id__in=[1, 2, 3]).update(weight=F("weight") * 2) == 3
    with pytest.raises(UniqueViolationError):
        await Consignment.objects.create(code=one.code)
    found = await execute_raw(
        "SELECT id, state, tags FROM consignment WHERE state = $1 AND code = $2", ["bad", one.code]
    )
    assert found == [{"id": one.id, "state": "bad", "tags": []}]
    assert "consignment" in await Consignment.objects.filter(id=1).explain(analyze=True)
    async with atomic():
        await Consignment.objects.filter(id=1).delete()
        with pytest.raises(LookupError):
            async with atomic():
                await Consignment.objects.order_by("id").limit(1)
                await Consignment.objects.filter(id=2).delete()
                raise LookupError
        seen = [row.id async for row in Consignment.objects.order_by("id").iterate(chunk_size=7)]
        assert seen == list(range(2, 52))
    assert len([row async for row in Consignment.objects.iterate(chunk_size=7)]) == 50
    assert server.execute("SELECT count(*) FROM consignment") == [(50,)]


async def test_more_clients_than_servers(pooled: AsyncDatabase) -> None:
    """Twelve connections over four servers: an answer that went to another one would show."""
    await Consignment.objects.bulk_create(
        [Consignment(code=uuid.uuid4(), weight=n, tags=[str(n)]) for n in range(1, 101)]
    )
    rows = await Consignment.objects.order_by("id").all()

    async def work(number: int) -> None:
        for step in range(20):
            row = rows[(number * 7 + step) % 100]
            kind = (number + step) % 4
            if kind == 0:
                assert await Consignment.objects.get(id=row.id) == row
            elif kind == 1:
                found = await execute_raw("SELECT tags FROM consignment WHERE id = $1", [row.id])
                assert found == [{"tags": row.tags}]
            elif kind == 2:
                async with atomic():
                    assert await Consignment.objects.filter(tags=row.tags).count() == 1
                    await Consignment.objects.filter(id=row.id).update(weight=row.weight)
            else:
                assert await Consignment.objects.filter(code=row.code).values_list(
                    "id", flat=True
                ) == [row.id]

    await asyncio.gather(*(work(number) for number in range(40)))
    status = pooled.status()
    assert status["in_use"] == 0


async def test_settings_of_a_block_reach_no_other_client(pooled: AsyncDatabase) -> None:
    asked = "SELECT current_setting('app.client', true) AS client"

    async def ask(client: int) -> tuple[str, str | None]:
        async with atomic(settings={"app.client": client}):
            inside = (await execute_raw(asked))[0]["client"]
        return inside, (await execute_raw(asked))[0]["client"] or None

    answers = await asyncio.gather(*[ask(client) for client in range(24)])
    assert answers == [(str(client), None) for client in range(24)]


async def test_a_stop_meets_only_its_own_statement(pooled: AsyncDatabase) -> None:
    async def slow() -> None:
        await execute_raw("SELECT pg_sleep(20)")

    async def other() -> int:
        total = 0
        for _ in range(100):
            total += (await execute_raw("SELECT 1 AS one, pg_sleep(0.002)"))[0]["one"]
        return total

    others = [asyncio.create_task(other()) for _ in range(2)]
    for _ in range(5):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        began = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - began < 2
    assert await asyncio.gather(*others) == [100, 100]
    running = await execute_raw(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%'"
        " AND state <> 'idle' AND pid <> pg_backend_pid()"
    )
    assert running == [{"n": 0}]


async def test_what_needs_a_session_is_refused(pooled: AsyncDatabase, server: Server) -> None:
    for sql in (
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1)",
        "SET search_path = elsewhere",
        "LISTEN c",
        "CREATE TEMP TABLE t (id int)",
        "PREPARE a AS SELECT 1",
    ):
        with pytest.raises(UnsupportedFeatureError, match="pg_pooler") as caught:
            await execute_raw(sql)
        assert caught.value.hint
        async with atomic():
            with pytest.raises(UnsupportedFeatureError):
                await execute_raw(sql)
            # Nothing was sent: the transaction is sound.
            await execute_raw("SELECT pg_advisory_xact_lock(1)")
            await execute_raw("SET LOCAL statement_timeout = '5s'")
    with pytest.raises(UnsupportedFeatureError, match="LISTEN"):
        await anext(db.listen("c"))
    await db.notify("c", "sent all the same")
    assert await execute_raw("SHOW statement_timeout") == [{"statement_timeout": "0"}]
    locks = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    assert server.execute(
        f"{locks} WHERE locktype = 'advisory' AND datname = current_database()"
    ) == [(0,)]


async def test_no_statement_stays_named(pooled: AsyncDatabase) -> None:
    for number in range(20):
        await Consignment.objects.create(code=uuid.uuid4(), weight=number)
        await Consignment.objects.filter(weight__lt=number).values_list("weight", flat=True)
        await execute_raw("SELECT state FROM consignment WHERE weight = $1", [float(number)])
        with pytest.raises(DatabaseError):
            await execute_raw("SELECT 1 / (weight - $1)::int FROM consignment", [float(number)])
    others = (
        "SELECT count(*) AS n FROM pg_prepared_statements"
        " WHERE statement NOT LIKE '%pg_prepared_statements%'"
    )
    left = await asyncio.gather(*(execute_raw(others) for _ in range(24)))
    assert left == [[{"n": 0}]] * 24


def test_the_setting_is_checked() -> None:
    with pytest.raises(ValueError, match="pg_pooler"):
        PoolSettings(pg_pooler="statement")  # type: ignore[arg-type]
