"""bulk_update with expressions: one statement per batch, over the rows as the database has them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from oxyde import F, Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, ManagerError, OxydeError, UnsupportedFeatureError
from oxyde.queries import Case, Each, Length, Upper, Value, When


class Maker(Model):
    class Meta:
        is_table = True
        table_name = "each_maker"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Part(Model):
    class Meta:
        is_table = True
        table_name = "each_part"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=40)
    price: Decimal = Field(default=Decimal(1), max_digits=10, decimal_places=3)
    stock: int = 0
    sold: int = 0
    note: str | None = None
    tags: list[str] = []
    maker: Maker | None = None


class Seat(Model):
    class Meta:
        is_table = True
        table_name = "each_seat"

    room: int = Field(db_pk=True)
    number: int = Field(db_pk=True)
    taken: int = 0


@pytest.fixture
async def parts(database: AsyncDatabase) -> list[Part]:
    await db.create_tables(models=[Maker, Part, Seat])
    maker = await Maker.objects.create(name="Acme")
    await Part.objects.bulk_create(
        [{"code": f"p{n}", "stock": n * 10, "maker_id": maker.id} for n in range(5)]
    )
    return await Part.objects.order_by("id").all()


async def column(name: str) -> list[Any]:
    return await Part.objects.order_by("id").values_list(name, flat=True)


async def test_an_expression_for_all(parts: list[Part]) -> None:
    for part in parts:
        part.code = part.code + "!"
        part.stock = -1
    assert await Part.objects.bulk_update(parts[:4], ["code"], stock=F("stock") + 1) == 4
    assert await column("code") == ["p0!", "p1!", "p2!", "p3!", "p4"]
    assert await column("stock") == [1, 11, 21, 31, 40]
    assert await Part.objects.bulk_update(parts, stock=F("stock") * 2 - 1, note="same") == 5
    assert await column("stock") == [1, 21, 41, 61, 79]
    assert await column("note") == ["same"] * 5


async def test_a_value_of_each_object(parts: list[Part]) -> None:
    sold = {part.id: number for number, part in enumerate(parts)}
    changed = await Part.objects.bulk_update(
        parts,
        stock=F("stock") - Each(lambda part: sold[part.id]),
        price=F("price") * Each(lambda part: Decimal(sold[part.id]) / 4),
        note=Each(lambda part: None if part.stock == 20 else f"#{part.stock}"),
    )
    assert changed == 5
    assert await column("stock") == [0, 9, 18, 27, 36]
    assert await column("price") == [Decimal(number) / 4 for number in range(5)]
    assert await column("note") == ["#0", "#10", None, "#30", "#40"]


async def test_each_in_conditions_and_functions(parts: list[Part]) -> None:
    await Part.objects.bulk_update(
        parts,
        code=Upper("code"),
        note=Case(
            When(F("stock") > Each(lambda part: 15 + part.stock % 20), then=Value("many")),
            default=Value("few"),
        ),
    )
    assert await column("code") == ["P0", "P1", "P2", "P3", "P4"]
    assert await column("note") == ["few", "few", "many", "many", "many"]
    typed = await Part.objects.bulk_update(parts[:1], [], lambda part: {part.sold: part.sold + 3})
    assert typed == 1
    assert await column("sold") == [3, 0, 0, 0, 0]


async def test_a_path_to_another_table(parts: list[Part]) -> None:
    await Part.objects.bulk_update(parts[:2], note=F("maker__name"))
    assert await column("note") == ["Acme", "Acme", None, None, None]


async def test_beside_an_array(parts: list[Part]) -> None:
    for part in parts:
        part.tags = [part.code, "x"]
    await Part.objects.bulk_update(parts, ["tags"], stock=F("stock") + 1)
    assert await column("tags") == [[f"p{n}", "x"] for n in range(5)]
    assert await column("stock") == [1, 11, 21, 31, 41]


@pytest.mark.parametrize("batch_size", [1, 2, None])
async def test_batches(parts: list[Part], batch_size: int | None) -> None:
    await Part.objects.bulk_update(parts, stock=F("stock") + 5, batch_size=batch_size)
    assert await column("stock") == [5, 15, 25, 35, 45]


async def test_several_keys(parts: list[Part]) -> None:
    seats = await Seat.objects.bulk_create([{"room": 1, "number": n} for n in range(4)])
    await Seat.objects.bulk_update(seats[1:], taken=F("taken") + F("number"))
    assert await Seat.objects.order_by("number").values_list("taken", flat=True) == [0, 1, 2, 3]


async def test_many_rows(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Maker, Part])
    rows = await Part.objects.bulk_create([{"code": "x", "stock": n} for n in range(10_000)])
    rows = await Part.objects.order_by("id").all()
    added = {row.id: position for position, row in enumerate(rows)}
    total = await Part.objects.sum("stock")
    done = await Part.objects.bulk_update(rows, stock=F("stock") + Each(lambda row: added[row.id]))
    assert done == 10_000
    assert await Part.objects.sum("stock") == total + sum(range(10_000))


async def test_what_reads_another_changed_column(parts: list[Part], flavour: str) -> None:
    """The standard reads the rows as they were; MySQL's UPDATE with a join promises no order."""
    call = Part.objects.bulk_update(parts, sold=F("stock"), stock=F("stock") - 1)
    if flavour in ("mysql", "mariadb"):
        with pytest.raises(UnsupportedFeatureError, match="also changes"):
            await call
        assert await column("sold") == [0] * 5
    else:
        await call
        assert await column("sold") == [0, 10, 20, 30, 40]
        assert await column("stock") == [-1, 9, 19, 29, 39]


async def test_bad_input(parts: list[Part]) -> None:
    wrong: list[tuple[list[str], dict[str, Any], str]] = [
        ([], {}, "needs the fields"),
        (["stock"], {"stock": F("stock") + 1}, "set twice"),
        ([], {"stokc": 1}, "did you mean `stock`"),
        ([], {"id": F("id") + 1}, "cannot change the key"),
        ([], {"stock": F("code")}, "cannot be set to an expression of type"),
        ([], {"stock": Length(Each(str))}, "type of Each"),
        ([], {"note": F("nothing")}, "nothing"),
        ([], {"stock": Case(When(stock__in=[1, 2], then=1), default=0)}, "list"),
    ]
    for fields, expressions, message in wrong:
        with pytest.raises(OxydeError, match=message):
            await Part.objects.bulk_update(parts, fields, **expressions)
    with pytest.raises(FieldError, match="takes a function"):
        Each(3)  # type: ignore[arg-type]
    with pytest.raises(FieldError, match=r"only be used in bulk_update\(\)"):
        await Part.objects.update(stock=Each(lambda part: 1))
    with pytest.raises(ManagerError, match="twice"):
        await Part.objects.bulk_update([parts[0], parts[0]], stock=F("stock") + 1)
    with pytest.raises(ZeroDivisionError):
        await Part.objects.bulk_update(parts, stock=F("stock") + Each(lambda part: 1 // 0))
    assert await column("stock") == [0, 10, 20, 30, 40]
