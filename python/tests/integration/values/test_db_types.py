"""Columns of types that other programs chose, with the Python types that fit them: `db_type`."""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from decimal import Decimal
from typing import Any

import pytest
from support.servers import Server

from oxyde import Field, Model, Range, db
from oxyde.db import AsyncDatabase
from oxyde.models.registry import separate_registry

A_UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")
A_DAY = dt.date(2024, 2, 29)
A_MOMENT = dt.datetime(2024, 2, 29, 12, 30, 15)
A_UTC_MOMENT = A_MOMENT.replace(tzinfo=dt.timezone.utc)

Case = tuple[str, Any, list[Any]]

INTEGERS: list[Case] = [
    ("SMALLINT", int, [-(2**15), 2**15 - 1]),
    ("INTEGER", int, [-(2**31), 2**31 - 1]),
    ("BIGINT", int, [-(2**63), 2**63 - 1]),
]

ON_MYSQL: list[Case] = [
    *INTEGERS,
    ("TINYINT", int, [-128, 127]),
    ("TINYINT UNSIGNED", int, [0, 255]),
    ("SMALLINT UNSIGNED", int, [2**16 - 1]),
    ("MEDIUMINT UNSIGNED", int, [2**24 - 1]),
    ("INT UNSIGNED", int, [0, 2**32 - 1]),
    ("BIGINT UNSIGNED", int, [0, 2**63, 2**64 - 1]),
    ("YEAR", int, [1901, 2155]),
    ("FLOAT", float, [0.1, -1.5]),
    ("REAL", float, [0.1]),
    ("CHAR(5)", str, ["abc", ""]),
    ("CHAR(36)", uuid.UUID, [A_UUID]),
    ("TIMESTAMP", dt.datetime, [A_MOMENT]),
    ("DATETIME", dt.datetime, [A_MOMENT]),
    ("DATETIME(3)", dt.datetime, [A_MOMENT.replace(microsecond=123000)]),
    ("BIT(1)", bool, [True, False]),
    ("BIT(12)", int, [0, 4095]),
    ("BIT(64)", int, [2**63 - 1]),
    ("SET('a', 'b')", str, ["a", "a,b", ""]),
    ("MEDIUMTEXT", str, ["x" * 70_000]),
    ("BLOB", bytes, [b"\0\xff"]),
    ("VARBINARY(16)", bytes, [b"a\0"]),
    ("DECIMAL(10, 2) UNSIGNED", Decimal, [Decimal("1.50")]),
]

ON_POSTGRES: list[Case] = [
    *INTEGERS,
    ("REAL", float, [0.1, -1.5]),
    ("CHAR(3)", str, ["abc"]),
    ("CHAR(36)", uuid.UUID, [A_UUID]),
    ("VARCHAR", str, ["x"]),
    ("CITEXT", str, ["AbC"]),
    ("HSTORE", str, ['"a"=>"1\\"2", "b"=>NULL', ""]),
    ("INET", str, ["10.0.0.1", "10.0.0.1/8", "::1"]),
    ("CIDR", str, ["10.0.0.0/8"]),
    ("CIDR", ipaddress.IPv4Network, [ipaddress.ip_network("10.0.0.0/8")]),
    ("MACADDR", str, ["08:00:2b:01:02:03"]),
    ("MACADDR8", str, ["08:00:2b:01:02:03:04:05"]),
    ("pg_catalog.json", dict, [{"a": [1, None]}]),
    ("pg_catalog.json", list[int], [[1, 2]]),
    ("TIMESTAMP(3)", dt.datetime, [A_MOMENT.replace(microsecond=123000)]),
    ("TIMESTAMP WITH TIME ZONE", dt.datetime, [A_UTC_MOMENT]),
    ("TIMESTAMP(0) WITH TIME ZONE", dt.datetime, [A_UTC_MOMENT]),
    ("TIMESTAMPTZ(3)", dt.datetime, [A_UTC_MOMENT]),
    ("TIME WITH TIME ZONE", str, ["01:02:03+00", "01:02:03.5-05:30"]),
    ("MONEY", Decimal, [Decimal("12.50"), Decimal("-0.05")]),
    ("NUMERIC", Decimal, [Decimal("1.234567890123")]),
    ("TSVECTOR", str, ["'a':1A,2 'it''s':3", ""]),
    ("POINT", str, ["(1,2.5)"]),
    ("BOX", str, ["(3,4),(1,2)"]),
    ("LSEG", str, ["[(1,2),(3,4)]"]),
    ("CIRCLE", str, ["<(1,2),3>"]),
    ("LINE", str, ["{1,2,3}"]),
    ("POLYGON", str, ["((0,0),(1,1),(1,0))"]),
    ("PATH", str, ["((0,0),(1,1))", "[(0,0),(1,1)]"]),
    ("XML", str, ["<a>b</a>"]),
    ("BIT(3)", str, ["101"]),
    ("BIT VARYING", str, ["1010101010", ""]),
    ("PG_LSN", str, ["16/B374D848"]),
    ("JSONPATH", str, ['$."a"']),
    ("INT4RANGE", Range[int], [Range(1, 5)]),
    ("INTEGER[]", list[int], [[1, 2**31 - 1], []]),
    ("VARCHAR(20)[]", list[str], [["a", "b,c"]]),
    ("CIDR[]", list[str], [["10.0.0.0/8"]]),
    ("MACADDR[]", list[str], [["08:00:2b:01:02:03"]]),
    ("TIMESTAMPTZ[]", list[dt.datetime], [[A_UTC_MOMENT]]),
    ("posint", int, [5]),
    ("public.posint", int, [5]),
    ('"Odd Type"', str, ["it's"]),
]

