"""Tables of pyarrow and polars hold what values_list() gives, and their schema is the query's."""

from __future__ import annotations

import datetime as dt
import enum
import json
import sys
import time
import uuid
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any

import polars
import pyarrow
import pytest
from pydantic import AwareDatetime
from support.library import AUTHORS, COMPANIES, Author, Book, Library

from oxyde import Avg, Count, F, Field, Model, Sum, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldValueError, OxydeError


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Sample(Model):
    class Meta:
        is_table = True
        table_name = "arrow_sample"

    id: int | None = Field(default=None, db_pk=True)
    whole: int | None = None
    small: int | None = Field(default=None, db_type="SMALLINT")
    text: str | None = None
    short: str | None = Field(default=None, max_length=5)
    real: float | None = None
    flag: bool | None = None
    money: Decimal | None = Field(default=None, max_digits=20, decimal_places=4)
    wide: Decimal | None = Field(default=None, max_digits=50, decimal_places=10)
    exact: Decimal | None = None
    naive: dt.datetime | None = None
    aware: AwareDatetime | None = None
    day: dt.date | None = None
    clock: dt.time | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    data: dict[str, Any] | None = None
    numbers: list[int] | None = None
    names: list[str] | None = None
    colour: Colour | None = None
    address: IPv4Address | None = None


FULL: dict[str, Any] = {
    "whole": -(2**63),
    "small": 7,
    "text": "Blåbær 🫐",
    "short": "abc",
    "real": -0.1,
    "flag": True,
    "money": Decimal("-1234567890123456.0001"),
    "wide": Decimal("1234567890123456789012345678901234567890.0123456789"),
    "exact": Decimal("0.5"),
    "naive": dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
    "aware": dt.datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=dt.timezone.utc),
    "day": dt.date(1901, 1, 1),
    "clock": dt.time(23, 59, 59, 999999),
    "span": dt.timedelta(days=-1, microseconds=1),
    "key": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "blob": b"\x00\xff",
    "data": {"a": [1, None, {"b": "ø"}]},
    "numbers": [1, -2, 3],
    "names": ["a", "", "ø"],
    "colour": Colour.GREEN,
    "address": IPv4Address("10.0.0.1"),
}
EMPTY: dict[str, Any] = {"numbers": [], "names": [], "text": "", "blob": b"", "flag": False}
SCHEMA = pyarrow.schema(
    [
        ("id", pyarrow.int64()),
        ("whole", pyarrow.int64()),
        ("small", pyarrow.int16()),
        ("text", pyarrow.utf8()),
        ("short", pyarrow.utf8()),
        ("real", pyarrow.float64()),
        ("flag", pyarrow.bool_()),
        ("money", pyarrow.decimal128(20, 4)),
        ("wide", pyarrow.utf8()),
        ("exact", pyarrow.utf8()),
        ("naive", pyarrow.timestamp("us")),
        ("aware", pyarrow.timestamp("us", "UTC")),
        ("day", pyarrow.date32()),
        ("clock", pyarrow.time64("us")),
        ("span", pyarrow.duration("us")),
        ("key", pyarrow.uuid()),
        ("blob", pyarrow.binary()),
        ("data", pyarrow.utf8()),
        ("numbers", pyarrow.list_(pyarrow.field("item", pyarrow.int64()))),
        ("names", pyarrow.list_(pyarrow.field("item", pyarrow.utf8()))),
        ("colour", pyarrow.utf8()),
        ("address", pyarrow.utf8()),
    ]
)


async def samples() -> None:
    await db.create_tables(models=[Sample])
    await Sample.objects.bulk_create([{"id": 1, **FULL}, {"id": 2, **EMPTY}, {"id": 3}])


def as_values(name: str, value: Any) -> Any:
    """A cell as values() gives it."""
    if value is None:
        return None
    made: dict[str, Any] = {
        "wide": Decimal,
        "exact": Decimal,
        "data": json.loads,
        "colour": Colour,
        "address": IPv4Address,
    }
    return made[name](value) if name in made else value


async def test_every_type_equals_values_list(database: AsyncDatabase) -> None:
    await samples()
    table = await Sample.objects.order_by("id").to_arrow()
    assert table.schema == SCHEMA
    table.validate(full=True)
    columns = [
        [as_values(name, value) for value in table.column(name).to_pylist()]
        for name in table.column_names
    ]
    assert list(zip(*columns, strict=True)) == await Sample.objects.order_by("id").values_list()
    assert [column.null_count for column in table.columns][1:] == [
        2 if name not in EMPTY else 1 for name in table.column_names[1:]
    ]


async def test_no_rows_keep_the_schema(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Sample])
    table = await Sample.objects.to_arrow()
    assert table.schema == SCHEMA
    assert table.num_rows == 0
    frame = await Sample.objects.values("id", "text", "money").to_polars()
    assert frame.schema == {
        "id": polars.Int64(),
        "text": polars.String(),
        "money": polars.Decimal(20, 4),
    }
    assert frame.is_empty()


async def test_polars(database: AsyncDatabase) -> None:
    await samples()
    names = [name for name in SCHEMA.names if name != "key"]
    frame = await Sample.objects.order_by("id").values(*names).to_polars()
    assert frame.columns == names
    found = [
        tuple(as_values(name, value) for name, value in zip(names, row, strict=True))
        for row in frame.rows()
    ]
    assert found == await Sample.objects.order_by("id").values_list(*names)
    keys = (await Sample.objects.order_by("id").values("key").to_polars())["key"].to_list()
    assert keys == [FULL["key"].bytes, None, None]


