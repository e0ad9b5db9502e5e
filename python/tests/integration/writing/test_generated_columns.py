"""Columns that the database computes from others: `db_generated`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from oxyde import F, Field, FieldError, Model, UnsupportedFeatureError, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.models.registry import separate_registry
from oxyde.queries import Each


class OrderLine(Model):
    class Meta:
        is_table = True
        table_name = "order_lines"

    id: int | None = Field(default=None, db_pk=True)
    price: int
    qty: int = 1
    note: str | None = Field(default=None, max_length=20)
    total: int = Field(db_generated="price * qty")
    shown: str | None = Field(
        default=None, max_length=20, db_generated="lower(note)", db_column="shown_note"
    )


class Discount(Model):
    class Meta:
        is_table = True
        table_name = "discounts"

    code: str = Field(db_pk=True, max_length=10)
    percent: int
    factor: int | None = Field(default=None, db_generated="100 - percent", db_unique=True)


@pytest.fixture
async def shop(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[OrderLine, Discount])
    return database


async def total_of(line: OrderLine) -> int:
    return (await OrderLine.objects.get(id=line.id)).total


async def test_it_is_read_after_an_insert(shop: AsyncDatabase) -> None:
    line = OrderLine(price=5, qty=3, note="Hello")
    await line.save()
    assert (line.total, line.shown) == (15, "hello")
    made = await OrderLine.objects.create(price=2)
    assert (made.total, made.shown) == (2, None)
    assert made.model_dump()["total"] == 2


async def test_it_is_read_after_an_update(shop: AsyncDatabase) -> None:
    line = await OrderLine.objects.create(price=5, qty=3)
    line.qty = 4
    await line.save()
    assert line.total == 20
    loaded = await OrderLine.objects.get(id=line.id)
    loaded.price, loaded.note = 1, "A"
    await loaded.save(update_fields=["price", "note"])
    assert (loaded.total, loaded.shown) == (4, "a")
    # A row with a given key that was not loaded.
    await OrderLine(id=line.id, price=7, qty=7, note=None).save()
    assert await total_of(line) == 49


async def test_a_key_that_changes_with_it(shop: AsyncDatabase) -> None:
    discount = await Discount.objects.create(code="a", percent=10)
    assert discount.factor == 90
    discount.code, discount.percent = "b", 20
    await discount.save()
    assert (discount.code, discount.factor) == ("b", 80)
    assert await Discount.objects.values_list("code", "factor").all() == [("b", 80)]


async def test_what_was_not_loaded_stays_so(shop: AsyncDatabase) -> None:
    line = await OrderLine.objects.create(price=5, qty=3)
    part = await OrderLine.objects.only("price").get(id=line.id)
    part.price = 6
    await part.save()
    with pytest.raises(FieldError, match=r"OrderLine\.total was not loaded"):
        _ = part.total
    assert await total_of(line) == 18


async def test_a_rollback_takes_it_back(shop: AsyncDatabase) -> None:
    line = await OrderLine.objects.create(price=5, qty=3)
    with pytest.raises(RuntimeError):
        async with atomic():
            line.qty = 10
            await line.save()
            assert line.total == 50
            raise RuntimeError
    assert line.total == 15
    await line.save()
    assert line.total == 50


@pytest.mark.parametrize("count", [3, 1500])
async def test_many_rows(shop: AsyncDatabase, count: int) -> None:
    lines = [OrderLine(price=n, qty=2, note=f"N{n}") for n in range(count)]
    await OrderLine.objects.bulk_create(lines)
    stored = await OrderLine.objects.order_by("id").values_list("total", "shown").all()
    assert stored == [(n * 2, f"n{n}") for n in range(count)]
    assert [line.total for line in lines] == [n * 2 for n in range(count)]
    loaded = await OrderLine.objects.order_by("id").all()
    for line in loaded:
        line.qty = 3
    await OrderLine.objects.bulk_update(loaded, ["qty"], price=F("price") + Each(lambda line: 1))
    assert [line.total for line in loaded] == [(n + 1) * 3 for n in range(count)]
    assert await OrderLine.objects.filter(total=3).count() == 1


async def test_upserts(shop: AsyncDatabase) -> None:
    made = await Discount.objects.upsert(code="a", percent=10)
    assert made.factor == 90
    changed = await Discount.objects.upsert(code="a", percent=30)
    assert changed.factor == 70
    rows = [Discount(code="a", percent=40), Discount(code="b", percent=50)]
    await Discount.objects.bulk_create(rows, update_conflicts=True)
    assert [row.factor for row in rows] == [60, 50]
    found, created = await Discount.objects.get_or_create({"percent": 1}, code="c")
    assert (found.factor, created) == (99, True)
    found, created = await Discount.objects.update_or_create({"percent": 2}, code="c")
    assert (found.factor, created) == (98, False)


async def test_updates_of_queries(shop: AsyncDatabase) -> None:
    line = await OrderLine.objects.create(price=5, qty=3)
    [changed] = await OrderLine.objects.filter(total__gt=1).update(qty=2, returning=True)
    assert changed.total == 10
    await OrderLine.objects.update(price=F("total") + 1)
    assert await total_of(line) == 22
    await OrderLine.objects.insert_from(OrderLine.objects.values("price", "qty"), ["price", "qty"])
    assert await OrderLine.objects.sum("total") == 44


async def test_a_copy_of_a_loaded_row_is_computed_anew(shop: AsyncDatabase) -> None:
    line = await OrderLine.objects.create(price=5, qty=3)
    line.id, line.qty = None, 1
    await line.save()
    assert line.total == 5
    assert await OrderLine.objects.count() == 2


def wrong_writes() -> dict[str, Callable[[Any], Awaitable[object]]]:
    objects = OrderLine.objects

    async def assigned(line: OrderLine) -> None:
        line.total = 1
        await line.save()

    async def hooked(line: OrderLine) -> None:
        line.total = 1
        await line.save(update_fields=["qty"])

    return {
        "create": lambda line: objects.create(price=1, total=2),
        "instance": lambda line: OrderLine(price=1, total=2).save(),
        "assigned": assigned,
        "update_fields": lambda line: line.save(update_fields=["total"]),
        "update": lambda line: objects.update(total=2),
        "increment": lambda line: objects.increment("total"),
        "bulk_create": lambda line: objects.bulk_create([OrderLine(price=1, total=2)]),
        "dicts": lambda line: objects.bulk_create([{"price": 1, "total": 2}]),
        "bulk_update": lambda line: objects.bulk_update([line], ["total"]),
        "expressions": lambda line: objects.bulk_update([line], total=F("total") + 1),
        "insert_from": lambda line: objects.insert_from(objects.values("total"), ["total"]),
        "upsert": lambda line: objects.upsert(id=line.id, price=1, total=2),
        "upsert_fields": lambda line: objects.upsert(id=1, price=1, update_fields=["total"]),
        "upsert_update": lambda line: objects.upsert(id=1, price=1, update={"total": 3}),
        "defaults": lambda line: objects.update_or_create({"total": 2}, id=line.id),
        "get_or_create": lambda line: objects.get_or_create({"price": 1}, total=77),
    }


@pytest.mark.parametrize("way", wrong_writes())
async def test_an_explicit_write_is_refused(shop: AsyncDatabase, way: str) -> None:
    line = await OrderLine.objects.create(price=5, qty=3)
    text = r"cannot write `OrderLine\.total`: the database computes it as price \* qty"
    with pytest.raises(FieldError, match=text):
        await wrong_writes()[way](line)
    assert await OrderLine.objects.values_list("price", "total").all() == [(5, 15)]


def rectangle() -> type[Any]:
    with separate_registry():

        class Rectangle(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            width: int
            area: int | None = Field(default=None, db_generated="width * width", db_stored=False)

    return Rectangle


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_a_value_that_is_not_stored(database: AsyncDatabase) -> None:
    model = rectangle()
    await db.create_tables(models=[model])
    made = await model.objects.create(width=3)
    assert made.area == 9
    made.width = 4
    await made.save()
    assert made.area == 16
    assert await model.objects.filter(area__gt=9).count() == 1


@pytest.mark.databases("postgres")
async def test_postgres_stores_what_it_computes(database: AsyncDatabase) -> None:
    with pytest.raises(
        UnsupportedFeatureError, match=r"PostgreSQL stores generated columns.*`area`"
    ):
        await db.create_tables(models=[rectangle()])
