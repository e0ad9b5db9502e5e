"""A MySQL source that becomes a replica: both servers run on, with their connections."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.clusters.mysql import Replication

from oxyde import Field, Model, atomic, db
from oxyde.exceptions import DatabaseError, ReadOnlyError

pytestmark = [
    pytest.mark.databases("mysql"),
    pytest.mark.cluster,
    pytest.mark.usefixtures("closing"),
]


class Order(Model):
    class Meta:
        is_table = True
        table_name = "scale_order"

    id: int | None = Field(default=None, db_pk=True)
    number: int


@pytest.fixture(scope="module", autouse=True)
def table(source_and_replica: Replication) -> None:
    source_and_replica.nodes[0].execute(
        "CREATE TABLE scale_order (id bigint AUTO_INCREMENT PRIMARY KEY, number bigint NOT NULL)"
    )
    source_and_replica.wait()


async def test_roles(source_and_replica: Replication) -> None:
    source, replica = source_and_replica.nodes
    for target, node, role in [("primary", source, "primary"), ("standby", replica, "standby")]:
        async with db.connect(source_and_replica.url(target)):
            stats = db.stats()["default"]
            assert (stats.host, stats.role) == (node.address, role)


async def test_the_pool_follows_a_switch(source_and_replica: Replication) -> None:
    """Writes and reads follow within a second, and nothing that was acknowledged is lost."""
    await db.init(source_and_replica.url("primary"))
    written: list[int] = []
    gaps: list[float] = []
    done = asyncio.Event()

    async def write(task: int) -> None:
        last = time.monotonic()
        for number in range(task * 100_000, task * 100_000 + 100_000):
            if done.is_set():
                return
            try:
                await Order.objects.create(number=number)
            except DatabaseError as error:
                assert error.retryable, error
                await asyncio.sleep(0.02)
            else:
                written.append(number)
                gaps.append(time.monotonic() - last)
                last = time.monotonic()

    tasks = [asyncio.create_task(write(task)) for task in range(3)]
    await asyncio.sleep(0.3)
    began = time.monotonic()
    await asyncio.to_thread(source_and_replica.switch)
    took = time.monotonic() - began
    await asyncio.sleep(1)
    done.set()
    await asyncio.gather(*tasks)
    assert max(gaps) < took + 1
    new = source_and_replica.nodes[0]
    assert db.stats()["default"].host == new.address
    stored = [number for (number,) in new.execute("SELECT number FROM scale_order")]
    assert len(set(stored)) == len(stored)
    assert set(written) <= set(stored)


async def test_one_name_that_leads_to_another_server(source_and_replica: Replication) -> None:
    """As behind a proxy: the connections to the old source are closed by what it answers."""
    source = source_and_replica.nodes[0]
    await db.init(source.url)
    await asyncio.gather(*(Order.objects.count() for _ in range(3)))
    opened = db.stats()["default"].opened
    source.execute("SET GLOBAL read_only = ON")
    source.execute("SET GLOBAL super_read_only = ON")
    try:
        with pytest.raises(ReadOnlyError) as caught:
            await Order.objects.create(number=-1)
        assert caught.value.retryable
        with pytest.raises(ReadOnlyError):
            async with atomic():
                await Order.objects.create(number=-1)
    finally:
        source.execute("SET GLOBAL super_read_only = OFF")
        source.execute("SET GLOBAL read_only = OFF")
    await Order.objects.create(number=-2)
    assert db.stats()["default"].role == "primary"
    assert db.stats()["default"].opened > opened
