"""A value never changes in silence: it is stored exactly, or refused with an OxydeError."""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import math
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from pydantic import AwareDatetime, ValidationError

from oxyde import F, Field, Model, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupError, FieldLookupValueError, OxydeError

UTC = dt.timezone.utc


class Colour(enum.Enum):
    RED = "red"
    DARK = "dark blue"
    QUOTE = "it's"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 9


class Everything(Model):
    class Meta:
        is_table = True
        table_name = "fault_everything"

    id: int | None = Field(default=None, db_pk=True)
    whole: int | None = None
    text: str | None = None
    short: str | None = Field(default=None, max_length=5)
    real: float | None = None
    flag: bool | None = None
    money: Decimal | None = Field(default=None, max_digits=20, decimal_places=4)
    exact: Decimal | None = None
    naive: dt.datetime | None = None
    aware: AwareDatetime | None = None
    day: dt.date | None = None
    clock: dt.time | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    data: dict[str, Any] | None = None
    items: list[Any] | None = None
    numbers: list[int] | None = None
    names: list[str] | None = None
    colour: Colour | None = None
    level: Level | None = None
    v4: IPv4Address | None = None
    v6: IPv6Address | None = None


EDGES: dict[str, list[Any]] = {
    "whole": [0, 1, -1, 7, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63)],
    "text": [
        "",
        " ",
        "a",
        "7",
        "2024-01-02 03:04:05",
        'it\'s "quoted" `so` \\ %_ ;--',
        "ÆØÅ ß İ 😀 \u202e",
        "x" * 100_000,
        "null",
        "tab\tnew\nline\r",
        "trailing  ",
    ],
    "short": ["", "abcde", "ÆØÅßİ", "😀😀😀😀😀"],
    "real": [0.0, 1.5, -2.25, 7.0, 1e308, 5e-324, 0.1, 1 / 3, 2.0**53 + 2],
    "flag": [True, False],
    "money": [Decimal("0.0000"), Decimal("1.1000"), Decimal("-9999999999999999.9999")],
    "exact": [
        Decimal(0),
        Decimal("1.1"),
        Decimal("-12345678901234567890.123456789"),
        Decimal(7),
    ],
    "naive": [
        dt.datetime(1, 1, 1),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
        dt.datetime(2024, 2, 29, 12, 30, 15, 1),
        dt.datetime(1970, 1, 1),
    ],
    "aware": [
        dt.datetime(2024, 2, 29, 12, 30, 15, 1, tzinfo=UTC),
        dt.datetime(1970, 1, 1, tzinfo=UTC),
        dt.datetime(2024, 7, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=45))),
        dt.datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    "day": [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29)],
    "clock": [dt.time(0), dt.time(23, 59, 59, 999999), dt.time(12, 30, 0, 1)],
    "span": [
        dt.timedelta(0),
        dt.timedelta(microseconds=1),
        dt.timedelta(days=-1, microseconds=-1),
        dt.timedelta(days=400, hours=5),
        dt.timedelta(hours=1000),
    ],
    "key": [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.uuid4()],
    "blob": [b"", b"\x00", b"\xff\x00'\\", bytes(range(256)) * 40],
    "data": [
        {},
        {"a": 1},
        {"a": None, "b": [1, 2.5, "x", True, None, {"c": {}}]},
        {"": "", "'": '"', "$and": {"param": {"index": 0}}, "raw": {"parts": ["DROP TABLE x"]}},
        {"big": 2**53 + 1, "small": -(2**63)},
        {"ÆØÅ": "😀"},
    ],
    "items": [[], [1], [[1], {"a": []}], ["x", None, 1.5, False]],
    "numbers": [[], [0], [2**63 - 1, -(2**63), 7]],
    "names": [[], [""], ["a,b", '"', "{}", "NULL", "\\"]],
    "colour": list(Colour),
    "level": list(Level),
    "v4": [IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255")],
    "v6": [IPv6Address("::"), IPv6Address("2001:db8::1")],
}


