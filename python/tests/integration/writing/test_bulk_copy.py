"""Very many rows on PostgreSQL: copied, with the same result as inserted ones."""

from __future__ import annotations

import asyncio
import enum
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import AwareDatetime
from support.values_of import values_of

from oxyde import Field, Model, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, QueryTimeoutError, UniqueViolationError

pytestmark = pytest.mark.databases("postgres")

MANY = 1_200


class Mood(enum.Enum):
    GLAD = "glad"
    ODD = "it's\todd\\"


class Sample(Model):
    class Meta:
        is_table = True
        table_name = 'copied "sample\'s" table'

    id: int | None = Field(default=None, db_pk=True, db_column="the id")
    code: int = Field(db_unique=True)
    text: str | None = None
    flag: bool | None = None
    ratio: float | None = None
    price: Decimal | None = Field(default=None, max_digits=20, decimal_places=6)
    data: bytes | None = None
    document: dict[str, Any] | None = None
    key: uuid.UUID | None = None
    mood: Mood | None = None
    day: date | None = None
    clock: time | None = None
    moment: datetime | None = None
    instant: AwareDatetime | None = None
    span: timedelta | None = None


TEXTS = ["", "\\N", "\\.", "a\tb\nc\rd", "back\\slash", "Grüße 😀", "NULL", "'", None]


def sample(number: int) -> dict[str, Any]:
    if number % 11 == 0:
        return {"code": number}
    sign = -1 if number % 2 else 1
    return {
        "code": number,
        "text": TEXTS[number % len(TEXTS)],
        "flag": number % 3 == 0,
        "ratio": [0.1 * number, float("inf"), -1e300, 5e-324][number % 4],
        "price": Decimal(sign * number) / 8,
        "data": bytes([number % 256, 0, 92]),
        "document": {"n": number, "text": TEXTS[number % len(TEXTS)]},
        "key": uuid.UUID(int=number),
        "mood": list(Mood)[number % 2],
        "day": date(1, 1, 1) + timedelta(days=number * 1000),
        "clock": time(number % 24, 59, 1, number),
        "moment": datetime(1969, 12, 31, 23, 59, 59, number),
        "instant": datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=sign * 5))),
        "span": sign * timedelta(days=number, microseconds=number),
    }


@pytest.fixture
async def table(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Sample])
    return database


async def test_copied_rows_equal_inserted_ones(table: AsyncDatabase) -> None:
    copied = await Sample.objects.bulk_create([sample(number) for number in range(MANY)])
    assert values_of(await Sample.objects.order_by("code").all()) == values_of(copied)
    assert len({row.id for row in copied}) == MANY
    await Sample.objects.delete()
    inserted = await Sample.objects.bulk_create(
        [sample(number) for number in range(MANY)], batch_size=100
    )
    assert [row.model_dump(exclude={"id"}) for row in inserted] == [
        row.model_dump(exclude={"id"}) for row in await Sample.objects.order_by("code").all()
    ]
    one = await Sample.objects.create(code=-1)
    assert one.id is not None
    assert one.id > max(row.id or 0 for row in inserted)


async def test_keys_that_were_given(table: AsyncDatabase) -> None:
    rows = await Sample.objects.bulk_create(
        [{"id": 10_000 + number, "code": number} for number in range(MANY)]
    )
    assert await Sample.objects.order_by("code").values_list("id", flat=True) == [
        row.id for row in rows
    ]


async def test_all_or_nothing(table: AsyncDatabase) -> None:
    await Sample.objects.create(code=MANY - 1)
    with pytest.raises(UniqueViolationError) as caught:
        await Sample.objects.bulk_create([{"code": number} for number in range(MANY)])
    assert caught.value.columns == ("code",)
    assert caught.value.model is Sample
    with pytest.raises(FieldError, match="text"):
        await Sample.objects.bulk_create(
            [*({"code": -number} for number in range(MANY)), {"code": 5, "text": "a\0b"}]
        )
    assert await Sample.objects.count() == 1
    assert await Sample.objects.bulk_create([{"code": 7}])


async def test_inside_a_transaction(table: AsyncDatabase) -> None:
    async with atomic():
        with pytest.raises(UniqueViolationError):
            async with atomic():
                await Sample.objects.bulk_create([{"code": number // 2} for number in range(MANY)])
        rows = await Sample.objects.bulk_create([{"code": number} for number in range(MANY)])
        assert rows[-1].id is not None
    assert await Sample.objects.count() == MANY


async def test_columns_of_another_type_than_the_model(table: AsyncDatabase) -> None:
    """The server reads the values in the type of the column."""
    name = Sample.get_table_name().replace('"', '""')
    await execute_raw(f'ALTER TABLE "{name}" ALTER COLUMN code TYPE smallint')
    await Sample.objects.bulk_create([{"code": number} for number in range(MANY)])
    assert await Sample.objects.sum("code") == sum(range(MANY))


async def test_tables_that_cannot_be_copied_into(table: AsyncDatabase) -> None:
    """A rule of the table would be passed by: its rows are inserted."""
    name = Sample.get_table_name().replace('"', '""')
    await execute_raw(
        f'CREATE RULE nothing_new AS ON INSERT TO "{name}" WHERE new.code > 5 DO INSTEAD NOTHING'
    )
    await Sample.objects.bulk_create([{"id": n, "code": n} for n in range(MANY)])
    assert await Sample.objects.count() == 6


async def test_cancelled_copies_do_not_happen_later(table: AsyncDatabase) -> None:
    rows = [Sample(code=number, text="x" * 200) for number in range(60_000)]
    with pytest.raises((TimeoutError, QueryTimeoutError)):
        await asyncio.wait_for(Sample.objects.bulk_create(rows), 0.05)
    assert await Sample.objects.count() == 0
    assert len(await Sample.objects.bulk_create([{"code": n} for n in range(MANY)])) == MANY
