"""Upserts by keys of every type: the database tells which key clashed, as its columns compare."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import uuid
from decimal import Decimal
from typing import Any

import pytest

from oxyde import Field, Index, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import UniqueViolationError


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Keyed(Model):
    class Meta:
        is_table = True
        table_name = "upserts_keyed"
        indexes = [Index("one", "two", unique=True)]

    id: uuid.UUID = Field(default_factory=uuid.uuid4, db_pk=True)
    number: int | None = Field(default=None, db_unique=True)
    text: str | None = Field(default=None, max_length=30, db_unique=True)
    uid: uuid.UUID | None = Field(default=None, db_unique=True)
    moment: dt.datetime | None = Field(default=None, db_unique=True)
    day: dt.date | None = Field(default=None, db_unique=True)
    clock: dt.time | None = Field(default=None, db_unique=True)
    span: dt.timedelta | None = Field(default=None, db_unique=True)
    price: Decimal | None = Field(default=None, max_digits=8, decimal_places=2, db_unique=True)
    ratio: float | None = Field(default=None, db_unique=True)
    raw: bytes | None = Field(default=None, max_length=30, db_unique=True)
    colour: Colour | None = Field(default=None, db_unique=True)
    address: ipaddress.IPv4Address | None = Field(default=None, db_unique=True)
    flag: bool | None = Field(default=None, db_unique=True)
    one: int | None = None
    two: str | None = Field(default=None, max_length=10)
    other: str | None = Field(default=None, max_length=10, db_unique=True)
    note: str = ""


MOMENT = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)
KEYS: dict[str, dict[str, Any]] = {
    "number": {"number": -5},
    "text": {"text": "Ünïcode '\"\\% "},
    "uid": {"uid": uuid.UUID(int=5)},
    "moment": {"moment": MOMENT},
    "day": {"day": MOMENT.date()},
    "clock": {"clock": MOMENT.time()},
    "span": {"span": dt.timedelta(days=-1, microseconds=7)},
    "price": {"price": Decimal("10.5")},
    "ratio": {"ratio": 0.1},
    "raw": {"raw": b"\x00\xff'"},
    "colour": {"colour": Colour.BLUE},
    "address": {"address": ipaddress.IPv4Address("10.0.0.1")},
    "flag": {"flag": False},
    "two fields": {"one": 1, "two": "x"},
    "id": {"id": uuid.UUID(int=9)},
}


@pytest.mark.parametrize("kind", KEYS)
async def test_a_key_of_each_type(database: AsyncDatabase, kind: str) -> None:
    await db.create_tables(models=[Keyed])
    key = KEYS[kind]
    named = list(key)
    taken = await Keyed.objects.create(other="taken")
    first = await Keyed.objects.upsert(**key, note="1", unique_fields=named)
    second = await Keyed.objects.upsert(**key, note="2", other="mine", unique_fields=named)
    assert (second.id, second.note, second.other) == (first.id, "2", "mine")
    (third,) = await Keyed.objects.bulk_create(
        [{**key, "note": "3"}], update_conflicts=True, update_fields=["note"], unique_fields=named
    )
    assert third == await Keyed.objects.get(id=first.id)
    assert (third.id, third.note, third.other) == (first.id, "3", "mine")
    await Keyed.objects.bulk_create(
        [Keyed(**key, note="4")], ignore_conflicts=True, unique_fields=named
    )
    for way in (
        lambda: Keyed.objects.upsert(**key, other="taken", unique_fields=named),
        lambda: Keyed.objects.bulk_create(
            [Keyed(**key, other="taken")], update_conflicts=True, unique_fields=named
        ),
    ):
        with pytest.raises(UniqueViolationError):
            await way()
    fourth = await Keyed.objects.upsert(
        **key, other="taken", note="5", unique_fields=named, update_fields=["note"]
    )
    assert (fourth.id, fourth.note) == (first.id, "5")
    assert await Keyed.objects.order_by("note").values_list("id", "note") == [
        (taken.id, ""),
        (first.id, "5"),
    ]
    found, created = await Keyed.objects.get_or_create({"note": "6"}, **key)
    assert (found.id, created) == (first.id, False)