@pytest.fixture
async def everything(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    await db.create_tables(models=[Everything])
    yield database
    await db.drop_tables(models=[Everything])


def same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right


@pytest.mark.parametrize("field", EDGES)
async def test_a_value_comes_back_as_it_was(everything: AsyncDatabase, field: str) -> None:
    for value in [*EDGES[field], None]:
        created = await Everything.objects.create(**{field: value})
        loaded = await Everything.objects.get(id=created.id)
        assert same(getattr(loaded, field), value), value
        await Everything.objects.filter(id=created.id).update(**{field: None})
        assert getattr(await Everything.objects.get(id=created.id), field) is None
        await Everything.objects.filter(id=created.id).update(**{field: value})
        assert same(getattr(await Everything.objects.get(id=created.id), field), value), value
        row = await Everything.objects.create(whole=None)
        setattr(row, field, value)
        await row.save()
        assert same(getattr(await Everything.objects.get(id=row.id), field), value), value


@pytest.mark.parametrize("field", EDGES)
async def test_bulk_calls_store_the_same(everything: AsyncDatabase, field: str) -> None:
    values = [*EDGES[field], None, *EDGES[field]]
    rows = await Everything.objects.bulk_create([{field: value} for value in values])
    assert [row.id for row in rows] == sorted({row.id for row in rows if row.id is not None})
    loaded = {row.id: row for row in await Everything.objects.all()}
    for row, value in zip(rows, values, strict=True):
        assert same(getattr(loaded[row.id], field), value), value
    for row, value in zip(rows, reversed(values), strict=True):
        setattr(row, field, value)
    await Everything.objects.bulk_update(rows, [field])
    loaded = {row.id: row for row in await Everything.objects.all()}
    for row, value in zip(rows, reversed(values), strict=True):
        assert same(getattr(loaded[row.id], field), value), value


@pytest.mark.parametrize(
    "field", [name for name in EDGES if name not in ("data", "items", "numbers", "names")]
)
async def test_a_filter_finds_exactly_the_value(everything: AsyncDatabase, field: str) -> None:
    values = EDGES[field]
    rows = await Everything.objects.bulk_create([{field: value} for value in values])
    for row, value in zip(rows, values, strict=True):
        found = await Everything.objects.filter(**{field: value}).all()
        assert [each.id for each in found] == [row.id], value
        among = await Everything.objects.filter(**{f"{field}__in": [value]}).all()
        assert [each.id for each in among] == [row.id], value
    everyone = await Everything.objects.filter(**{f"{field}__in": values}).count()
    assert everyone == len(values)
    assert await Everything.objects.filter(**{f"{field}__in": []}).count() == 0


async def test_the_type_bound_before_does_not_matter(everything: AsyncDatabase) -> None:
    """The same statement, its parameter bound as None, int and float in turn, 100 times over."""
    row = await Everything.objects.create(real=1.0, whole=1, money=Decimal(1))
    for number in range(100):
        for real, whole in itertools.product((None, 7, 7.5, number), (None, 7, number)):
            await Everything.objects.filter(id=row.id).update(real=real, whole=whole)
            loaded = await Everything.objects.get(id=row.id)
            assert loaded.real == real
            assert real is None or type(loaded.real) is float
            assert same(loaded.whole, whole)


async def test_increments_are_exact(everything: AsyncDatabase) -> None:
    row = await Everything.objects.create(whole=2**62, money=Decimal("0.1"), real=0.5)
    for _ in range(100):
        await Everything.objects.filter(id=row.id).increment("money", Decimal("0.1"))
        await Everything.objects.filter(id=row.id).update(whole=F("whole") + 1, real=F("real") * 1)
    await row.refresh()
    assert row.money == Decimal("10.1")
    assert row.whole == 2**62 + 100
    assert row.real == 0.5


REFUSED: list[tuple[str, Any]] = [
    ("whole", 2**63),
    ("whole", -(2**63) - 1),
    ("whole", "seven"),
    ("whole", 1.5),
    ("short", "abcdef"),
    ("money", Decimal("1.00001")),
    ("money", Decimal(10) ** 16),
    ("money", Decimal("NaN")),
    ("naive", dt.datetime(2024, 1, 1, tzinfo=UTC)),
    ("aware", dt.datetime(2024, 1, 1)),
    ("clock", dt.time(12, tzinfo=UTC)),
    ("text", "lone \ud800 surrogate"),
    ("data", {"nan": math.nan}),
    ("data", {1: "a key that is no text"}),
    ("colour", "green"),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
async def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(
    everything: AsyncDatabase, field: str, value: Any
) -> None:
    row = await Everything.objects.create(whole=1)
    for attempt in (
        lambda: Everything.objects.create(**{field: value}),
        lambda: Everything.objects.filter(id=row.id).update(**{field: value}),
        lambda: Everything.objects.bulk_create([{"whole": 2}, {field: value}]),
    ):
        with pytest.raises((OxydeError, ValidationError)) as caught:
            await attempt()
        assert field in str(caught.value)
    assert [each.whole for each in await Everything.objects.all()] == [1]


async def test_nan_and_infinity_are_exact_or_refused(everything: AsyncDatabase) -> None:
    for value in (math.nan, math.inf, -math.inf):
        try:
            row = await Everything.objects.create(real=value)
        except OxydeError:
            continue
        loaded = await Everything.objects.get(id=row.id)
        assert loaded.real == value or (math.isnan(value) and math.isnan(loaded.real or 0))


async def test_nul_in_text_is_exact_or_refused(everything: AsyncDatabase) -> None:
    try:
        row = await Everything.objects.create(text="a\x00b")
    except OxydeError as error:
        assert "text" in str(error)
    else:
        assert (await Everything.objects.get(id=row.id)).text == "a\x00b"
    assert await Everything.objects.count() in (0, 1)


async def test_a_number_too_large_for_json_is_exact_or_refused(everything: AsyncDatabase) -> None:
    for value in (2**64, 2**200, -(2**64)):
        try:
            row = await Everything.objects.create(data={"n": value})
        except OxydeError:
            continue
        loaded = await Everything.objects.get(id=row.id)
        assert loaded.data == {"n": value}


async def test_save_leaves_columns_alone_that_it_did_not_change(
    everything: AsyncDatabase, flavour: str
) -> None:
    """Values of another client, which Python would spell in another way."""
    row = await Everything.objects.create(text="before")
    deep = (
        '{"k": ' * 390 + "1.10" + "}" * 390
        if flavour in ("postgres", "sqlite")
        else '{"a":   [1.0, 2]}'
    )
    exact = "1." + "3" * 30
    table = "fault_everything"
    await execute_raw(f"UPDATE {table} SET data = '{deep}', exact = '{exact}' WHERE id = {row.id}")
    cast = "CHAR" if flavour in ("mysql", "mariadb") else "TEXT"
    question = (
        f"SELECT CAST(data AS {cast}) AS d, CAST(exact AS {cast}) AS e "
        f"FROM {table} WHERE id = {row.id}"
    )
    before = await execute_raw(question)
    for number in range(100):
        loaded = await Everything.objects.get(id=row.id)
        loaded.text = f"after {number}"
        await loaded.save()
    assert await execute_raw(question) == before
    assert (await Everything.objects.get(id=row.id)).text == "after 99"


async def test_data_is_never_code(everything: AsyncDatabase) -> None:
    hostile: list[dict[str, Any]] = [
        {"column": {"table": "fault_everything", "name": "id", "type": "big_int"}},
        {"raw": {"parts": [{"text": "1; DROP TABLE fault_everything"}], "type": "text"}},
        {"literal": "null"},
        {"param": {"index": 0, "type": "text", "list": False}},
        {"F": "whole"},
        {"__expr__": "F", "name": "whole"},
        {"subquery": {"select": {}}},
        {"__class__": "RawSQL", "sql": "1"},
    ]
    for data in hostile:
        row = await Everything.objects.create(data=data, items=[data, "'; --"], text=str(data))
        loaded = await Everything.objects.get(id=row.id)
        assert (loaded.data, loaded.items, loaded.text) == (data, [data, "'; --"], str(data))
        assert await Everything.objects.filter(id=row.id).update(data=data) == 1
        with pytest.raises((OxydeError, ValidationError)):
            await Everything.objects.filter(whole=data).all()
        with pytest.raises((OxydeError, ValidationError)):
            await Everything.objects.filter(text=data).all()


async def test_unknown_names_are_refused_before_sql(everything: AsyncDatabase) -> None:
    await Everything.objects.create(whole=1, text="x")
    for attempt in (
        lambda: Everything.objects.filter(wole=1),
        lambda: Everything.objects.filter(whole__gtt=1),
        lambda: Everything.objects.filter(whole=F("wole")),
        lambda: Everything.objects.order_by("wole"),
        lambda: Everything.objects.order_by('text" DESC; --'),
        lambda: Everything.objects.values("wole"),
        lambda: Everything.objects.values_list("wole"),
    ):
        with pytest.raises((FieldError, FieldLookupError)) as caught:
            await attempt().all()
        assert (
            "hint" in str(caught.value)
            or "whole" in str(caught.value)
            or "DESC" in str(caught.value)
        )
    for call in (
        lambda: Everything.objects.filter(id=1).update(wole=1),
        lambda: Everything.objects.create(wole=1),
        lambda: Everything.objects.filter(id=1).increment("wole", 1),
        lambda: Everything.objects.sum("wole"),
        lambda: Everything.objects.bulk_create([{"wole": 1}]),
    ):
        with pytest.raises((FieldError, FieldLookupError, ValidationError)):
            await call()
    assert await Everything.objects.filter(text="x").count() == 1


async def test_lookup_values_of_the_wrong_kind_are_refused(everything: AsyncDatabase) -> None:
    for wrong in (
        {"whole__contains": "1"},
        {"text__year": 2024},
        {"whole__between": (1,)},
        {"text__in": "abc"},
        {"whole__gt": None},
        {"whole__isnull": 1},
        {"whole": "one"},
        {"day__gte": "not a day"},
    ):
        with pytest.raises((FieldLookupError, FieldLookupValueError)):
            await Everything.objects.filter(**wrong).all()