async def test_columns_of_all_kinds_of_queries(books: Library) -> None:
    async def columns(query: Any) -> dict[str, list[Any]]:
        table = await query.to_arrow()
        found: dict[str, list[Any]] = table.to_pydict()
        return found

    by_id = Book.objects.order_by("id")
    titles = [book.title for book in books.books]
    assert await columns(by_id.values_list("title", flat=True)) == {"title": titles}
    assert await columns(by_id.values("title")) == {"title": titles}
    assert await columns(by_id.select(lambda b: (b.title, b.author.name))) == {
        "title": titles,
        "author__name": [books.author(b.author_id).name for b in books.books],
    }
    assert list(await columns(by_id.only("title"))) == ["id", "title"]
    assert await columns(by_id.values("title").limit(1)) == {"title": titles[:1]}
    twice = await columns(by_id.only("id").annotate(double=F("pages") * 2))
    assert twice["double"] == [book.pages * 2 for book in books.books]
    authors = await columns(
        Author.objects.annotate(written=Count("books")).values("id", "written").order_by("id")
    )
    assert authors["written"] == [
        sum(book.author_id == author for book in books.books) for author in authors["id"]
    ]
    both = Book.objects.filter(id=1).values("id").union_all(Book.objects.filter(id=2).values("id"))
    assert sorted((await columns(both))["id"]) == [1, 2]
    assert await columns(Book.objects.filter(pk=-1).values("id")) == {"id": []}


async def test_joined_models_are_columns_by_their_paths(books: Library) -> None:
    table = await Author.objects.join("mentor__company").order_by("id").to_arrow()
    own = ["id", "name", "age", "born", "company_id", "mentor_id"]
    assert table.column_names == [
        *own,
        *(f"mentor__{name}" for name in own),
        *(f"mentor__company__{name}" for name in ("id", "name", "country")),
    ]
    for row, author in zip(table.to_pylist(), AUTHORS, strict=True):
        assert {name: row[name] for name in own} == author
        mentor = next((each for each in AUTHORS if each["id"] == author["mentor_id"]), None)
        assert row["mentor__name"] == (mentor and mentor["name"])
        company = mentor and next((c for c in COMPANIES if c["id"] == mentor["company_id"]), None)
        assert row["mentor__company__country"] == (company and company["country"])


async def test_sums_of_decimals_keep_their_digits(books: Library) -> None:
    table = await (
        Book.objects.group_by("genre")
        .annotate(
            total=Sum("price"),
            worth=Sum(F("price") * F("pages")),
            mean=Avg("price"),
            twice=Sum(F("price") + F("price")),
        )
        .order_by("genre")
        .to_arrow()
    )
    assert table.schema.field("total").type == pyarrow.decimal128(38, 2)
    assert table.schema.field("worth").type == pyarrow.decimal128(38, 2)
    assert table.schema.field("twice").type == pyarrow.decimal128(38, 2)
    assert table.schema.field("mean").type == pyarrow.utf8()
    for row in table.to_pylist():
        of_genre = [book for book in books.books if book.genre == row["genre"]]
        assert row["total"] == sum(book.price for book in of_genre)
        assert row["worth"] == sum(book.price * book.pages for book in of_genre)
        assert row["twice"] == 2 * row["total"]
        assert abs(Decimal(row["mean"]) - row["total"] / len(of_genre)) < Decimal("0.0001")


@pytest.mark.databases("postgres", "sqlite")
async def test_values_that_do_not_fit_are_refused(database: AsyncDatabase, flavour: str) -> None:
    await samples()
    wrong = {"postgres": "NaN", "sqlite": "1.23456"}[flavour]
    await execute_raw(f"UPDATE arrow_sample SET money = '{wrong}' WHERE id = 1")
    with pytest.raises(FieldValueError, match=rf"column `money`: {wrong} does not fit .*20, 4"):
        await Sample.objects.to_arrow()
    assert (await Sample.objects.filter(id=2).to_arrow()).num_rows == 1


async def test_what_a_table_has_no_place_for_is_refused(books: Library) -> None:
    with pytest.raises(FieldError, match="prefetch"):
        await Author.objects.prefetch("books").to_arrow()


async def test_inside_a_transaction(books: Library) -> None:
    async with atomic() as transaction:
        await Book.objects.filter(id=1).update(title="Changed")
        table = await Book.objects.filter(id=1).for_update().values("title").to_arrow()
        assert table.to_pydict() == {"title": ["Changed"]}
        transaction.set_rollback()


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "polars", None)


@pytest.mark.databases("sqlite")
async def test_a_missing_library_is_named(books: Library, nothing_installed: None) -> None:
    with pytest.raises(OxydeError, match=r"needs pyarrow(.|\n)*pip install 'oxyde\[arrow\]'"):
        await Book.objects.to_arrow()
    with pytest.raises(OxydeError, match=r"needs polars(.|\n)*pip install 'oxyde\[polars\]'"):
        await Book.objects.to_polars()


async def test_a_hundred_thousand_rows(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Sample])
    rows = [{"id": n, "whole": n * 3, "text": f"row {n}", "real": n / 7} for n in range(1, 100_001)]
    await Sample.objects.bulk_create(rows)
    query = Sample.objects.order_by("id").values("id", "whole", "text", "real")
    columns, objects = [], []
    # CPU seconds of the loop's thread. The shortest of several: the first one imports pyarrow.
    for _ in range(3):
        started = time.thread_time()
        table = await query.to_arrow()
        columns.append(time.thread_time() - started)
        started = time.thread_time()
        dicts = await query
        objects.append(time.thread_time() - started)
    assert min(columns) < min(objects)
    assert table.num_rows == 100_000
    assert table.to_pylist() == dicts == rows
