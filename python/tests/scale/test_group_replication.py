"""Three members of MySQL's Group Replication, each of which accepts writes."""

from __future__ import annotations

import asyncio

import pytest
from support.clusters.mysql import GroupReplication

from oxyde import F, Field, Model, atomic, db
from oxyde.exceptions import DeadlockError

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("closing")]


class Payment(Model):
    class Meta:
        is_table = True
        table_name = "scale_payment"

    id: int | None = Field(default=None, db_pk=True)
    number: int


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
