"""Aggregates that list values in an order, of bits, and over expressions of several relations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from oxyde import Avg, Count, F, Field, Max, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError
from oxyde.queries import (
    AnyValue,
    ArrayAgg,
    BitAnd,
    BitOr,
    BitXor,
    Cast,
    JsonAgg,
    JsonObjectAgg,
    Length,
    StringAgg,
)


class Client(Model):
    class Meta:
        is_table = True
        table_name = "listed_client"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    factor: int = 1
    orders: list[Order] = Field(db_reverse_fk="client")
    notes: list[Note] = Field(db_reverse_fk="client")


class Order(Model):
    class Meta:
        is_table = True
        table_name = "listed_order"

    id: int | None = Field(default=None, db_pk=True)
    client: Client = Field(db_on_delete="CASCADE")
    kind: str = "a"
    price: Decimal = Field(default=Decimal(0), max_digits=10, decimal_places=2)
    quantity: int = 1
    paid: bool = True
    made: dt.datetime = dt.datetime(2024, 5, 1, 12)


class Note(Model):
    class Meta:
        is_table = True
        table_name = "listed_note"

    id: int | None = Field(default=None, db_pk=True)
    client: Client = Field(db_on_delete="CASCADE")
    text: str | None = None


@pytest.fixture
async def clients(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Client, Order, Note])
    await Client.objects.bulk_create(
        [{"id": 1, "name": "Ann", "factor": 2}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "Cy"}]
    )
    await Order.objects.bulk_create(
        [
            {"id": 1, "client_id": 1, "kind": "b", "price": Decimal("1.50"), "quantity": 2},
            {"id": 2, "client_id": 1, "kind": "a", "price": Decimal("2.25"), "quantity": 5},
            {"id": 3, "client_id": 1, "kind": "b", "price": Decimal(4), "quantity": 4},
            {"id": 4, "client_id": 2, "kind": "c", "price": Decimal(1), "paid": False},
        ]
    )
    await Note.objects.bulk_create(
        [
            {"id": 1, "client_id": 1, "text": "long one"},
            {"id": 2, "client_id": 1, "text": "x"},
            {"id": 3, "client_id": 2, "text": None},
        ]
    )
    return database


async def _by_client(expression: Any) -> list[Any]:
    query = Client.objects.annotate(value=expression).order_by("id")
    return await query.values_list("value", flat=True)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (StringAgg("orders__kind", "-", order_by="orders__id"), ["b-a-b", "c", None]),
        (StringAgg("orders__kind", "-", order_by="-orders__price"), ["b-a-b", "c", None]),
        (StringAgg("orders__kind", order_by=["orders__kind", "-orders__id"]), ["a,b,b", "c", None]),
        (
            StringAgg("orders__kind", distinct=True, order_by=F("orders__kind").desc()),
            ["b,a", "c", None],
        ),
        (
            StringAgg(
                Cast("orders__quantity", str), order_by="orders__id", filter=Q(orders__paid=True)
            ),
            ["2,5,4", None, None],
        ),
        (ArrayAgg("orders__quantity", order_by="-orders__quantity"), [[5, 4, 2], [1], None]),
        (
            ArrayAgg("orders__kind", distinct=True, order_by="orders__kind"),
            [["a", "b"], ["c"], None],
        ),
        (
            ArrayAgg("orders__quantity", order_by="orders__id", filter=Q(orders__kind="b")),
            [[2, 4], None, None],
        ),
        (ArrayAgg("notes__text", order_by="-notes__id"), [["x", "long one"], [None], None]),
        (
            ArrayAgg(F("orders__quantity") * F("factor"), order_by=F("orders__quantity") * -1),
            [[10, 8, 4], [1], None],
        ),
        (JsonAgg("orders__kind", order_by="orders__id"), [["b", "a", "b"], ["c"], None]),
        (
            JsonAgg("orders__made", distinct=True),
            [["2024-05-01T12:00:00"], ["2024-05-01T12:00:00"], None],
        ),
        (JsonAgg("orders__paid", order_by="orders__id"), [[True, True, True], [False], None]),
    ],
    ids=repr,
)
async def test_lists_in_an_order(
    clients: AsyncDatabase, expression: Any, expected: list[Any]
) -> None:
    assert await _by_client(expression) == expected


async def test_objects_of_keys_and_values(clients: AsyncDatabase) -> None:
    await Note.objects.filter(text=None).delete()
    found = await _by_client(JsonObjectAgg("notes__text", "notes__id"))
    assert found == [{"long one": 1, "x": 2}, None, None]


async def test_decimals_in_documents_are_strings(clients: AsyncDatabase) -> None:
    found = await _by_client(JsonAgg("orders__price", order_by="orders__id"))
    assert [list(map(Decimal, each)) for each in found[:2]] == [
        [Decimal("1.5"), Decimal("2.25"), Decimal(4)],
        [Decimal(1)],
    ]
    assert all(isinstance(price, str) for price in found[0])


async def test_long_strings_are_not_cut(clients: AsyncDatabase) -> None:
    await Note.objects.bulk_create(
        [{"id": n, "client_id": 3, "text": "y" * 1000} for n in range(4, 9)]
    )
    assert [len(each or "") for each in await _by_client(StringAgg("notes__text", ""))] == [
        9,
        0,
        5000,
    ]


async def test_groups_and_whole_tables(clients: AsyncDatabase) -> None:
    kinds = Order.objects.values("kind").annotate(
        ids=ArrayAgg("id", order_by="-id"), names=StringAgg("client__name", order_by="id")
    )
    assert await kinds.order_by("kind").values_list("kind", "ids", "names") == [
        ("a", [2], "Ann"),
        ("b", [3, 1], "Ann,Ann"),
        ("c", [4], "Bob"),
    ]
    factors = Client.objects.values("factor").annotate(
        kinds=ArrayAgg("orders__kind", order_by="orders__id"),
        texts=JsonAgg("notes__text", order_by="notes__id"),
        n=Count("orders"),
    )
    assert await factors.order_by("factor").values_list("factor", "kinds", "texts", "n") == [
        (1, ["c"], [None], 1),
        (2, ["b", "a", "b"], ["long one", "x"], 3),
    ]
    assert await Order.objects.aggregate(
        all=BitAnd("quantity"), any=BitOr("quantity"), odd=BitXor("quantity")
    ) == {"all": 2 & 5 & 4 & 1, "any": 2 | 5 | 4 | 1, "odd": 2 ^ 5 ^ 4 ^ 1}
    assert await _by_client(BitOr("orders__quantity")) == [7, 1, None]
    assert await _by_client(BitAnd("orders__quantity", filter=Q(orders__kind="b"))) == [
        0,
        None,
        None,
    ]
    assert await _by_client(AnyValue("orders__paid")) == [True, False, None]
    assert (await _by_client(AnyValue("orders__kind")))[1:] == ["c", None]


async def test_expressions_of_several_relations(clients: AsyncDatabase) -> None:
    cost = F("orders__price") * F("orders__quantity")
    totals = {
        "total": Sum(cost),
        "mean": Avg(cost, filter=Q(orders__kind="b")),
        "scaled": Sum(F("orders__quantity") * F("factor")),
        "longest": Max(Length("notes__text")),
        "sales": Count("orders"),
        "texts": Count("notes"),
        "kinds": Count("orders__kind", distinct=True),
    }
    rows = await Client.objects.annotate(**totals).order_by("id").values(*totals)
    assert rows == [
        {
            "total": Decimal("30.25"),
            "mean": Decimal("9.5"),
            "scaled": 22,
            "longest": 8,
            "sales": 3,
            "texts": 2,
            "kinds": 2,
        },
        {
            "total": Decimal(1),
            "mean": None,
            "scaled": 1,
            "longest": None,
            "sales": 1,
            "texts": 1,
            "kinds": 1,
        },
        {
            "total": None,
            "mean": None,
            "scaled": None,
            "longest": None,
            "sales": 0,
            "texts": 0,
            "kinds": 0,
        },
    ]
    everything = await Client.objects.aggregate(**totals, factors=Sum("factor"))
    assert everything == {
        "total": Decimal("31.25"),
        "mean": Decimal("9.5"),
        "scaled": 23,
        "longest": 8,
        "sales": 4,
        "texts": 3,
        "kinds": 3,
        "factors": 4,
    }
    ordered = Client.objects.order_by(Sum(cost).desc(nulls_last=True))
    assert await ordered.values_list("id", flat=True) == [1, 2, 3]
    large = Client.objects.annotate(total=Sum(cost)).filter(total__gt=F("factor") * 2)
    assert await large.values_list("id", flat=True) == [1]
    groups = Client.objects.values("factor").annotate(**totals).having(total__gt=2.5)
    assert await groups.values_list("factor", "total", "longest", "texts") == [
        (2, Decimal("30.25"), 8, 2)
    ]


def test_what_is_refused() -> None:
    with pytest.raises(FieldError, match="ordered only by its own values"):
        ArrayAgg("orders__kind", distinct=True, order_by="orders__id")
    with pytest.raises(FieldError, match="order_by takes"):
        StringAgg("orders__kind", order_by="-")
    with pytest.raises(FieldError, match="does not take text"):
        Client.objects.annotate(value=BitOr("orders__kind"))
    with pytest.raises(FieldError, match="many rows"):
        Client.objects.annotate(value=ArrayAgg("orders__kind", order_by="notes__id"))
    with pytest.raises(FieldError, match="crosses two relations"):
        Client.objects.annotate(value=Sum(F("orders__quantity") + F("notes__id")))
