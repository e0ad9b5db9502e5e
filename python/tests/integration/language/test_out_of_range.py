"""Computed values that are out of range, strings that are not of a type, and statements that are
too large: the same meaning on each database, or an error that says what and where."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from decimal import Decimal
from typing import Any

import pytest
from support.servers import Server

from oxyde import F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, OxydeError, UnsupportedFeatureError
from oxyde.queries import Case, Cast, Exp, Power, Value, When
from oxyde.queries.ir.expression import Expression


class Sample(Model):
    class Meta:
        is_table = True
        table_name = "range_sample"

    id: int | None = Field(default=None, db_pk=True)
    whole: int = 0
    real: float = 0.0
    exact: Decimal = Field(default=Decimal(0), max_digits=10, decimal_places=2)
    text: str = ""


@pytest.fixture
async def samples(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Sample])
    return database


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        (Power("real", 200), "Power()"),
        (F("real") ** 200, "`**`"),
        (F("exact") ** 100_000, "`**`"),
        (F("whole") ** 40, "`**`"),
        (Exp("real"), "Exp()"),
        (F("whole") * F("whole") * F("whole"), "`*`"),
    ],
)
async def test_an_overflow_names_the_computation(
    samples: AsyncDatabase, expression: Expression, named: str
) -> None:
    await Sample.objects.create(whole=10**9, real=1e9, exact=Decimal(10**7))
    with pytest.raises(DatabaseError, match=r"`Sample`: a result of .* is out of range") as caught:
        await Sample.objects.annotate(result=expression).all()
    assert named in str(caught.value)
    assert "hint: leave out such rows" in str(caught.value)
    with pytest.raises(OxydeError, match=r"out of range|would be"):
        await Sample.objects.update(whole=Cast(F("real") * 1e200, int))
    with pytest.raises(OxydeError, match=r"out of range|would be"):
        await Sample.objects.update(whole=Cast(F("exact") * Decimal(10**20), int))


async def test_powers_that_are_not_numbers_are_null(samples: AsyncDatabase) -> None:
    await Sample.objects.create(whole=-2, real=-2.0, exact=Decimal(-2))
    await Sample.objects.create(text="zero")
    expected: list[tuple[Expression, list[Any]]] = [
        (Power("real", 0.5), [None, 0.0]),
        (Power("real", -1), [-0.5, None]),
        (Power("real", 2), [4.0, 0.0]),
        (Power("exact", -1), [Decimal("-0.5"), None]),
        (Power("whole", -1), [-0.5, None]),
        (F("whole") ** -1, [None, None]),
        (F("whole") ** 2, [4, 0]),
        (Power(Value(0.5), F("whole") + 5000), [0.0, 0.0]),
        (Exp(Value(-5000.0)), [0.0, 0.0]),
    ]
    for expression, values in expected:
        query = Sample.objects.order_by("id").annotate(result=expression)
        assert await query.values_list("result", flat=True) == values, expression


AWARE = "timestamp_tz"
KEY = uuid.UUID("6f1f8c4e-7a64-4f0e-9d57-2f1f4b6f9a10")
CASTS: list[tuple[str, Any, Any]] = [
    ("2024-02-29", dt.date, dt.date(2024, 2, 29)),
    ("2023-02-29", dt.date, None),
    ("2024-04-31", dt.date, None),
    ("2024-13-01", dt.date, None),
    ("0000-01-01", dt.date, None),
    ("9999-12-31", dt.date, dt.date(9999, 12, 31)),
    ("20240105", dt.date, None),
    ("2024-1-5", dt.date, None),
    ("2024-01-05 10:00", dt.date, None),
    ("", dt.date, None),
    ("soon", dt.date, None),
    ("2024-01-05", dt.datetime, dt.datetime(2024, 1, 5)),
    ("2024-01-05 10:30", dt.datetime, dt.datetime(2024, 1, 5, 10, 30)),
    ("2024-01-05T10:30:00.25", dt.datetime, dt.datetime(2024, 1, 5, 10, 30, 0, 250_000)),
    ("2024-01-05 24:00:00", dt.datetime, None),
    ("2024-01-05 10:30Z", dt.datetime, None),
    ("2024-02-30 10:30", dt.datetime, None),
    ("2024-01-05", AWARE, dt.datetime(2024, 1, 5, tzinfo=dt.timezone.utc)),
    ("2024-01-05 10:30Z", AWARE, dt.datetime(2024, 1, 5, 10, 30, tzinfo=dt.timezone.utc)),
    (
        "2024-01-05T10:30:00.5-02:30",
        AWARE,
        dt.datetime(2024, 1, 5, 13, 0, 0, 500_000, tzinfo=dt.timezone.utc),
    ),
    (
        "2024-01-05 00:10+00:30",
        AWARE,
        dt.datetime(2024, 1, 4, 23, 40, tzinfo=dt.timezone.utc),
    ),
    ("2024-01-05 10:30+99:00", AWARE, None),
    ("12", dt.time, None),
    ("10:30", dt.time, dt.time(10, 30)),
    ("23:59:59.999999", dt.time, dt.time(23, 59, 59, 999_999)),
    ("24:00:00", dt.time, None),
    (str(KEY), uuid.UUID, KEY),
    (str(KEY).upper(), uuid.UUID, KEY),
    (str(KEY)[:-1], uuid.UUID, None),
    ("abc", uuid.UUID, None),
    (" 12 ", int, 12),
    ("12.5", int, None),
    ("1e3", float, 1000.0),
    ("x", Decimal, None),
]


async def test_strings_that_are_not_of_the_type_are_null(samples: AsyncDatabase) -> None:
    for text, output, value in CASTS:
        row = await Sample.objects.create(text=text)
        query = Sample.objects.filter(id=row.id)
        for operand in (F("text"), Value(text)):
            found = await query.annotate(result=Cast(operand, output)).values_list(
                "result", flat=True
            )
            assert found == [value], (text, output)
        # Also where a server is strict, in statements that write.
        assert await query.annotate(result=Cast("text", output)).filter(result=None).count() == (
            value is None
        )


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_a_string_that_is_not_a_document_is_null(samples: AsyncDatabase) -> None:
    for text, value in (("{", None), ('{"a": [1]}', {"a": [1]}), ("soon", None)):
        row = await Sample.objects.create(text=text)
        query = Sample.objects.filter(id=row.id).annotate(result=Cast("text", dict))
        assert await query.values_list("result", flat=True) == [value]


@pytest.mark.databases("postgres")
async def test_a_string_that_is_not_a_document_is_refused(samples: AsyncDatabase) -> None:
    await Sample.objects.create(text="{")
    with pytest.raises(DatabaseError, match=r"`Sample`: a result of Cast\(\) is out of range"):
        await Sample.objects.annotate(result=Cast("text", dict)).all()


def _unions(count: int) -> Any:
    one = Sample.objects.values_list("id")
    return functools.reduce(lambda so_far, _: so_far.union(one), range(count - 1), one)


@pytest.mark.databases("sqlite")
async def test_too_many_combined_queries(samples: AsyncDatabase) -> None:
    assert await _unions(500).all() == []
    with pytest.raises(
        UnsupportedFeatureError, match="`Sample`: the query has 501 combined queries; SQLite"
    ):
        await _unions(501).all()
    assert await _unions(300).union(_unions(300)).all() == []


async def test_too_many_columns(samples: AsyncDatabase, flavour: str) -> None:
    limit = {"postgres": 1664, "sqlite": 2000}.get(flavour, 4096)
    annotations = {f"a{n}": F("whole") for n in range(limit - 4)}
    with pytest.raises(
        UnsupportedFeatureError, match=rf"the query has {limit + 1} columns; \w+ accepts .* {limit}"
    ):
        await Sample.objects.annotate(**annotations).all()


async def test_too_many_values(samples: AsyncDatabase, flavour: str) -> None:
    limit = 32_766 if flavour == "sqlite" else 65_535
    any_of = functools.reduce(lambda so_far, n: so_far | Q(whole=n), range(limit), Q(whole=-1))
    with pytest.raises(
        UnsupportedFeatureError, match=f"the query has {limit + 1} values; .*\n*hint: use `in`"
    ):
        await Sample.objects.filter(any_of).count()
    # A list is one value.
    assert await Sample.objects.filter(whole__in=list(range(100_000))).count() == 0


class Node(Model):
    class Meta:
        is_table = True
        table_name = "range_node"

    id: int | None = Field(default=None, db_pk=True)
    up: Node | None = None


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_too_many_joined_tables(database: AsyncDatabase, flavour: str) -> None:
    await db.create_tables(models=[Node])
    await Node.objects.create(up=None)
    limit = 64 if flavour == "sqlite" else 61
    path = "__".join(["up"] * (limit - 1))
    assert await Node.objects.filter(**{f"{path}__up_id": 1}).count() == 0
    with pytest.raises(UnsupportedFeatureError, match=f"the query has {limit + 1} joined tables"):
        await Node.objects.filter(**{f"{path}__up__up_id": 1}).count()


async def test_a_long_case(samples: AsyncDatabase) -> None:
    await Sample.objects.create(whole=299)
    chosen = Case(*[When(Q(whole=n), then=n * 2) for n in range(300)], default=-1)
    assert await Sample.objects.annotate(chosen=chosen).values_list("chosen", flat=True) == [598]


@pytest.mark.databases("mysql", "mariadb")
async def test_a_value_larger_than_the_server_accepts(
    samples: AsyncDatabase, server: Server
) -> None:
    [(limit,)] = server.execute("SELECT @@max_allowed_packet")
    text = "x" * (int(limit) + 1000)
    for write in (Sample.objects.create(text=text), Sample.objects.filter(text=text).count()):
        with pytest.raises(DatabaseError, match="max_allowed_packet"):
            await write
    assert await Sample.objects.count() == 0
