"""Read-only models: of views, and of tables without a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.servers import Server

from oxyde import Count, Field, FieldError, ManagerError, Model, OxydeError, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Exists, OuterRef


class Delivery(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    town: str
    parcels: list[Parcel] = Field(db_reverse_fk="delivery")


class Parcel(Model):
    class Meta:
        is_table = True
        read_only = True

    delivery: Delivery
    weight: int
    label: str | None = None


class ReadDelivery(Model):
    class Meta:
        is_table = True
        table_name = "delivery"
        shares_table = True
        read_only = True

    id: int = Field(db_pk=True)
    town: str


@pytest.fixture
async def parcels(database: AsyncDatabase, server: Server) -> AsyncDatabase:
    await db.create_tables(models=[Delivery, Parcel])
    await Delivery.objects.bulk_create(
        [Delivery(id=1, town="Bonn"), Delivery(id=2, town="Ulm"), Delivery(id=3, town="Köln")]
    )
    server.execute(
        "INSERT INTO parcel (delivery_id, weight, label) "
        "VALUES (1, 2, 'a'), (1, 2, 'a'), (2, 5, NULL)"
    )
    return database


async def test_equal_rows_are_read_as_often_as_they_are_stored(parcels: AsyncDatabase) -> None:
    rows = await Parcel.objects.order_by("weight").all()
    assert [(row.delivery_id, row.weight, row.label) for row in rows] == [
        (1, 2, "a"),
        (1, 2, "a"),
        (2, 5, None),
    ]
    assert await Parcel.objects.count() == 3
    assert await Parcel.objects.exists()
    assert await Parcel.objects.distinct().count() == 2
    assert [row.weight async for row in Parcel.objects.order_by("-weight").iterate()] == [5, 2, 2]
    assert len(await Parcel.objects.raw("SELECT * FROM parcel")) == 3


async def test_relations_of_rows_without_a_key(parcels: AsyncDatabase) -> None:
    joined = await Parcel.objects.join("delivery").order_by("-weight").all()
    assert [row.delivery.town for row in joined if row.delivery] == ["Ulm", "Bonn", "Bonn"]
    owners = await Delivery.objects.prefetch("parcels").order_by("id").all()
    assert [[row.weight for row in owner.parcels] for owner in owners] == [[2, 2], [5], []]
    assert len(await owners[0].parcels_set.all()) == 2  # type: ignore[attr-defined]
    counted = Delivery.objects.annotate(n=Count("parcels"), kg=Sum("parcels__weight"))
    assert await counted.order_by("id").values_list("n", "kg").all() == [(2, 4), (1, 5), (0, None)]


async def test_conditions_over_rows_without_a_key(parcels: AsyncDatabase) -> None:
    async def towns(query: Any) -> list[str]:
        found: list[str] = await query.order_by("id").values_list("town", flat=True).all()
        return found

    heavy = Parcel.objects.filter(weight__gt=3)
    assert await towns(Delivery.objects.filter(parcels__isnull=True)) == ["Köln"]
    assert await towns(Delivery.objects.filter(parcels__weight=2)) == ["Bonn"]
    assert await towns(Delivery.objects.filter(id__in=heavy.values("delivery_id"))) == ["Ulm"]
    of_delivery = heavy.filter(delivery_id=OuterRef("id"))
    assert await towns(Delivery.objects.filter(Exists(of_delivery))) == ["Ulm"]


async def test_groups_of_rows_without_a_key(parcels: AsyncDatabase) -> None:
    grouped = Parcel.objects.group_by("weight").annotate(n=Count()).order_by("weight")
    assert await grouped.values_list("weight", "n").all() == [(2, 2), (5, 1)]
    assert await Parcel.objects.annotate(n=Sum("weight")).values_list("n").all() == [(9,)]
    with pytest.raises(FieldError, match="`label` of `Parcel` has many values in a group"):
        await Parcel.objects.group_by("weight").annotate(n=Count()).values("label", "n").all()


async def test_the_first_row_needs_no_order_and_the_last_one_does(parcels: AsyncDatabase) -> None:
    assert await Parcel.objects.first() is not None
    last = await Parcel.objects.order_by("weight").last()
    assert last is not None and last.weight == 5
    with pytest.raises(OxydeError, match=r"comes last is undefined: it has no key"):
        await Parcel.objects.last()


ASKING_FOR_A_KEY: list[Callable[[], Any]] = [
    lambda: Parcel.objects.filter(pk=1),
    lambda: Parcel.objects.get(pk=1),
    lambda: Parcel.objects.order_by("pk").all(),
    lambda: Parcel.objects.values("pk").all(),
    lambda: Parcel.objects.in_bulk([1]),
    lambda: Delivery.objects.filter(id__in=Parcel.objects.filter(weight=5)).all(),
    lambda: Parcel(delivery_id=1, weight=2).refresh(),
]


@pytest.mark.parametrize("ask", ASKING_FOR_A_KEY)
async def test_asking_for_a_key_is_refused(
    parcels: AsyncDatabase, ask: Callable[[], Awaitable[object]]
) -> None:
    with pytest.raises(OxydeError, match=r"`?Parcel`? has no primary key"):
        await ask()


WRITING: dict[str, Callable[[], Awaitable[object]]] = {
    "save": lambda: Parcel(delivery_id=1, weight=2).save(),
    "delete": lambda: Parcel(delivery_id=1, weight=2).delete(),
    "create": lambda: Parcel.objects.create(delivery_id=1, weight=2),
    "get_or_create": lambda: Parcel.objects.get_or_create(delivery_id=1, weight=2),
    "update_or_create": lambda: Parcel.objects.update_or_create(weight=2),
    "upsert": lambda: Parcel.objects.upsert(delivery_id=1, weight=2),
    "bulk_create": lambda: Parcel.objects.bulk_create([Parcel(delivery_id=1, weight=2)]),
    "bulk_update": lambda: Parcel.objects.bulk_update([], ["weight"]),
    "insert_from": lambda: Parcel.objects.insert_from(Parcel.objects.values("weight"), ["weight"]),
    "update": lambda: Parcel.objects.update(weight=1),
    "increment": lambda: Parcel.objects.increment("weight"),
    "decrement": lambda: Parcel.objects.decrement("weight"),
}


@pytest.mark.parametrize("verb", WRITING)
async def test_writing_is_refused(parcels: AsyncDatabase, verb: str) -> None:
    with pytest.raises(ManagerError, match=rf"^{verb}\(\) writes, and Parcel is read-only"):
        await WRITING[verb]()
    assert await Parcel.objects.aggregate(n=Count(), kg=Sum("weight")) == {"n": 3, "kg": 9}


async def test_a_read_only_model_with_a_key_finds_rows_by_it(parcels: AsyncDatabase) -> None:
    row = await ReadDelivery.objects.get(pk=2)
    assert row.town == "Ulm"
    row.town = "Aalen"
    await row.refresh()
    assert row.town == "Ulm"
    for attempt in (row.save, row.delete, ReadDelivery.objects.delete):
        with pytest.raises(ManagerError, match="ReadDelivery is read-only"):
            await attempt()
    assert (await Delivery.objects.get(pk=2)).town == "Ulm"


@pytest.mark.parametrize("verb", ["add", "remove", "set", "clear", "create"])
async def test_related_managers_write_no_read_only_rows(parcels: AsyncDatabase, verb: str) -> None:
    owner: Any = await Delivery.objects.get(pk=1)
    given: dict[str, Any] = {"weight": 1} if verb == "create" else {}
    items = [[]] if verb == "set" else []
    with pytest.raises(ManagerError, match=rf"^{verb}\(\) writes, and Parcel is read-only"):
        await getattr(owner.parcels_set, verb)(*items, **given)
    assert await Parcel.objects.filter(delivery_id=1).count() == 2


def test_a_relation_towards_a_model_without_a_key_is_refused() -> None:
    with pytest.raises(FieldError, match=r"refers to Parcel, whose key has 0 fields"):

        class Receipt(Model):
            class Meta:
                is_table = True

            id: int = Field(db_pk=True)
            parcel: Parcel


def test_only_a_read_only_model_may_lack_a_key() -> None:
    with pytest.raises(FieldError, match=r"(?s)no primary key.*read_only = True"):

        class Loose(Model):
            class Meta:
                is_table = True

            name: str
