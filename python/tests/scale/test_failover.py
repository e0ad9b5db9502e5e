"""What happens to pools when others decide who is the primary: HAProxy, Patroni, and a group."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.clusters.haproxy import HAProxy
from support.clusters.mysql import GroupReplication
from support.clusters.patroni import Patroni
from support.clusters.postgres import PostgresCluster
from support.clusters.processes import wait_until

from oxyde import F, Field, Model, atomic, db
from oxyde.exceptions import DatabaseError, DeadlockError

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("closing")]


class Payment(Model):
    class Meta:
        is_table = True
        table_name = "scale_payment"

    id: int | None = Field(default=None, db_pk=True)
    number: int


class Payments:
    """Tasks that write one row after the other in transactions, and repeat what may be repeated."""

    def __init__(self, tasks: int = 3) -> None:
        self.acknowledged: list[int] = []
        self.unknown: list[int] = []
        self.longest = 0.0
        self._done = asyncio.Event()
        self._tasks = [asyncio.create_task(self._run(task)) for task in range(tasks)]

    async def _run(self, task: int) -> None:
        last = time.monotonic()
        for number in range(task * 1_000_000, (task + 1) * 1_000_000):
            while not self._done.is_set():
                try:
                    async with atomic():
                        await Payment.objects.create(number=number)
                except DatabaseError as error:
                    if not error.retryable:
                        assert "may have taken effect" in str(error), error
                        self.unknown.append(number)
                        break
                    await asyncio.sleep(0.02)
                else:
                    self.acknowledged.append(number)
                    break
            if self._done.is_set():
                return
            self.longest = max(self.longest, time.monotonic() - last)
            last = time.monotonic()

    async def end(self, *, may_lose: bool = False) -> None:
        """Stop them, and check that nothing is doubled or lost."""
        self._done.set()
        await asyncio.gather(*self._tasks)
        with db.primary():
            stored = [row.number for row in await Payment.objects.all()]
        assert len(stored) == len(set(stored)), "doubled"
        if may_lose:
            return
        assert set(self.acknowledged) <= set(stored), "lost"
        assert set(stored) - set(self.acknowledged) <= set(self.unknown)


@pytest.mark.databases("postgres")
async def test_a_switch_behind_haproxy() -> None:
    with PostgresCluster(2) as cluster, HAProxy(cluster) as proxy:
        await db.init(proxy.url)
        await db.create_tables(models=[Payment])
        payments = Payments()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(cluster.switch)
        await asyncio.sleep(2)
        await payments.end()
        assert payments.longest < 5
        assert db.stats()["default"].role == "primary"


@pytest.mark.databases("postgres")
async def test_patroni_elects_another_primary() -> None:
    with Patroni(2) as patroni:
        await db.init(patroni.url())
        await db.create_tables(models=[Payment])
        leader = patroni.leader()
        assert leader is not None
        payments = Payments()
        await asyncio.sleep(1)
        await asyncio.to_thread(patroni.crash, leader)
        await asyncio.to_thread(wait_until, lambda: patroni.leader() is not None, "a leader")
        elected = time.monotonic()
        count = len(payments.acknowledged)
        more = lambda: len(payments.acknowledged) > count + 3  # noqa: E731
        await asyncio.to_thread(wait_until, more, "a payment after the election", 5)
        assert time.monotonic() - elected < 5
        # Asynchronous replication may lose the last transactions of a primary that crashed.
        await payments.end(may_lose=True)


@pytest.mark.databases("mysql")
async def test_conflicts_of_group_replication_are_deadlocks() -> None:
    with GroupReplication(3) as group:
        first, second, _ = group.nodes
        await db.init(default=first.url, second=second.url)
        await db.create_tables(models=[Payment])
        await Payment.objects.create(id=1, number=0)
        await asyncio.to_thread(
            second.wait, until="SELECT count(*) FROM shop.scale_payment", is_="1"
        )
        done = 0

        async def add(using: str) -> None:
            nonlocal done
            for _ in range(25):
                try:
                    async with atomic(using):
                        rows = Payment.objects.filter(id=1)
                        await rows.update(number=F("number") + 1, using=using)
                except DeadlockError as error:
                    assert error.retryable
                else:
                    done += 1

        await asyncio.gather(*(add(using) for using in ("default", "second") * 2))
        await asyncio.to_thread(
            first.wait, until="SELECT number FROM shop.scale_payment WHERE id = 1", is_=str(done)
        )
        assert 0 < done <= 100
