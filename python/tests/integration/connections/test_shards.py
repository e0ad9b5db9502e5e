"""Shards: two databases that each have the rows of their keys."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.servers import Server, make_server

from oxyde import (
    Avg,
    Collate,
    Count,
    F,
    Field,
    Max,
    Model,
    Q,
    Sum,
    Window,
    atomic,
    db,
    execute_raw,
    sync,
)
from oxyde.exceptions import (
    FieldError,
    MultipleObjectsReturned,
    NotFoundError,
    OxydeError,
    TransactionError,
)


class Tenant(Model):
    class Meta:
        is_table = True
        table_name = "shard_tenant"

    id: int = Field(db_pk=True)
    orders: list[Order] = Field(db_reverse_fk="tenant")


class Order(Model):
    class Meta:
        is_table = True
        table_name = "shard_order"

    id: int | None = Field(default=None, db_pk=True)
    tenant: Tenant | None = Field(default=None, db_on_delete="CASCADE")
    number: int = Field(db_unique=True)
    total: Decimal = Field(max_digits=8, decimal_places=2)
    paid_at: dt.datetime | None = None
    note: str = ""
    code: UUID = UUID(int=0)


SHARDS = db.Shards(["s0", "s1"])
# Keys by their shard.
KEYS = {name: [key for key in range(40) if SHARDS.name_of(key) == name] for name in SHARDS.names}


@pytest.fixture
def second(server: Server, tmp_path: Path) -> Iterator[Server]:
    """Another database of the same server."""
    made = make_server(server.flavour, tmp_path)
    made.create()
    yield made
    made.drop()


@pytest.fixture
async def shards(server: Server, second: Server) -> AsyncIterator[db.Shards]:
    """Two shards with empty tables."""
    await db.init(s0=server.url, s1=second.url, shards=SHARDS)
    for name in SHARDS.names:
        await db.create_tables(models=[Tenant, Order], using=name)
    yield SHARDS
    await db.close()


async def fill() -> list[dict[str, Any]]:
    """Orders of six tenants, in an order by number that changes from shard to shard."""
    rows = []
    for number in range(24):
        name = SHARDS.names[number // 3 % 2]
        tenant = KEYS[name][number % 3]
        paid = None if number % 4 == 0 else dt.datetime(2026, 1, 1 + number % 5)
        note = "äZaz€"[number % 5]
        rows.append(
            {
                "tenant_id": tenant,
                "number": number * 7 % 24,
                "total": Decimal(number) / 4,
                "paid_at": paid,
                "note": note,
                "code": UUID(int=number * 5 % 24 << 64),
            }
        )
    for tenant in dict.fromkeys(row["tenant_id"] for row in rows):
        async with db.shard(tenant):
            await Tenant.objects.create(id=tenant)
            await Order.objects.bulk_create([row for row in rows if row["tenant_id"] == tenant])
    return rows


class Kind(IntEnum):
    BIG = 7


def test_the_hash_is_the_same_everywhere() -> None:
    assert db.crc32("tenant-1") == 4226746879
    assert db.crc32(7) == db.crc32("7") == db.crc32(Kind.BIG)
    key = UUID("12345678-1234-5678-1234-567812345678")
    assert db.crc32(key) == db.crc32(str(key))
    for other in (True, None, 1.5, b"7"):
        with pytest.raises(OxydeError, match="whole number, a string or a UUID"):
            db.crc32(other)  # type: ignore[arg-type]


def test_a_function_places_keys() -> None:
    moved = db.Shards(["s0", "s1", "s2"], key=lambda key: "s2" if key == 1 else db.crc32(key) % 2)
    assert moved.name_of(1) == "s2"
    assert {moved.name_of(key) for key in range(2, 30)} == {"s0", "s1"}
    wrong = db.Shards(["s0"], key=lambda key: "elsewhere")
    with pytest.raises(OxydeError, match=r"'elsewhere'.*is not a shard"):
        wrong.name_of(1)


@pytest.mark.parametrize("names", ["s0", [], ["s0", "s0"]])
def test_shards_are_named(names: Any) -> None:
    with pytest.raises(OxydeError, match=r"Shards\(\)"):
        db.Shards(names)


async def test_shards_exist(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    with pytest.raises(OxydeError, match="no database is named 's1'"):
        async with db.connect(s0=url, shards=SHARDS):
            pass
    with pytest.raises(OxydeError, match=r"router= and shards="):
        await db.init(s0=url, shards=db.Shards(["s0"]), router=db.Router(reads=["s0"]))
    with pytest.raises(OxydeError, match="not divided over shards"):
        db.shard(1)
    await db.close()


async def test_queries_run_on_the_shard_of_the_key(
    shards: db.Shards, server: Server, second: Server
) -> None:
    rows = await fill()
    for name, one in zip(shards.names, [server, second], strict=True):
        stored = one.execute("SELECT DISTINCT tenant_id FROM shard_order")
        assert stored
        assert {shards.name_of(tenant) for (tenant,) in stored} == {name}
        assert {tenant for (tenant,) in stored} <= {row["tenant_id"] for row in rows}
    tenant = KEYS["s1"][0]
    async with db.shard(tenant):
        assert await Order.objects.filter(tenant_id=tenant).count() == 4
        async with atomic():
            await Order.objects.filter(tenant_id=tenant).update(note="x")
        (stored,) = await execute_raw("SELECT count(*) AS n FROM shard_order WHERE note = 'x'")
        assert stored["n"] == 4

        async def in_a_task() -> int:
            return await Order.objects.filter(note="x").count()

        assert await asyncio.gather(in_a_task()) == [4]


async def test_a_query_without_a_shard_is_refused(shards: db.Shards) -> None:
    refused = pytest.raises(OxydeError, match="divided over the shards 's0', 's1'")
    with refused:
        await Order.objects.count()
    with refused:
        await Order.objects.create(number=1, total=Decimal(1))
    with refused:
        await execute_raw("SELECT 1")
    with refused:
        async with atomic():
            pass
    with refused:
        await db.create_tables(models=[Order])
    assert await Order.objects.count(using="s0") == 0
    async with db.use("s1"):
        assert await Order.objects.count() == 0
    async with atomic("s0"):
        assert await Order.objects.count() == 0


async def test_rows_are_saved_where_they_are(shards: db.Shards) -> None:
    await fill()
    for name in shards.names:
        async with db.shard(KEYS[name][0]):
            order = await Order.objects.filter(tenant_id=KEYS[name][0]).first()
        assert order is not None
        order.note = "changed"
        await order.save()
        assert await Order.objects.filter(note="changed").count(using=name) == 1


async def test_a_transaction_is_on_one_shard(shards: db.Shards) -> None:
    async with db.shard(KEYS["s0"][0]), atomic():
        async with db.shard(KEYS["s0"][1]):
            await Tenant.objects.create(id=1)
        with pytest.raises(TransactionError, match="belongs to the shard 's1'"):
            async with db.shard(KEYS["s1"][0]):
                pass
        with pytest.raises(TransactionError, match="reads all shards"):
            await Tenant.objects.each_shard()
        with db.detached():
            async with db.shard(KEYS["s1"][0]):
                assert await Tenant.objects.count() == 0


async def test_results_of_all_shards(shards: db.Shards) -> None:
    rows = await fill()
    everywhere = Order.objects.each_shard()
    assert sorted(row.number for row in await everywhere) == list(range(24))
    assert await everywhere.count() == 24
    assert await Order.objects.filter(number__lt=5).each_shard().count() == 5
    assert await Order.objects.order_by("id")[3:7].each_shard().count() == 4
    assert await Order.objects.limit(100).offset(20).each_shard().count() == 4
    assert await Order.objects.filter(number=23).each_shard().exists()
    assert not await Order.objects.filter(number=99).each_shard().exists()
    totals = [row["total"] for row in rows]
    assert await everywhere.sum("total") == sum(totals)
    assert await everywhere.avg("number") == sum(range(24)) / 24
    assert await everywhere.avg(lambda order: order.total) == pytest.approx(sum(totals) / 24)
    assert await everywhere.max("number") == 23
    assert await everywhere.min(lambda order: order.paid_at) == dt.datetime(2026, 1, 1)
    assert await Order.objects.filter(number=99).each_shard().sum("total") is None
    assert await Order.objects.filter(number=99).each_shard().avg("total") is None
    found = await everywhere.aggregate(
        paid=Count("paid_at"),
        late=Sum("number", filter=Q(number__gte=20)),
        mean=Avg("number", filter=Q(number__gte=20)),
    )
    assert found == {"paid": 18, "late": 86, "mean": 21.5}
    assert (await Order.objects.filter(number=5).each_shard().get()).number == 5
    assert await Order.objects.filter(number=99).each_shard().get_or_none() is None
    with pytest.raises(NotFoundError, match="any shard"):
        await Order.objects.filter(number=99).each_shard().get()
    with pytest.raises(MultipleObjectsReturned, match="unique in its shard only"):
        await Order.objects.filter(number__lt=9).each_shard().get()
    numbers = await everywhere.in_bulk([3, 4, 99], field="number")
    assert {key: row.number for key, row in numbers.items()} == {3: 3, 4: 4}
    with pytest.raises(OxydeError, match="keys are unique in their shard only"):
        await everywhere.in_bulk()


@pytest.mark.parametrize(
    ("terms", "key"),
    [
        (["number"], lambda row: row["number"]),
        (["-number"], lambda row: -row["number"]),
        (["total", "number"], lambda row: (row["total"], row["number"])),
        (["code"], lambda row: row["code"]),
        (
            [F("paid_at").desc(nulls_last=True), "-number"],
            lambda row: (
                row["paid_at"] is None,
                -(row["paid_at"].day if row["paid_at"] else 0),
                -row["number"],
            ),
        ),
        (
            [F("paid_at").asc(nulls_first=True), "number"],
            lambda row: (
                row["paid_at"] is not None,
                row["paid_at"].day if row["paid_at"] else 0,
                row["number"],
            ),
        ),
    ],
    ids=["number", "-number", "total", "code", "nulls last", "nulls first"],
)
async def test_rows_come_in_order(shards: db.Shards, terms: Any, key: Any) -> None:
    rows = [row["number"] for row in sorted(await fill(), key=key)]
    query = Order.objects.order_by(*terms)
    assert [row.number for row in await query.each_shard()] == rows
    assert [row.number for row in await query[5:12].each_shard()] == rows[5:12]
    assert await query.values_list("number", flat=True)[2:4].each_shard() == rows[2:4]
    assert [row["number"] for row in await query.values("number")[:3].each_shard()] == rows[:3]
    first, last = await query.each_shard().first(), await query.each_shard().last()
    assert first is not None
    assert last is not None
    assert (first.number, last.number) == (rows[0], rows[-1])


async def test_nulls_stand_where_the_database_has_them(shards: db.Shards) -> None:
    await fill()
    found = await Order.objects.order_by("paid_at", "number").each_shard()
    one = [row.paid_at for row in await Order.objects.order_by("paid_at").all(using="s0")]
    first = one[0] is None
    assert [row.paid_at is None for row in found] == sorted(
        [row.paid_at is None for row in found], reverse=first
    )


BINARY = {"postgres": "C", "sqlite": "BINARY", "mysql": "utf8mb4_bin", "mariadb": "utf8mb4_bin"}


async def test_strings_in_order(shards: db.Shards, flavour: str) -> None:
    rows = await fill()
    wanted = sorted(row["note"] for row in rows)
    query = Order.objects.order_by(Collate("note", BINARY))
    assert [row.note for row in await query.each_shard()] == wanted
    plain = Order.objects.order_by("note").each_shard()
    if flavour == "postgres":
        with pytest.raises(FieldError, match="the collation of the database decides"):
            await plain
    else:
        assert [row.note for row in await plain] == wanted
    with pytest.raises(FieldError, match="decided by the collation"):
        await Order.objects.each_shard().max("note")


async def test_relations_lead_to_rows_of_the_shard(shards: db.Shards) -> None:
    await fill()
    query = Order.objects.filter(tenant__id__gte=0).join("tenant").order_by("number")
    rows = await query.each_shard()
    assert all(row.tenant is not None and row.tenant.id == row.tenant_id for row in rows)
    tenants = await Tenant.objects.prefetch("orders").order_by("id").each_shard()
    assert [len(tenant.orders) for tenant in tenants] == [4] * 6
    counted = await Tenant.objects.annotate(n=Count("orders")).order_by("-id").each_shard()
    assert [each.n for each in counted] == [4] * 6  # type: ignore[attr-defined]


def refused_queries() -> dict[str, tuple[Any, str]]:
    rows = Order.objects
    return {
        "using": (lambda: rows.using("s0"), "names a database"),
        "lock": (lambda: rows.for_update(), "a lock needs a transaction"),
        "union": (lambda: rows.filter(id=1).union(rows.filter(id=2)), "combines queries"),
        "distinct": (lambda: rows.values("note").distinct(), "there twice"),
        "groups": (lambda: rows.values("note").annotate(n=Count()), "a group whose rows"),
        "window": (
            lambda: rows.annotate(n=Window(Max("number"), partition_by=["note"])),
            "a window would have",
        ),
        "random": (lambda: rows.order_by("?"), "random order"),
    }


@pytest.mark.parametrize("case", [*refused_queries()])
async def test_what_cannot_be_joined_is_refused(case: str) -> None:
    make, why = refused_queries()[case]
    with pytest.raises(OxydeError, match=why):
        make().each_shard()


async def test_what_cannot_be_computed_is_refused(shards: db.Shards) -> None:
    everywhere = Order.objects.each_shard()
    for aggregate in (Count("note", distinct=True), Sum("number", default=0)):
        with pytest.raises(FieldError, match="over shards"):
            await everywhere.aggregate(x=aggregate)
    with pytest.raises(FieldError, match="takes an aggregate"):
        await everywhere.aggregate(x=F("number"))
    with pytest.raises(OxydeError, match="has a subquery"):
        await Order.objects.filter(tenant_id__in=Tenant.objects.filter(id=1)).each_shard()
    for name in ("update", "delete", "page", "iterate"):
        with pytest.raises(AttributeError, match=rf"no {name}\(\).*one shard"):
            getattr(everywhere, name)


async def test_a_shard_that_fails_fails_the_read(shards: db.Shards) -> None:
    await db.get_connection("s1").disconnect()
    with pytest.raises(OxydeError):
        await Order.objects.each_shard().count()


def test_without_await(server: Server, second: Server) -> None:
    class Leaf(sync.Model):
        class Meta:
            is_table = True
            table_name = "shard_leaf"

        id: int = Field(db_pk=True)

    with sync.db.connect(s0=server.url, s1=second.url, shards=sync.db.Shards(["s0", "s1"])):
        for name in SHARDS.names:
            sync.db.create_tables(models=[Leaf], using=name)
        for key in range(10):
            with sync.db.shard(key):
                Leaf.objects.create(id=key)
        with sync.db.shard(KEYS["s0"][0]):
            assert 0 < Leaf.objects.count() < 10
        everywhere = Leaf.objects.order_by("-id").each_shard()
        assert [leaf.id for leaf in everywhere] == list(range(9, -1, -1))
        assert everywhere.count() == 10
        assert everywhere.max("id") == 9
        with pytest.raises(OxydeError, match="divided over the shards"):
            Leaf.objects.count()
