"""Random values of every column type come back as they were: created, updated, in bulk."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import uuid
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from support.reference import UTC

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase


class Colour(enum.Enum):
    RED = "red"
    DARK = "dark blue"
    QUOTE = "it's"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 3


class Point(BaseModel):
    x: int
    label: str | None = None


class Every(Model):
    class Meta:
        is_table = True
        table_name = "round_trip_every"

    id: int | None = Field(default=None, db_pk=True)
    whole: int | None = None
    small: int | None = Field(default=None, db_type="SMALLINT", ge=-(2**15), lt=2**15)
    text: str | None = None
    short: str | None = Field(default=None, max_length=8)
    real: float | None = None
    flag: bool | None = None
    money: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    exact: Decimal | None = None
    naive: dt.datetime | None = None
    aware: AwareDatetime | None = None
    day: dt.date | None = None
    clock: dt.time | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    colour: Colour | None = None
    size: Size | None = None
    word: Literal["yes", "no"] | None = None
    v4: ipaddress.IPv4Address | None = None
    v6: ipaddress.IPv6Address | None = None
    data: dict[str, Any] | None = None
    items: list[Any] | None = None
    point: Point | None = None
    points: list[Point] | None = None
    numbers: list[int] | None = None
    names: list[str] | None = None
    days: list[dt.date] | None = None
    amounts: list[Decimal] | None = None
    keys: list[uuid.UUID] | None = None
    flags: list[bool] | None = None


# PostgreSQL holds no NUL in texts, and no database a lone surrogate: both are refused elsewhere.
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_TEXT = st.text(_LETTERS, max_size=40)
_INTS = st.integers(-(2**63), 2**63 - 1)
_REALS = st.floats(allow_nan=False, allow_infinity=False)
_ZONES = st.sampled_from(
    [UTC, dt.timezone(dt.timedelta(hours=5, minutes=45)), dt.timezone(-dt.timedelta(hours=11))]
)
_EXACT = st.decimals(
    allow_nan=False, allow_infinity=False, places=20, min_value=-(10**30), max_value=10**30
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _REALS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_POINTS = st.builds(Point, x=st.integers(-9, 9), label=st.none() | _TEXT)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "whole": _INTS,
    "small": st.integers(-(2**15), 2**15 - 1),
    "text": _TEXT,
    "short": st.text(_LETTERS, max_size=8),
    "real": _REALS,
    "flag": st.booleans(),
    "money": st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**13), max_value=10**13
    ),
    "exact": _EXACT,
    "naive": st.datetimes(),
    "aware": st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=_ZONES),
    "day": st.dates(),
    "clock": st.times(),
    "span": st.timedeltas(dt.timedelta(days=-(10**8)), dt.timedelta(days=10**8)),
    "key": st.uuids(),
    "blob": st.binary(max_size=60),
    "colour": st.sampled_from(Colour),
    "size": st.sampled_from(Size),
    "word": st.sampled_from(["yes", "no"]),
    "v4": st.ip_addresses(v=4),
    "v6": st.ip_addresses(v=6),
    "data": st.dictionaries(_TEXT, _JSON, max_size=4),
    "items": st.lists(_JSON, max_size=4),
    "point": _POINTS,
    "points": st.lists(_POINTS, max_size=3),
    "numbers": st.lists(_INTS, max_size=5),
    "names": st.lists(_TEXT, max_size=5),
    "days": st.lists(st.dates(), max_size=3),
    "amounts": st.lists(_EXACT, max_size=3),
    "keys": st.lists(st.uuids(), max_size=3),
    "flags": st.lists(st.booleans(), max_size=3),
}
_DOCUMENTS = {
    "data",
    "items",
    "point",
    "points",
    "numbers",
    "names",
    "days",
    "amounts",
    "keys",
    "flags",
}
_ROWS = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})


def check(row: Every, expected: dict[str, Any]) -> None:
    """The row has these values, of these types."""
    for name, value in expected.items():
        have = getattr(row, name)
        assert have == value, (name, have, value)
        if name not in _DOCUMENTS:
            assert type(have) is type(value), (name, have, value)
        elif isinstance(value, list) and name != "items":
            assert [type(item) for item in have] == [type(item) for item in value]
        if isinstance(value, dt.datetime):
            assert have.tzinfo is (None if value.tzinfo is None else have.tzinfo)


@pytest.fixture
async def every(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Every])
    return database


_SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@_SETTINGS
@given(first=_ROWS, second=_ROWS)
async def test_create_update_and_save(
    every: AsyncDatabase, first: dict[str, Any], second: dict[str, Any]
) -> None:
    row = await Every.objects.create(**first)
    check(row, first)
    check(await Every.objects.get(id=row.id), first)
    assert await Every.objects.filter(id=row.id).update(**second) == 1
    loaded = await Every.objects.get(id=row.id)
    check(loaded, second)
    for name, value in first.items():
        setattr(loaded, name, value)
    await loaded.save()
    check(await Every.objects.get(id=row.id), first)
    await row.refresh()
    check(row, first)


@_SETTINGS
@given(rows=st.lists(_ROWS, min_size=1, max_size=6))
async def test_bulk_calls(every: AsyncDatabase, rows: list[dict[str, Any]]) -> None:
    created = await Every.objects.bulk_create(rows)
    ids = [row.id for row in created]
    found = await Every.objects.in_bulk(ids)
    for key, expected in zip(ids, rows, strict=True):
        check(found[key], expected)
    for row, values in zip(created, reversed(rows), strict=True):
        for name, value in values.items():
            setattr(row, name, value)
    assert await Every.objects.bulk_update(created, list(VALUES)) == len(rows)
    found = await Every.objects.in_bulk(ids)
    for key, expected in zip(ids, reversed(rows), strict=True):
        check(found[key], expected)
    await Every.objects.filter(id__in=ids).delete()


@_SETTINGS
@given(rows=st.lists(_ROWS, min_size=1, max_size=4))
async def test_filters_and_values(every: AsyncDatabase, rows: list[dict[str, Any]]) -> None:
    created = await Every.objects.bulk_create(rows)
    ids = [row.id for row in created]
    query = Every.objects.filter(id__in=ids).order_by("id")
    by_id = dict(zip(ids, rows, strict=True))
    for name in VALUES:
        if name in _DOCUMENTS:
            continue
        for value in {row[name] for row in rows}:
            expected = sorted(key for key, row in by_id.items() if row[name] == value)
            lookups = {name: value}
            assert await query.filter(**lookups).values_list("id", flat=True) == expected, lookups
            if value is not None:
                lookups = {f"{name}__in": [value]}
                assert await query.filter(**lookups).values_list("id", flat=True) == expected, (
                    lookups
                )
        assert await query.values_list(name, flat=True) == [row[name] for row in by_id.values()]
    await query.delete()
