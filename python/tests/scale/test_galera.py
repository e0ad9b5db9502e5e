"""Three nodes of MariaDB with Galera: addresses, nodes without a majority, conflicts."""

from __future__ import annotations

import asyncio

import pytest
from support.clusters.mysql import Galera

from oxyde import F, Field, Model, atomic, db
from oxyde.exceptions import DeadlockError, NodeNotReadyError

pytestmark = [pytest.mark.databases("mariadb"), pytest.mark.usefixtures("closing")]


class Account(Model):
    class Meta:
        is_table = True
        table_name = "scale_account"

    id: int | None = Field(default=None, db_pk=True)
    balance: int


@pytest.fixture(scope="module", autouse=True)
def table(galera: Galera) -> None:
    galera.nodes[0].execute(
        "CREATE TABLE scale_account (id bigint AUTO_INCREMENT PRIMARY KEY, balance bigint NOT NULL)"
    )


async def test_each_node_is_a_primary(galera: Galera) -> None:
    await db.init(galera.url("primary"))
    stats = db.stats()["default"]
    assert (stats.host, stats.role) == (galera.nodes[0].address, "primary")


async def test_keys_of_bulk_rows_are_their_own(galera: Galera) -> None:
    """Each node counts in steps of three."""
    await db.init(galera.nodes[1].url)
    made = await Account.objects.bulk_create([Account(balance=n) for n in range(50)])
    stored = {row.id: row.balance for row in await Account.objects.all()}
    assert [stored[row.id] for row in made] == list(range(50))


async def test_conflicts_between_nodes_are_deadlocks(galera: Galera) -> None:
    first, second = galera.nodes[:2]
    await db.init(default=first.url, second=second.url)
    await Account.objects.create(id=1_000_001, balance=0)
    conflicts = 0

    async def add(using: str) -> None:
        nonlocal conflicts
        for _ in range(25):
            try:
                async with atomic(using):
                    rows = Account.objects.filter(id=1_000_001)
                    await rows.update(balance=F("balance") + 1, using=using)
            except DeadlockError as error:
                conflicts += 1
                assert error.retryable

    await asyncio.gather(*(add(using) for using in ("default", "second") * 2))
    balance = (await Account.objects.get(id=1_000_001)).balance
    assert balance == 100 - conflicts


async def test_a_node_without_a_majority_is_left(galera: Galera) -> None:
    """The pool of the first two nodes goes on with the second one."""
    first, second, _ = galera.nodes
    hosts = ",".join([first.address, second.address])
    await db.init(f"mysql://root@{hosts}/shop?target_session_attrs=primary")
    assert db.stats()["default"].host == first.address
    await db.init(alone=first.url)
    first.execute("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'")
    try:
        await asyncio.to_thread(first.wait, until="SHOW STATUS LIKE 'wsrep_ready'", is_="OFF")
        with pytest.raises(NodeNotReadyError) as caught:
            await Account.objects.create(balance=1, using="alone")
        assert caught.value.retryable
        assert caught.value.code == "1047"
        row = await Account.objects.create(balance=1)
        assert await Account.objects.filter(id=row.id).count() == 1
        assert db.stats()["default"].host == second.address
    finally:
        first.execute("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'", database=None)
        await asyncio.to_thread(galera.wait_for, first)
