"""The router on a source of MySQL or MariaDB and its replica, by GTIDs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from support.clusters.mysql import MariadbReplication, Replication

from oxyde import Field, Model, atomic, db
from oxyde.exceptions import OxydeError

pytestmark = [
    pytest.mark.databases("mysql", "mariadb"),
    pytest.mark.cluster,
    pytest.mark.usefixtures("closing"),
]


class Crate(Model):
    class Meta:
        is_table = True
        table_name = "scale_crate"

    id: int | None = Field(default=None, db_pk=True)
    number: int


CREATE = "CREATE TABLE scale_crate (id bigint AUTO_INCREMENT PRIMARY KEY, number bigint NOT NULL)"


Cluster = Replication | MariadbReplication


@pytest.fixture(scope="module", params=[Replication, MariadbReplication])
def pair(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A source and its replica."""
    with request.param() as cluster:
        cluster.nodes[0].execute(CREATE)
        cluster.wait()
        yield cluster


@pytest.fixture
def stopped(pair: Cluster) -> Iterator[None]:
    """The replica applies nothing."""
    pair.wait()
    replica = pair.nodes[1]
    replica.execute("STOP REPLICA SQL_THREAD", database=None)
    yield
    replica.execute("START REPLICA SQL_THREAD", database=None)
    pair.wait()


async def start(cluster: Cluster, router: db.Router) -> None:
    source, replica = cluster.nodes
    await db.init(default=source.url, r1=replica.url, router=router)


def reads(name: str) -> dict[str, int]:
    return dict(db.stats()[name].reads)


async def test_reads_wait_for_the_position(pair: Cluster, stopped: None) -> None:
    await start(pair, db.Router(reads=["r1"], sticky="position"))
    assert await Crate.objects.filter(number=-1).count() == 0
    made = await Crate.objects.create(number=1)
    token = db.token()
    assert token is not None
    assert token.startswith("gtid:")
    assert await Crate.objects.filter(id=made.id).exists()
    assert (reads("r1"), reads("default")) == ({"replica": 1}, {"own write": 1})
    replica = pair.nodes[1]
    await asyncio.to_thread(replica.execute, "START REPLICA SQL_THREAD", database=None)
    await asyncio.to_thread(pair.wait)
    await asyncio.sleep(0.03)
    for _ in range(3):
        assert await Crate.objects.filter(id=made.id).exists()
    assert reads("r1") == {"replica": 4}
    await db.close()
    await start(pair, db.Router(reads=["r1"], sticky="position"))
    async with db.since(token), atomic(read_only=True):
        assert await Crate.objects.filter(id=made.id).exists()
    with pytest.raises(OxydeError, match="not a token"):
        db.since("wal:0/1")


async def test_a_replica_that_stands_still_lags(pair: Cluster, stopped: None) -> None:
    await start(pair, db.Router(reads=["r1"], sticky=0, max_lag=0.5))
    # It does not follow its source now.
    await Crate.objects.count()
    assert (reads("r1"), reads("default")) == ({}, {"lag": 1})
    replica = pair.nodes[1]
    await asyncio.to_thread(replica.execute, "START REPLICA SQL_THREAD", database=None)
    await asyncio.to_thread(pair.wait)
    await asyncio.sleep(1.1)
    await Crate.objects.count()
    assert reads("r1") == {"replica": 1}
    assert db.stats()["r1"].lag == 0


async def test_a_user_who_may_not_see_the_lag(pair: Cluster, stopped: None) -> None:
    """The replica is compared with the source instead."""
    source, replica = pair.nodes
    # An anonymous user of localhost would come before one of any host.
    for host in ("%", "localhost"):
        source.execute(f"CREATE USER IF NOT EXISTS clerk@'{host}'")
        source.execute(f"GRANT ALL ON shop.* TO clerk@'{host}'")
    await asyncio.to_thread(replica.execute, "START REPLICA SQL_THREAD", database=None)
    await asyncio.to_thread(pair.wait)
    urls = [node.url.replace("root@", "clerk@") for node in (source, replica)]
    router = db.Router(reads=["r1"], sticky=0, max_lag=0.5)
    await db.init(default=urls[0], r1=urls[1], router=router)
    await Crate.objects.count()
    assert reads("r1") == {"replica": 1}
    await asyncio.to_thread(replica.execute, "STOP REPLICA SQL_THREAD", database=None)
    await Crate.objects.create(number=2)
    await asyncio.sleep(1.6)
    await Crate.objects.count()
    assert (reads("r1"), reads("default")) == ({"replica": 1}, {"lag": 1})


async def test_fresh_outside_of_clusters(pair: Cluster) -> None:
    await db.init(pair.nodes[0].url)
    row = await Crate.objects.create(number=3)
    rows = Crate.objects.filter(id=row.id).fresh()
    assert await rows.count() == 1
    before = db.stats()["default"]
    for _ in range(3):
        assert await rows.count() == 1
    assert [found.number async for found in rows.iterate()] == [3]
    after = db.stats()["default"]
    assert (after.opened, after.errors) == (before.opened, before.errors)
    assert after.statements - before.statements == 4, "it was found out that nothing is to be done"