ON_SQLITE: list[Case] = [
    *INTEGERS,
    ("UNSIGNED BIG INT", int, [2**63 - 1]),
    ("REAL", float, [0.1]),
    ("NVARCHAR(160)", str, ["abc"]),
    ("DATETIME", dt.datetime, [A_MOMENT]),
    ("NUMERIC(10, 2)", Decimal, [Decimal("1.50")]),
    ("GUID", uuid.UUID, [A_UUID]),
    ("DATE", dt.date, [A_DAY]),
]


def model_of(db_type: str, annotation: Any) -> Any:
    with separate_registry():
        namespace: dict[str, Any] = {
            "__module__": __name__,
            "__qualname__": "Sample",
            "__annotations__": {"id": int | None, "value": annotation | None},
            "Meta": type("Meta", (), {"is_table": True, "table_name": "samples"}),
            "id": Field(default=None, db_pk=True),
            "value": Field(default=None, db_type=db_type),
        }
        return type(Model)("Sample", (Model,), namespace)


async def keeps(db_type: str, annotation: Any, values: list[Any]) -> None:
    """A column of the type keeps the values, however they are written."""
    model = model_of(db_type, annotation)
    await db.create_tables(models=[model])
    expected = [None, *values]
    made = [await model.objects.create(value=value) for value in expected]
    await model.objects.bulk_create([model(value=value) for value in expected])
    # 1,000 rows and more are copied on PostgreSQL.
    await model.objects.bulk_create([model(value=values[-1]) for _ in range(1000)])
    stored = await model.objects.order_by("id").values_list("value", flat=True).all()
    assert stored == [*expected, *expected, *[values[-1]] * 1000]
    await model.objects.bulk_update(made, ["value"])
    for row in made:
        await row.refresh()
    assert [row.value for row in made] == expected
    await model.objects.filter(id=made[0].id).update(value=values[0])
    assert (await model.objects.get(id=made[0].id)).value == values[0]


@pytest.mark.databases("mysql", "mariadb")
@pytest.mark.parametrize(("db_type", "annotation", "values"), ON_MYSQL)
async def test_on_mysql(
    database: AsyncDatabase, db_type: str, annotation: Any, values: list[Any]
) -> None:
    await keeps(db_type, annotation, values)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("db_type", "annotation", "values"), ON_SQLITE)
async def test_on_sqlite(
    database: AsyncDatabase, db_type: str, annotation: Any, values: list[Any]
) -> None:
    await keeps(db_type, annotation, values)


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(("db_type", "annotation", "values"), ON_POSTGRES)
async def test_on_postgres(
    server: Server, url: str, db_type: str, annotation: Any, values: list[Any]
) -> None:
    # Before the pool opens, so that its connections know the types.
    server.execute("CREATE EXTENSION IF NOT EXISTS citext")
    server.execute("CREATE EXTENSION IF NOT EXISTS hstore")
    server.execute("CREATE DOMAIN posint AS integer CHECK (value > 0)")
    server.execute('CREATE DOMAIN "Odd Type" AS text')
    await db.init(url)
    try:
        await keeps(db_type, annotation, values)
    finally:
        await db.close()


@pytest.mark.databases("mysql", "mariadb")
@pytest.mark.parametrize("db_type", ["INT UNSIGNED", "BIGINT UNSIGNED", "MEDIUMINT", "int(11)"])
async def test_a_key_of_any_integer_type_counts_up(database: AsyncDatabase, db_type: str) -> None:
    with separate_registry():

        class Owner(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True, db_type=db_type)
            pets: list[Pet] = Field(db_reverse_fk="owner")

        class Pet(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True, db_type=db_type)
            owner: Owner

    await db.create_tables(models=[Owner, Pet])
    owner = await Owner.objects.create(id=None)
    await Pet.objects.bulk_create([Pet(owner=owner), Pet(owner=owner)])
    [loaded] = await Owner.objects.prefetch("pets").all()
    assert [pet.id for pet in loaded.pets] == [1, 2]
    assert await Pet.objects.filter(owner=owner).count() == 2


@pytest.mark.databases("mysql", "mariadb")
async def test_numbers_above_63_bits_are_compared_and_computed(database: AsyncDatabase) -> None:
    model = model_of("BIGINT UNSIGNED", int)
    await db.create_tables(models=[model])
    numbers = [1, 2**63, 2**64 - 1]
    await model.objects.bulk_create([model(value=number) for number in numbers])
    values = model.objects.order_by("value").values_list("value", flat=True)
    assert await values.filter(value__gte=2**63).all() == numbers[1:]
    assert await values.filter(value__in=[2**64 - 1, 1]).all() == [1, 2**64 - 1]
    assert await model.objects.max("value") == 2**64 - 1
