"""Ranges: stored, read, compared by each lookup, as Arrow columns, and refused elsewhere."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, ValidationError
from support.servers import Server

from oxyde import F, Field, Model, Q, Range, Value, between, create_tables, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldError,
    FieldLookupError,
    FieldLookupValueError,
    FieldValueError,
    RowValidationError,
    UnsupportedFeatureError,
)

on_postgres = pytest.mark.databases("postgres")
MANY = 1_200


def day(number: int, month: int = 5) -> dt.date:
    return dt.date(2024, month, number)


class Booking(Model):
    class Meta:
        is_table = True
        table_name = "range_bookings"

    id: int | None = Field(default=None, db_pk=True)
    nights: Range[dt.date]
    seats: Range[int] | None = None
    few: Range[int] | None = Field(default=None, db_type="int4range")
    price: Range[Decimal] | None = None
    slot: Range[dt.datetime] | None = None
    valid: Range[AwareDatetime] | None = None
    arrival: dt.date | None = None


@pytest.fixture
async def bookings(database: AsyncDatabase) -> list[Booking]:
    """Four bookings in May with the keys 1 to 4; the last one is empty."""
    await create_tables(models=[Booking])
    return await Booking.objects.bulk_create(
        [
            Booking(nights=Range(day(1), day(5)), seats=Range(1, 4), arrival=day(1)),
            Booking(nights=Range(day(5), day(9)), seats=Range(None, 10), arrival=day(9)),
            Booking(nights=Range(day(20), None), seats=Range(3, None)),
            Booking(nights=Range(empty=True)),
        ]
    )


async def keys(query: Any) -> list[int]:
    return [row.id for row in await query.order_by("id")]


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "nights": st.dates(dt.date(1900, 1, 1), dt.date(9999, 12, 30)),
    "seats": st.integers(-(2**63), 2**63 - 2),
    "few": st.integers(-(2**31), 2**31 - 2),
    "price": st.decimals(allow_nan=False, allow_infinity=False, places=3),
    "slot": st.datetimes(dt.datetime(1900, 1, 1)),
    "valid": st.datetimes(dt.datetime(1900, 1, 1), timezones=st.just(dt.timezone.utc)),
}


def ranges(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Range[Any]]:
    def of(bounds: list[Any], brackets: Any, open_lower: bool, open_upper: bool) -> Range[Any]:
        lower, upper = sorted(bounds)
        return Range(None if open_lower else lower, None if open_upper else upper, brackets)

    made = st.builds(
        of,
        st.lists(values, min_size=2, max_size=2),
        st.sampled_from(["[)", "[]", "(]", "()"]),
        st.booleans(),
        st.booleans(),
    )
    return made | st.just(Range(empty=True))


ROW = st.fixed_dictionaries(
    {
        name: ranges(values) if name == "nights" else st.none() | ranges(values)
        for name, values in SCALARS.items()
    }
)


@on_postgres
async def test_any_ranges_come_back(database: AsyncDatabase, server: Server) -> None:
    @settings(
        max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(row=ROW)
    def collect(row: dict[str, Any]) -> None:
        made.append(row)

    made: list[dict[str, Any]] = []
    collect()
    await create_tables(models=[Booking])
    one = await Booking.objects.create(**made[0])
    await Booking.objects.bulk_create([Booking(**row) for row in made])
    read = await Booking.objects.order_by("id")
    assert read[0] == one
    for loaded, row in zip(read, [made[0], *made], strict=True):
        for name, value in row.items():
            found = getattr(loaded, name)
            assert found == value, name
            if name in ("nights", "seats", "few") and found and not found.empty:
                # An instance has what its row has.
                assert found.bounds == getattr(Booking(**row), name).bounds
    # Compared by the server with itself.
    for name, value in made[0].items():
        if value is not None:
            assert one.id in await keys(Booking.objects.filter(**{name: value}))


@on_postgres
async def test_many_rows_are_copied(database: AsyncDatabase, server: Server) -> None:
    await create_tables(models=[Booking])
    zone = dt.timezone(dt.timedelta(hours=2))
    rows = [
        Booking(
            nights=Range(day(1), day(1 + number % 28), "[]"),
            seats=Range(number, number + 3),
            few=Range(empty=True) if number % 3 == 0 else Range(None, number),
            price=Range(Decimal(number), None, "(]"),
            slot=Range(dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 12, 30, 0, number), "()"),
            valid=None if number % 2 else Range(dt.datetime(2024, 1, 1, tzinfo=zone), None),
        )
        for number in range(MANY)
    ]
    await Booking.objects.bulk_create(rows)
    read = await Booking.objects.order_by("id")
    fields = ["nights", "seats", "few", "price", "slot", "valid"]
    assert [[getattr(row, name) for name in fields] for row in read] == [
        [getattr(row, name) for name in fields] for row in rows
    ]
    sql = "SELECT nights::text, few::text, price::text FROM range_bookings ORDER BY id LIMIT 2"
    assert server.execute(sql) == [
        ("[2024-05-01,2024-05-02)", "empty", "(0,)"),
        ("[2024-05-01,2024-05-03)", "(,1)", "(1,)"),
    ]


@on_postgres
async def test_each_lookup(bookings: list[Booking]) -> None:
    objects = Booking.objects
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"nights": Range(day(1), day(4), "[]")}, [1]),
        ({"nights__in": [Range(day(1), day(5)), Range(empty=True)]}, [1, 4]),
        ({"nights__contains": day(4)}, [1]),
        ({"nights__contains": day(5)}, [2]),
        ({"nights__contains": Range(day(21), day(23))}, [3]),
        ({"nights__contains": Range(empty=True)}, [1, 2, 3, 4]),
        ({"nights__contained_by": Range(day(1), day(10))}, [1, 2, 4]),
        ({"nights__overlap": Range(day(4), day(6))}, [1, 2]),
        ({"nights__strictly_left": Range(day(5), day(6))}, [1]),
        ({"nights__strictly_right": Range(day(1), day(5))}, [2, 3]),
        ({"nights__adjacent": Range(day(9), day(20))}, [2, 3]),
        ({"nights__lower": day(5)}, [2]),
        ({"nights__upper__lte": day(9)}, [1, 2]),
        ({"nights__lower__in": [day(1), day(20)]}, [1, 3]),
        ({"nights__upper__isnull": True, "nights__empty": False}, [3]),
        ({"nights__empty": True}, [4]),
        ({"nights__gt": Range(day(1), day(5))}, [2, 3]),
        ({"nights__lte": Range(day(1), day(5))}, [1, 4]),
        ({"seats__contains": 3}, [1, 2, 3]),
        ({"seats__lower__isnull": True}, [2, 4]),
        ({"seats__isnull": True}, [4]),
        ({"nights__contains": F("arrival")}, [1]),
        ({"nights__overlap": F("nights")}, [1, 2, 3]),
    ]
    for lookups, expected in cases:
        assert await keys(objects.filter(**lookups)) == expected, lookups
    # The same by the values' own methods.
    probe = Range(day(4), day(6))
    for name in ("contains", "contained_by", "overlap", "strictly_left", "strictly_right"):
        own = [row.id for row in bookings if getattr(row.nights, name)(probe)]
        assert await keys(objects.filter(**{f"nights__{name}": probe})) == own, name
    assert await keys(objects.exclude(nights__contains=day(4))) == [2, 3, 4]
    assert await keys(objects.filter(Q(nights__empty=True) | Q(nights__lower=day(1)))) == [1, 4]


@on_postgres
async def test_typed_lookups(bookings: list[Booking]) -> None:
    objects = Booking.objects
    assert await keys(objects.filter(lambda b: b.nights.contains(day(6)))) == [2]
    assert await keys(objects.filter(lambda b: b.nights.overlap(Range(day(4), day(6))))) == [1, 2]
    assert await keys(objects.filter(lambda b: b.nights.contained_by(Range(None, day(5))))) == [
        1,
        4,
    ]
    assert await keys(objects.filter(lambda b: b.nights.strictly_left(Range(day(9))))) == [1, 2]
    assert await keys(objects.filter(lambda b: b.nights.strictly_right(Range(day(1), day(9))))) == [
        3
    ]
    assert await keys(objects.filter(lambda b: b.nights.adjacent(Range(day(9), day(20))))) == [2, 3]
    assert await keys(objects.filter(lambda b: b.nights.empty)) == [4]
    assert await keys(objects.filter(lambda b: b.nights == Range(day(5), day(9)))) == [2]
    late = objects.filter(lambda b: between(b.nights.lower, day(5), day(25)))
    assert await keys(late) == [2, 3]
    assert await keys(objects.filter(lambda b: b.nights.upper == day(9))) == [2]


@on_postgres
async def test_values_and_changes(bookings: list[Booking]) -> None:
    objects = Booking.objects
    assert await objects.order_by("nights").values_list("id", flat=True) == [4, 1, 2, 3]
    assert await objects.order_by("-nights__lower", "id").values_list("id", flat=True) == [
        4,
        3,
        2,
        1,
    ]
    assert await objects.filter(id__lte=2).order_by("id").values("nights", "nights__upper") == [
        {"nights": Range(day(1), day(5)), "nights__upper": day(5)},
        {"nights": Range(day(5), day(9)), "nights__upper": day(9)},
    ]
    longest = await objects.annotate(until=F("seats__upper")).filter(until__gt=5).get()
    assert (longest.id, longest.until) == (2, 10)
    assert await objects.filter(id=1).update(nights=Range(day(2), day(3)), seats=None) == 1
    one = await objects.get(id=1)
    assert (one.nights, one.seats) == (Range(day(2), day(3)), None)
    one.price = Range(Decimal("1.50"), Decimal("2.50"), "[]")
    await one.save()
    await one.refresh()
    assert one.price == Range(Decimal("1.50"), Decimal("2.50"), "[]")
    for booking in bookings[:2]:
        booking.few = Range(1, 3, "[]")
    assert await objects.bulk_update(bookings[:2], ["few"]) == 2
    assert await objects.filter(few=Range(1, 4)).count() == 2
    assert await objects.filter(few__contains=3).count() == 2
    assert await objects.values("seats").annotate(n=Value(1)).distinct().count() == 3
    raw = await execute_raw("SELECT nights FROM range_bookings WHERE nights && $1", [one.nights])
    assert raw == [{"nights": Range(day(2), day(3))}]


@on_postgres
async def test_arrow_columns(bookings: list[Booking]) -> None:
    await Booking.objects.filter(id=1).update(price=Range(Decimal(1), Decimal(2), "(]"))
    table = pyarrow.table(await Booking.objects.order_by("id").values("nights", "price").to_arrow())
    bounds = pyarrow.date32()
    assert table.schema.field("nights").type == pyarrow.struct(
        [
            ("lower", bounds),
            ("upper", bounds),
            ("bounds", pyarrow.string()),
            ("empty", pyarrow.bool_()),
        ]
    )
    assert table["nights"].to_pylist() == [
        {"lower": day(1), "upper": day(5), "bounds": "[)", "empty": False},
        {"lower": day(5), "upper": day(9), "bounds": "[)", "empty": False},
        {"lower": day(20), "upper": None, "bounds": "[)", "empty": False},
        {"lower": None, "upper": None, "bounds": "()", "empty": True},
    ]
    assert table["price"].to_pylist() == [
        {"lower": "1", "upper": "2", "bounds": "(]", "empty": False},
        None,
        None,
        None,
    ]


@on_postgres
async def test_rows_are_validated(database: AsyncDatabase, server: Server) -> None:
    class Seats(Model):
        class Meta:
            is_table = True
            table_name = "range_seats"

        id: int | None = Field(default=None, db_pk=True)
        seats: Range[int] = Range(1, 2)

    await create_tables(models=[Seats])
    server.execute("INSERT INTO range_seats (seats) VALUES ('[1,3]'), ('(,)'), ('empty')")
    assert [row.seats for row in await Seats.objects.order_by("id")] == [
        Range(1, 4),
        Range(),
        Range(empty=True),
    ]
    server.execute("ALTER TABLE range_seats ALTER seats DROP NOT NULL")
    server.execute("UPDATE range_seats SET seats = NULL WHERE id = 1")
    with pytest.raises(RowValidationError):
        await Seats.objects.get(id=1)


@on_postgres
async def test_wrong_values(bookings: list[Booking]) -> None:
    objects = Booking.objects
    with pytest.raises(ValidationError, match="Input should be a Range"):
        Booking(nights="[2024-05-01,2024-05-02)")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="lower bound 2024-05-02 is greater"):
        Booking(nights={"lower": "2024-05-02", "upper": "2024-05-01"})  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="leave out the upper bound"):
        Booking(nights=Range(day(1), dt.date.max, "[]"))
    with pytest.raises(FieldLookupValueError, match=r"pass a Range|cannot take"):
        await objects.filter(nights=day(1))
    with pytest.raises(FieldLookupValueError, match=r"nights` .* contains cannot take"):
        await objects.filter(nights__contains="2024-05-01")
    with pytest.raises(FieldLookupValueError, match=r"seats` .* contains cannot take"):
        await objects.filter(seats__contains=Range(day(1), day(2)))
    with pytest.raises(FieldLookupValueError, match="pass True or False"):
        await objects.filter(nights__empty=1)
    with pytest.raises(FieldLookupError, match=r"`startswith` does not fit `Booking.nights`"):
        await objects.filter(nights__startswith="x")
    with pytest.raises(FieldLookupError, match=r"`overlap` does not fit `Booking.arrival`"):
        await objects.filter(arrival__overlap=Range(day(1), day(2)))
    wide = Booking.model_construct(nights=Range(day(1), day(2)), few=Range(1, 2**40))
    with pytest.raises(FieldValueError, match=r"Booking.few"):
        await Booking.objects.bulk_create([wide])


@pytest.mark.parametrize("annotation", [Range, Range[float], Range[str], Range[int | None]])  # type: ignore[type-var]
def test_types_that_are_not_bounds(annotation: Any) -> None:
    with pytest.raises(FieldError, match="which no range type of PostgreSQL has"):

        class Wrong(Model):
            class Meta:
                is_table = True

            id: int = Field(db_pk=True)
            value: annotation


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_other_databases_refuse_ranges(database: AsyncDatabase, flavour: str) -> None:
    name = {"sqlite": "SQLite", "mysql": "MySQL", "mariadb": "MariaDB"}[flavour]
    refused = pytest.raises(UnsupportedFeatureError, match=f"{name} does not support ranges")
    with refused as caught:
        await create_tables(models=[Booking])
    assert "ranges need PostgreSQL" in str(caught.value.hint)
    row = Range(day(1), day(2))
    with refused:
        await Booking.objects.create(nights=row)
    with refused:
        await Booking.objects.bulk_create([Booking(nights=row), Booking(nights=row)])
    with refused:
        await Booking.objects.first()
    with refused:
        await Booking.objects.filter(id=1).update(nights=row)
    for lookups in ({"nights": row}, {"nights__empty": True}, {"nights__lower": day(1)}):
        with refused:
            await Booking.objects.filter(**lookups).count()
    with refused:
        await Booking.objects.order_by("nights").values("id")
    assert db.get_connection() is database
