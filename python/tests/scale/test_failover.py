"""Sixteen workers transfer money while the primary is killed and switched, and nothing is lost.

`make test-scale ALL=1 SECONDS=60` runs each for a minute, with a second failover, and prints what
became of the transfers; without SECONDS there is one failover.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import pytest
from support.clusters.haproxy import HAProxy
from support.clusters.mysql import Galera, MysqlNode, Replication
from support.clusters.patroni import Patroni
from support.clusters.postgres import PostgresCluster
from support.clusters.processes import wait_until
from support.clusters.transfers import Figures, Transfers

from oxyde import PoolSettings, db

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.usefixtures("closing"),
    pytest.mark.timeout(400),
]

_SECONDS = float(os.environ.get("OXYDE_TRANSFER_SECONDS", "0"))
# Acknowledged transfers after which the first failover comes, and between it and the end.
_SOME = 200


@pytest.fixture
def show(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Callable[[Figures], None]:
    """Prints the figures, also of a test that passes."""

    def print_figures(figures: Figures) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {figures}")

    return print_figures


async def transfers_over(*failovers: Callable[[], object]) -> Figures:
    """The figures of transfers during which these run, each a third of the time after the one
    before; without a time only the first one."""
    began = time.monotonic()
    async with Transfers() as transfers:
        for failover in failovers if _SECONDS else failovers[:1]:
            await transfers.reach(_SOME)
            await asyncio.sleep(_SECONDS / 8)
            await asyncio.to_thread(failover)
        await transfers.reach(_SOME)
        await asyncio.sleep(max(0.0, began + _SECONDS - time.monotonic()))
    return await transfers.figures()


@pytest.mark.databases("postgres")
async def test_haproxy(show: Callable[[Figures], None]) -> None:
    """The primary crashes, and later another one is switched; a COMMIT waits for both standbys."""
    with PostgresCluster(2) as cluster, HAProxy(cluster) as proxy:
        cluster.synchronise(wanted=True)

        def crash() -> None:
            old = cluster.nodes[0]
            cluster.switch(crash=True)
            cluster.rebuild(old)

        await db.init(proxy.url, settings=PoolSettings(pg_commit_outcome=True))
        figures = await transfers_over(crash, cluster.switch)
        show(figures)
        assert figures.is_exact
        assert figures.longest_gap < 5
        assert db.stats()["default"].role == "primary"


@pytest.mark.databases("postgres")
async def test_patroni(show: Callable[[Figures], None]) -> None:
    """The primary crashes, and then the elected one; a COMMIT waits for one standby."""
    with Patroni(3, synchronous=True) as patroni:

        def crash() -> None:
            wait_until(patroni.has_synchronous_standby, "a synchronous standby")
            leader = patroni.leader()
            assert leader is not None
            patroni.crash(leader)
            wait_until(lambda: patroni.leader() is not None, "a leader")

        settings = PoolSettings(pg_commit_outcome=True)
        await db.init(patroni.url("primary"), settings=settings)
        figures = await transfers_over(crash, crash)
        show(figures)
        assert figures.is_exact
        # Its least ttl is 20 s.
        assert figures.longest_gap < 30


@pytest.mark.databases("mariadb")
async def test_galera(show: Callable[[Figures], None]) -> None:
    """The node that the pool uses is killed and comes back, and then the next one."""
    with Galera(3) as galera:
        first, second, third = galera.nodes

        def kill(node: MysqlNode) -> None:
            node.process.kill()

        def kill_and_return() -> None:
            kill(first)
            # The node that gives it the data answers no writes meanwhile.
            first.begin(f"--wsrep-sst-donor={third.name}")
            galera.wait_for(first)

        await db.init(galera.url("primary"))
        figures = await transfers_over(kill_and_return, lambda: kill(second))
        show(figures)
        assert figures.is_exact
        assert figures.longest_gap < 10


@pytest.mark.databases("mysql")
async def test_mysql_source_and_replica(show: Callable[[Figures], None]) -> None:
    """The replica becomes the source, and then the other one again; both run on."""
    with Replication(1) as replication:
        await db.init(replication.url("primary"))
        figures = await transfers_over(replication.switch, replication.switch)
        show(figures)
        assert figures.is_exact
        assert figures.longest_gap < 5
