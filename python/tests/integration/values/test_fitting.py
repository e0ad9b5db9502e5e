"""A column keeps its scale, precision and length, whatever is computed into it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.values_of import values_of

from oxyde import F, Field, Model, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError
from oxyde.queries import Case, Cast, Concat, Each, Sum, Value, When


class Item(Model):
    class Meta:
        is_table = True
        table_name = "fitted_items"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(default="ab", max_length=4, db_unique=True)
    price: Decimal = Field(default=Decimal("1.10"), max_digits=6, decimal_places=2)
    free: Decimal = Decimal("1.5")
    small: int = Field(default=1, db_type="SMALLINT")
    middle: int = Field(default=1, db_type="INTEGER")


class Copied(Model):
    class Meta:
        is_table = True
        table_name = "fitted_copies"

    id: int | None = Field(default=None, db_pk=True)
    price: Decimal = Field(max_digits=4, decimal_places=1)
    code: str | None = Field(default=None, max_length=3)
    small: int | None = Field(default=None, db_type="SMALLINT")


@pytest.fixture
async def item(database: AsyncDatabase) -> Item:
    """One item."""
    await create_tables(models=[Item, Copied])
    return await Item.objects.create(code="ab")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (F("price") * Decimal("1.155"), "1.27"),
        (F("price") / 3, "0.37"),
        (F("price") + Decimal("0.004"), "1.10"),
        (F("price") + Decimal("0.005"), "1.11"),
        (-F("price") - Decimal("0.005"), "-1.11"),
        (F("small") * 7, "7.00"),
        (Case(When(id__gt=0, then=Decimal("2.345")), default=Decimal(1)), "2.35"),
        (Value(Decimal("9999.994")), "9999.99"),
    ],
)
async def test_decimals_are_rounded(item: Item, expression: Any, expected: str) -> None:
    assert await Item.objects.update(price=expression) == 1
    read = await Item.objects.get()
    assert str(read.price) == expected
    assert await Item.objects.sum("price") == Decimal(expected)
    assert await Item.objects.filter(price=Decimal(expected)).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"price": F("price") * 10_000},
        {"price": F("price") + Decimal("9998.895")},
        {"code": Concat(F("code"), Value("cde"))},
        {"code": F("code") + "cde"},
        {"small": F("small") + 32_767},
        {"small": F("middle") - 32_770},
        {"middle": F("middle") * 2_147_483_648},
    ],
)
async def test_what_does_not_fit_is_refused(item: Item, values: dict[str, Any]) -> None:
    before = await Item.objects.get()
    with pytest.raises(DatabaseError):
        await Item.objects.update(**values)
    with pytest.raises(DatabaseError):
        await Item.objects.bulk_update([item], **values)
    with pytest.raises(DatabaseError):
        await Item.objects.upsert(id=item.id, code="ab", update=values, unique_fields=["id"])
    assert values_of(await Item.objects.get()) == values_of(before)


async def test_other_ways_to_write(item: Item) -> None:
    await Item.objects.increment("price", by=Decimal("0.004"))
    assert (await Item.objects.get()).price == Decimal("1.10")
    share = Each(lambda each: Decimal("1.155"))
    await Item.objects.bulk_update([item], price=F("price") * share)
    assert (await Item.objects.get()).price == Decimal("1.27")
    update = {"price": F("price") / 3}
    found = await Item.objects.upsert(id=item.id, code="ab", update=update, unique_fields=["id"])
    assert found.price == Decimal("0.42")
    (row,) = await Item.objects.update(price=F("price") / 7, returning=True)
    assert row.price == Decimal("0.06")
    # A column without a scale keeps all digits.
    await Item.objects.update(free=F("free") * Decimal("1.23456"))
    assert (await Item.objects.get()).free == Decimal("1.85184")


async def test_rows_from_a_query(item: Item) -> None:
    scaled = Item.objects.annotate(scaled=F("price") * Decimal("1.14"))
    assert await Copied.objects.insert_from(scaled.values("scaled", "code"), ["price", "code"]) == 1
    assert [row.price for row in await Copied.objects.all()] == [Decimal("1.3")]
    total = Item.objects.values("code").annotate(total=Sum("price")).values("total", "code")
    assert await Copied.objects.insert_from(total, ["price", "code"]) == 1
    for value, name in ((F("price") * 1000, "price"), (Concat(F("code"), Value("xx")), "code")):
        query = Item.objects.annotate(value=value)
        if name == "price":
            source, fields = query.values("value"), ["price"]
        else:
            source, fields = query.values("value", "price"), ["code", "price"]
        with pytest.raises(DatabaseError):
            await Copied.objects.insert_from(source, fields)
    large = Item.objects.annotate(large=Cast(F("small") + 40_000, int)).values("large", "price")
    with pytest.raises(DatabaseError):
        await Copied.objects.insert_from(large, ["small", "price"])
    assert await Copied.objects.count() == 2
    assert all(
        row.price == row.price.quantize(Decimal("0.1")) for row in await Copied.objects.all()
    )


@pytest.mark.databases("sqlite")
async def test_numbers_of_other_programs(database: AsyncDatabase, item: Item) -> None:
    """Other programs store decimals as numbers, in columns of another declaration."""
    from oxyde import execute_raw

    await execute_raw("DROP TABLE fitted_copies")
    await execute_raw(
        "CREATE TABLE fitted_copies (id INTEGER PRIMARY KEY, price DECIMAL, code TEXT DEFAULT '', "
        "small INTEGER DEFAULT 1)"
    )
    await execute_raw("INSERT INTO fitted_copies (price) VALUES (1.5), (10), (9.25), ('2.50')")
    objects = Copied.objects
    prices = [Decimal(text) for text in ("1.5", "2.5", "9.25", "10")]
    assert await objects.order_by("price").values_list("price", flat=True) == prices
    assert await objects.filter(price__gte=Decimal("2.5")).count() == 3
    assert await objects.filter(price=10).count() == 1
    assert await objects.sum("price") == Decimal("23.25")
    assert await objects.max("price") == 10
    assert await objects.update(price=F("price") * 2) == 4
    assert await objects.max("price") == 20
