"""Every lookup on every kind of column: the database's answer against the same thing in Python."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from ipaddress import IPv4Address
from itertools import product
from typing import Any

import pytest
from pydantic import AwareDatetime
from support.reference import UTC, holds

from oxyde import Field, Model, Q, db
from oxyde.db import AsyncDatabase


class Shade(enum.Enum):
    RED = "red"
    DARK = "Dark blue"
    PER_CENT = "100%"


class Rank(enum.IntEnum):
    LOW = 1
    HIGH = 9


class Sample(Model):
    class Meta:
        is_table = True
        table_name = "lookup_sample"

    id: int | None = Field(default=None, db_pk=True)
    text: str | None = None
    short: str | None = Field(default=None, max_length=40)
    whole: int | None = None
    real: float | None = None
    money: Decimal | None = Field(default=None, max_digits=20, decimal_places=4)
    exact: Decimal | None = None
    flag: bool | None = None
    day: dt.date | None = None
    clock: dt.time | None = None
    naive: dt.datetime | None = None
    aware: AwareDatetime | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    shade: Shade | None = None
    rank: Rank | None = None
    address: IPv4Address | None = None


TEXTS = [
    "", " ", "a", "A", "abc", "ABC", "aBc", "xabcx", "100%", "1000", "a_b", "axb", "a\\b", "a\\%b",
    "%", "_", "\\", "\\\\", "'", '"', "it's", "ÆØÅ", "æøå", "Élan", "élan", "ЯБЛОКО", "яблоко",
    "ΩΜΕΓΑ", "ωμεγα", "straße", "STRASSE", "😀 smile", "tab\there", "null", "NULL", "b", "a ",
    "[abc]", "a*b", "a?b", "a.c", "{}", "$1", "?", "--", "Z", "z", "\u00e9 one", "e\u0301 two",
]  # fmt: skip
NUMBERS = [0, 1, -1, 7, 10, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)]
REALS = [0.0, 1.5, -2.25, 7.0, 0.1, 1 / 3, 1e100, -1e-100, 2.0**53]
DECIMALS = [
    Decimal(text)
    for text in ("0", "0.0000", "1.1", "-1.1", "1.0999", "10", "9.5", "-9999999999999999.9999",
                 "9999999999999999.9999", "2", "-2", "-10")
]  # fmt: skip
EXACTS = [*DECIMALS, Decimal("12345678901234567890.123456789"), Decimal("0.000000000001")]
DAYS = [
    dt.date(*each)
    for each in ((1, 1, 1), (1970, 1, 1), (2000, 2, 29), (2023, 12, 31), (2024, 1, 1),
                 (2024, 1, 31), (2024, 2, 1), (2024, 5, 17), (2024, 5, 31),
                 (2024, 6, 1), (2024, 12, 31), (9999, 12, 31))
]  # fmt: skip
CLOCKS = [
    dt.time(0), dt.time(0, 0, 0, 1), dt.time(12, 30), dt.time(12, 30, 59, 999_999),
    dt.time(12, 31), dt.time(23, 59, 59, 999_999), dt.time(6, 7, 8),
]  # fmt: skip
MOMENTS = [
    dt.datetime.combine(day, clock)
    for day, clock in zip(DAYS * 2, [*CLOCKS, *CLOCKS[::-1], *CLOCKS, *CLOCKS[::-1]], strict=False)
]
ZONE = dt.timezone(dt.timedelta(hours=-7))
AWARE = [each.replace(tzinfo=UTC) for each in MOMENTS] + [
    dt.datetime(2024, 5, 31, 20, 30, tzinfo=ZONE),
    dt.datetime(2024, 5, 31, 12, 30, tzinfo=ZONE),
]
SPANS = [
    dt.timedelta(0), dt.timedelta(microseconds=1), dt.timedelta(days=-1), dt.timedelta(days=30),
    dt.timedelta(days=31, hours=1), dt.timedelta(hours=1000),
]  # fmt: skip
KEYS = [uuid.UUID(int=number) for number in (0, 1, 2**64, 2**127, 2**128 - 1)]
BLOBS = [b"", b"\x00", b"\x00\x01", b"\xff", b"abc", b"ABC", b"abcd", b"a'\\"]
FLAGS = [True, False]
ADDRESSES = [IPv4Address(each) for each in ("0.0.0.0", "10.0.0.9", "10.0.0.10", "255.255.255.255")]

VALUES: dict[str, list[Any]] = {
    "text": TEXTS,
    "short": TEXTS,
    "whole": NUMBERS,
    "real": REALS,
    "money": DECIMALS,
    "exact": EXACTS,
    "flag": FLAGS,
    "day": DAYS,
    "clock": CLOCKS,
    "naive": MOMENTS,
    "aware": AWARE,
    "span": SPANS,
    "key": KEYS,
    "blob": BLOBS,
    "shade": list(Shade),
    "rank": list(Rank),
    "address": ADDRESSES,
}
ORDERED = [name for name in VALUES if name not in ("flag", "shade", "address")]
DATED = ["day", "naive", "aware"]
TIMED = ["clock", "naive", "aware"]


@pytest.fixture
async def rows(database: AsyncDatabase) -> AsyncIterator[list[Sample]]:
    """A row for each value of each column, the others NULL, and one row of NULLs."""
    await db.create_tables(models=[Sample])
    given = [{name: value} for name, values in VALUES.items() for value in values]
    await Sample.objects.bulk_create([*given, {"text": None}])
    return await Sample.objects.order_by("id").all()


async def check(rows: list[Sample], field: str, cases: Iterable[tuple[str, Any]]) -> None:
    """Each case finds the rows that it finds in Python, and its negation all the others."""
    wrong = []
    everything = {row.id for row in rows}
    for lookup, given in cases:
        key = field if lookup == "exact" else f"{field}__{lookup}"
        expected = {row.id for row in rows if holds(lookup, getattr(row, field), given)}
        found = await Sample.objects.filter(**{key: given}).values_list("id", flat=True)
        others = await Sample.objects.exclude(**{key: given}).values_list("id", flat=True)
        by_id = {row.id: getattr(row, field) for row in rows}
        if sorted(found) != sorted(expected):
            extra = [by_id[each] for each in set(found) - expected]
            missing = [by_id[each] for each in expected - set(found)]
            wrong.append(f"{key}={given!r}: found too much {extra}, too little {missing}")
        if sorted(others) != sorted(everything - expected):
            wrong.append(f"exclude {key}={given!r} is not the complement")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("field", VALUES)
async def test_exact_in_and_isnull(rows: list[Sample], field: str) -> None:
    values = VALUES[field]
    lists = [[], values, values[:2], [*values[-2:], values[-1]], tuple(values), set(values[1:3])]
    await check(
        rows,
        field,
        [
            *(("exact", value) for value in [*values, None]),
            *(("in", some) for some in lists),
            ("isnull", True),
            ("isnull", False),
        ],
    )


@pytest.mark.parametrize("field", ORDERED)
async def test_order_comparisons(rows: list[Sample], field: str) -> None:
    values = VALUES[field]
    pairs = list(product(values[::3], repeat=2))[:30]
    await check(
        rows,
        field,
        [
            *product(("gt", "gte", "lt", "lte"), values[::2]),
            *product(("between", "range"), pairs),
        ],
    )


@pytest.mark.parametrize("lookup", ["iexact", "contains", "icontains", "startswith", "istartswith",
                                    "endswith", "iendswith"])  # fmt: skip
@pytest.mark.parametrize("field", ["text", "short"])
async def test_text_lookups(rows: list[Sample], field: str, lookup: str) -> None:
    await check(
        rows, field, [(lookup, text) for text in [*TEXTS, "B", "ØÅ", "b_", "\\%", "bc", "É"]]
    )


@pytest.mark.parametrize("lookup", ["regex", "iregex"])
async def test_regular_expressions(rows: list[Sample], lookup: str) -> None:
    patterns = [
        "^a", "b$", "^abc$", "a.c", "[0-9]+", "(x|y)", r"\.", r"\\", "^$", "^.$", "ø", "[%_]",
        "^[A-Z]+$", "a{1}b?", "ab|ÆØ", "я",
    ]  # fmt: skip
    await check(rows, "text", [(lookup, pattern) for pattern in patterns])


@pytest.mark.parametrize("field", DATED)
async def test_parts_of_dates(rows: list[Sample], field: str) -> None:
    cases: list[tuple[str, Any]] = [
        *product(["year"], [1, 1970, 2024, 9999, 1969]),
        *product(["month"], [1, 2, 5, 12, (2024, 5), (2023, 12), (9999, 12), (1, 1)]),
        *product(["day"], [1, 17, 29, 31, (2024, 5, 17), (9999, 12, 31), (2000, 2, 29)]),
        *product(["week_day"], range(1, 8)),
        *product(["quarter"], range(1, 5)),
        *product(["year__gt", "year__lte"], [1969, 2000, 2024]),
        *product(["month__gte", "month__lt"], [2, 6]),
        ("year__in", [1, 2024]),
        ("year__between", (1970, 2023)),
        ("day__in", [1, 31]),
        ("week_day__in", [1, 7]),
    ]
    await check(rows, field, cases)


@pytest.mark.parametrize("field", TIMED)
async def test_parts_of_times(rows: list[Sample], field: str) -> None:
    cases: list[tuple[str, Any]] = [
        *product(["hour"], [0, 6, 12, 23, 19]),
        *product(["minute"], [0, 7, 30, 31, 59]),
        *product(["second"], [0, 8, 59]),
        ("hour__gte", 12),
        ("minute__between", (1, 30)),
        ("second__lt", 59),
    ]
    await check(rows, field, cases)


@pytest.mark.parametrize("field", ["naive", "aware"])
async def test_the_date_and_the_time_of_a_moment(rows: list[Sample], field: str) -> None:
    cases: list[tuple[str, Any]] = [
        *product(["date"], [*DAYS, dt.date(2024, 6, 1)]),
        *product(["date__gte", "date__lt"], [dt.date(2024, 1, 1), dt.date(1970, 1, 1)]),
        ("date__in", DAYS[:4]),
        *product(["time"], CLOCKS),
        *product(["time__gt", "time__lte"], CLOCKS),
    ]
    await check(rows, field, cases)


async def test_text_lookups_of_an_enum_look_at_its_text(rows: list[Sample]) -> None:
    for lookup, given in [("contains", "blue"), ("icontains", "DARK"), ("startswith", "r"),
                          ("iexact", "RED"), ("endswith", "0%"), ("contains", "_")]:  # fmt: skip
        expected = [row.id for row in rows if row.shade and holds(lookup, row.shade.value, given)]
        found = await Sample.objects.filter(**{f"shade__{lookup}": given}).values_list(
            "id", flat=True
        )
        assert sorted(found) == expected, (lookup, given)


async def test_an_aware_moment_is_the_same_in_every_zone(rows: list[Sample]) -> None:
    for moment in AWARE[3:]:
        elsewhere = (
            moment.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=45)))
            if (moment.year not in (1, 9999))
            else moment
        )
        await check(rows, "aware", [("exact", elsewhere), ("gte", elsewhere), ("in", [elsewhere])])


async def test_lookups_put_together(rows: list[Sample]) -> None:
    def matching(predicate: Any) -> list[int | None]:
        return [row.id for row in rows if predicate(row)]

    async def found(*conditions: Q, **lookups: Any) -> list[int]:
        return sorted(
            await Sample.objects.filter(*conditions, **lookups).values_list("id", flat=True)
        )

    big, odd, none = Q(whole__gt=5), Q(whole__in=[7, 1, -1]), Q(whole__isnull=True)
    is_big = lambda row: row.whole is not None and row.whole > 5  # noqa: E731
    is_odd = lambda row: row.whole in (7, 1, -1)  # noqa: E731
    is_none = lambda row: row.whole is None  # noqa: E731
    assert await found(big & odd) == matching(lambda row: is_big(row) and is_odd(row))
    assert await found(big | odd) == matching(lambda row: is_big(row) or is_odd(row))
    assert await found(big ^ odd) == matching(lambda row: is_big(row) != is_odd(row))
    assert await found(~big) == matching(lambda row: not is_big(row))
    assert await found(~(big | none)) == matching(lambda row: not is_big(row) and not is_none(row))
    assert await found(~(big & ~odd)) == matching(lambda row: not (is_big(row) and not is_odd(row)))
    assert await found(big, odd) == await found(big & odd)
    assert await found(Q(big, whole__lt=8)) == matching(lambda row: is_big(row) and row.whole < 8)
    assert await found(big ^ odd ^ none) == matching(
        lambda row: (is_big(row) + is_odd(row) + is_none(row)) % 2 == 1
    )
    assert await found(Q()) == matching(lambda row: True)
    assert await found(Q() | big) == matching(is_big)
    either = Sample.objects.filter(big).exclude(odd).filter(Q(whole=10) | Q(whole=2**31))
    assert sorted(await either.values_list("whole", flat=True)) == [10, 2**31]
