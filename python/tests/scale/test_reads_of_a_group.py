"""Causal reads on members of a MySQL group, all of which accept writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from support.clusters.mysql import GroupReplication

from oxyde import Field, Model, db, execute_raw

pytestmark = [
    pytest.mark.databases("mysql"),
    pytest.mark.cluster,
    pytest.mark.usefixtures("closing"),
]


class Barrel(Model):
    class Meta:
        is_table = True
        table_name = "scale_barrel"

    id: int | None = Field(default=None, db_pk=True)
    number: int


@pytest.fixture(scope="module")
def group() -> Iterator[GroupReplication]:
    with GroupReplication(3) as cluster:
        cluster.nodes[0].execute(
            "CREATE TABLE scale_barrel ("
            "id bigint AUTO_INCREMENT PRIMARY KEY, number bigint NOT NULL)"
        )
        for node in cluster.nodes[1:]:
            node.wait(
                until="SELECT count(*) FROM information_schema.tables "
                "WHERE table_name = 'scale_barrel'",
                is_="1",
            )
        yield cluster


async def test_fresh_reads_of_a_group(group: GroupReplication) -> None:
    first, second, _ = group.nodes
    await db.init(default=first.url, other=second.url)
    await Barrel.objects.create(id=1, number=0)
    done = asyncio.Event()

    async def load() -> None:
        while not done.is_set():
            await Barrel.objects.bulk_create([Barrel(number=n) for n in range(500)])

    task = asyncio.create_task(load())
    stale = {False: 0, True: 0}
    query = Barrel.objects.filter(id=1).values_list("number", flat=True).using("other")
    await query.fresh().first()
    for fresh in (False, True):
        asked = query.fresh() if fresh else query
        for number in range(1, 61):
            await Barrel.objects.filter(id=1).update(number=number)
            stale[fresh] += await asked.get() < number
        await Barrel.objects.filter(id=1).update(number=0)
    for number in range(1, 61):
        await Barrel.objects.filter(id=1).update(number=number)
        assert [found async for found in query.fresh().iterate()] == [number]
    async for _ in Barrel.objects.using("other").fresh().iterate(chunk_size=10):
        assert db.get_active_transaction() is None
        break
    rows = await execute_raw("SELECT @@group_replication_consistency AS now", using="other")
    assert rows != [{"now": "BEFORE"}]
    done.set()
    await task
    assert stale[False] > 0, "the test shows nothing"
    assert stale[True] == 0
