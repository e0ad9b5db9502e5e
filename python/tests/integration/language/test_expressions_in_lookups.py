"""Expressions on the right of lookups: in lists, bounds and dates, over relations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from oxyde import Count, F, Field, Model, Q, Sum, between, db, in_
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupValueError
from oxyde.queries import Length, Now


class Shop(Model):
    class Meta:
        is_table = True
        table_name = "right_shop"

    id: int | None = Field(default=None, db_pk=True)
    name: str = ""
    least: int = 0
    rate: float = 0.5
    items: list[Item] = Field(db_reverse_fk="shop")


class Item(Model):
    class Meta:
        is_table = True
        table_name = "right_item"

    id: int | None = Field(default=None, db_pk=True)
    shop: Shop | None = Field(default=None, db_on_delete="CASCADE")
    title: str = ""
    stock: int | None = None
    low: int = 0
    high: int = 10
    price: Decimal = Field(default=Decimal(0), max_digits=10, decimal_places=2)
    made: dt.datetime = dt.datetime(2024, 5, 1, 12)
    day: dt.date = dt.date(2024, 5, 1)
    clock: dt.time = dt.time(12)
    year: int = 2024
    data: dict[str, Any] = Field(default_factory=dict)


@pytest.fixture
async def items(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Shop, Item])
    await Shop.objects.bulk_create([{"id": 1, "name": "ab", "least": 3}, {"id": 2, "least": 0}])
    day = dt.date(2024, 5, 2)
    rows: list[dict[str, Any]] = [
        {"shop_id": 1, "title": "abc", "stock": 3, "price": Decimal("2.50"), "data": {"n": 3}},
        {"shop_id": 1, "title": "b", "stock": 0, "low": 1, "day": day, "data": {"n": 0}},
        {"shop_id": 2, "title": "c", "stock": 7, "high": 5, "year": 2023, "price": Decimal(8)},
        {"title": "d", "stock": None, "clock": dt.time(13)},
    ]
    await Item.objects.bulk_create([{"id": n, **row} for n, row in enumerate(rows, 1)])
    return database


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Q(stock__in=[F("low"), 3]), [1]),
        (Q(stock__in=[F("shop__least"), 7]), [1, 3]),
        (Q(stock__in=[F("low") - 1, 2.5, 7.0]), [2, 3]),
        (Q(stock__in=[F("low"), F("stock")]), [1, 2, 3]),
        (~Q(stock__in=[F("low"), 3]), [2, 3, 4]),
        (Q(stock__range=(F("low"), F("high"))), [1]),
        (Q(stock__between=(F("shop__least"), 6.5)), [1]),
        (Q(stock__between=(0.5, F("high"))), [1]),
        (~Q(stock__between=(F("low"), F("high"))), [2, 3, 4]),
        (Q(made__date=F("day")), [1, 3, 4]),
        (Q(made__date__lt=F("day")), [2]),
        (Q(made__date__in=[F("day"), dt.date(2020, 1, 1)]), [1, 3, 4]),
        (Q(made__time=F("clock")), [1, 2, 3]),
        (Q(made__year=F("year")), [1, 2, 4]),
        (Q(made__year__gt=F("year")), [3]),
        (Q(made__year__in=[F("year"), 1999]), [1, 2, 4]),
        (Q(made__year__between=(F("year"), 2024)), [1, 2, 3, 4]),
        (Q(stock__gt=F("shop__least")), [3]),
        (Q(price__gt=F("stock")), [3]),
        (Q(price__gte=F("shop__rate")), [1, 3]),
        (Q(stock=F("price")), [2]),
        (Q(stock__lt=F("price")), [3]),
        (Q(title__startswith=F("shop__name")), [1, 3]),
        (Q(stock__in=[Length("title"), 99]), [1]),
        (Q(data__n__in=[F("stock"), 99]), [1, 2]),
        (Q(data__n__between=(F("low"), F("high"))), [1]),
        (Q(shop__in=[F("low") + 1, 99]), [1]),
        (Q(made__lt=Now(aware=False)), [1, 2, 3, 4]),
        (F("stock") + 1 > Decimal("3.5"), [1, 3]),
        (F("stock") + 1 == 4.0, [1]),
        (F("stock") + 1 < float("inf"), [1, 2, 3]),
        (F("stock") + 1 == 2.5, []),
    ],
    ids=str,
)
async def test_what_holds(items: AsyncDatabase, condition: Any, expected: list[int]) -> None:
    found = Item.objects.filter(condition).order_by("id").values_list("id", flat=True)
    assert await found == expected


async def test_both_sides_are_of_one_related_row(items: AsyncDatabase) -> None:
    query = Shop.objects.filter(items__stock__in=[F("items__low"), 3]).order_by("id")
    assert await query.values_list("id", flat=True) == [1]
    query = Shop.objects.filter(items__stock__range=(F("items__low"), F("items__high")))
    assert await query.values_list("id", flat=True) == [1]
    query = Shop.objects.exclude(items__stock__range=(F("items__low"), F("items__high")))
    assert await query.values_list("id", flat=True) == [2]


async def test_typed_queries_and_groups(items: AsyncDatabase) -> None:
    assert await Item.objects.filter(lambda i: in_(i.stock, [i.low, 3])).count() == 1
    assert await Item.objects.filter(lambda i: between(i.stock, i.low, i.high)).count() == 1
    counted = Shop.objects.annotate(n=Count("items")).order_by("id")
    assert await counted.filter(n__in=[F("least"), 1.0]).values_list("id", flat=True) == [2]
    assert await counted.filter(n__gt=1.5).values_list("id", flat=True) == [1]
    years = Item.objects.values("year").annotate(n=Count("id"), least=Sum("low"))
    assert await years.having(n__between=(F("least"), 2.5)) == [{"year": 2023, "n": 1, "least": 0}]


@pytest.mark.parametrize(
    ("lookups", "words"),
    [
        ({"stock__gt": F("title")}, "Cast"),
        ({"stock__in": [F("title"), 1]}, "Cast"),
        ({"title": F("stock")}, "Cast"),
        ({"title__contains": F("stock")}, "Cast"),
        ({"day": F("made")}, "__date"),
        ({"made__gt": F("day")}, "__date"),
        ({"made__year": F("title")}, "Cast"),
        ({"made__date": F("year")}, "Cast"),
        ({"stock__in": [F("low"), None]}, "isnull"),
        ({"stock__in": [F("low"), "x"]}, "'x'"),
        ({"title__isnull": F("stock")}, "plain values"),
        ({"made__month": (2024, F("year"))}, "number"),
    ],
)
def test_types_are_checked_as_for_values(lookups: dict[str, Any], words: str) -> None:
    with pytest.raises(FieldLookupValueError, match=words):
        Item.objects.filter(**lookups)


def test_many_rows_have_no_value() -> None:
    with pytest.raises(FieldError, match="use an aggregate"):
        Shop.objects.filter(least__in=[F("items__stock"), 1])
    with pytest.raises(FieldError, match="no field"):
        Item.objects.filter(stock__in=[F("lwo"), 1])
