"""Reads on another node of a Galera cluster than the one that was written to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.clusters.mysql import Galera

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw

pytestmark = [pytest.mark.databases("mariadb"), pytest.mark.usefixtures("closing")]

ROUNDS = 60


class Pulse(Model):
    class Meta:
        is_table = True
        table_name = "scale_pulse"

    id: int | None = Field(default=None, db_pk=True)
    number: int


@pytest.fixture(scope="module", autouse=True)
def table(galera: Galera) -> None:
    galera.nodes[0].execute(
        "CREATE TABLE scale_pulse (id bigint AUTO_INCREMENT PRIMARY KEY, number bigint NOT NULL)"
    )


@pytest.fixture
async def slow(galera: Galera) -> AsyncIterator[None]:
    """The second node applies slowly: it does so behind locks that readers do not wait for."""
    await db.init(default=galera.nodes[0].url, other=galera.nodes[1].url)
    await Pulse.objects.upsert(id=1, number=0)
    holding = asyncio.Event()
    done = asyncio.Event()

    async def load() -> None:
        # Many rows to apply before each of the test's.
        while not done.is_set():
            await Pulse.objects.bulk_create([Pulse(number=n) for n in range(500)])
            holding.set()

    task = asyncio.create_task(load())
    await holding.wait()
    yield
    done.set()
    await task


async def stale_reads(fresh: bool) -> int:
    query = Pulse.objects.filter(id=1).values_list("number", flat=True).using("other")
    if fresh:
        query = query.fresh()
    stale = 0
    for number in range(1, ROUNDS + 1):
        await Pulse.objects.filter(id=1).update(number=number)
        found = await query.get()
        assert found <= number
        stale += found < number
    return stale


async def test_fresh_reads_are_never_stale(slow: None) -> None:
    assert await stale_reads(fresh=False) > 0, "the test shows nothing"
    assert await stale_reads(fresh=True) == 0


async def test_every_way_to_read(galera: Galera) -> None:
    await db.init(default=galera.nodes[0].url, other=galera.nodes[1].url)
    rows = Pulse.objects.using("other").fresh()
    made = await Pulse.objects.create(number=-1)
    assert (await rows.get(id=made.id)).number == -1
    assert await rows.filter(number=-1).count() == 1
    assert await rows.filter(number=-1).exists()
    assert [row.number async for row in rows.filter(number=-1).iterate()] == [-1]
    assert await rows.filter(id=made.id).update(number=-2) == 1
    async with atomic("other"):
        assert (await Pulse.objects.fresh().get(id=made.id)).number == -2
    seen: list[str] = []
    with db.on_query(lambda statement: seen.append(statement.sql)):
        await rows.first()
    assert seen[0].startswith("SET STATEMENT wsrep_sync_wait = 1 FOR SELECT")


async def test_a_setting_of_the_session(galera: Galera) -> None:
    await db.init(
        default=galera.nodes[0].url,
        other=galera.nodes[1].url,
        settings={"other": PoolSettings(session={"wsrep_sync_wait": 1})},
    )
    assert await execute_raw("SELECT @@wsrep_sync_wait AS value", using="other") == [{"value": 1}]
    await db.close()
    url = f"{galera.nodes[1].url}?session=wsrep_sync_wait=3,lock_wait_timeout=5"
    async with db.connect(url):
        rows = await execute_raw("SELECT @@wsrep_sync_wait AS a, @@lock_wait_timeout AS b")
        assert rows == [{"a": 3, "b": 5}]


async def test_positions_in_the_cluster(galera: Galera) -> None:
    """A router that reads on other nodes waits for what the first one has committed."""
    router = db.Router(reads=["r1", "r2"], sticky="position", max_lag=5.0)
    first, second, third = galera.nodes
    await db.init(default=first.url, r1=second.url, r2=third.url, router=router)
    for number in range(ROUNDS):
        made = await Pulse.objects.create(number=number)
        token = db.token() or ""
        assert await Pulse.objects.filter(id=made.id).exists()
        async with db.since(token):
            assert await Pulse.objects.filter(id=made.id).exists()
    assert token.startswith("gtid:")
    reads = {name: dict(stats.reads) for name, stats in db.stats().items()}
    assert reads["r1"].get("replica", 0) + reads["r2"].get("replica", 0) > ROUNDS / 4, reads
