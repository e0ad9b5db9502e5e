"""Raw SQL, sql() and explain()."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from support.library import BOOKS, Author, Book, Library

from oxyde import Field, Model, RawSQL, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, OxydeError


class Typed(Model):
    class Meta:
        is_table = True
        table_name = "raw_typed"

    id: int | None = Field(default=None, db_pk=True)
    money: Decimal | None = Field(default=None, max_digits=10, decimal_places=2)
    moment: dt.datetime | None = None
    day: dt.date | None = None
    blob: bytes | None = None
    key: uuid.UUID | None = None
    data: dict[str, Any] | None = None
    flag: bool | None = None
    real: float | None = None


def mark(flavour: str, number: int) -> str:
    """The placeholder of a database."""
    return f"${number}" if flavour == "postgres" else "?"


async def test_rows_are_dicts(books: Library, flavour: str) -> None:
    sql = f"SELECT id, title, pages FROM library_book WHERE pages > {mark(flavour, 1)} ORDER BY id"
    rows = await execute_raw(sql, [290])
    assert rows == [
        {"id": book["id"], "title": book["title"], "pages": book["pages"]}
        for book in BOOKS
        if book["pages"] > 290
    ]
    assert await execute_raw("SELECT id FROM library_book WHERE 1 = 0") == []
    assert (await execute_raw("SELECT count(*) AS number FROM library_book"))[0]["number"] == 7
    nothing = await execute_raw(f"SELECT {mark(flavour, 1)} AS value", [None])
    assert nothing == [{"value": None}]


async def test_rows_have_python_types(database: AsyncDatabase, flavour: str) -> None:
    await db.create_tables(models=[Typed])
    row = await Typed.objects.create(
        money=Decimal("1.10"),
        moment=dt.datetime(2024, 5, 17, 8, 30, 0, 1),
        day=dt.date(2024, 5, 17),
        blob=b"\x00\xff",
        key=uuid.UUID(int=7),
        data={"a": [1, None]},
        flag=True,
        real=0.1,
    )
    (raw,) = await execute_raw("SELECT * FROM raw_typed")
    assert raw["id"] == row.id
    assert (raw["moment"], raw["day"], raw["blob"], raw["real"]) == (
        row.moment,
        row.day,
        row.blob,
        0.1,
    )
    assert (raw["money"], type(raw["money"])) == (Decimal("1.10"), Decimal)
    # To MariaDB, JSON is a name for LONGTEXT: the server does not tell them apart.
    text = flavour == "mariadb"
    assert raw["data"] == ('{"a":[1,null]}' if text else {"a": [1, None]})
    assert raw["flag"] == 1
    assert str(raw["key"]) == str(uuid.UUID(int=7))


async def test_parameters_are_values_only(books: Library, flavour: str) -> None:
    hostile = "x'; DROP TABLE library_book; --"
    sql = f"SELECT count(*) AS n FROM library_book WHERE title = {mark(flavour, 1)}"
    assert (await execute_raw(sql, [hostile]))[0]["n"] == 0
    await execute_raw(
        f"UPDATE library_book SET title = {mark(flavour, 1)} WHERE id = {mark(flavour, 2)}",
        [hostile, 1],
    )
    assert (await Book.objects.get(id=1)).title == hostile
    assert await Book.objects.count() == 7


async def test_writes_and_transactions(books: Library) -> None:
    await execute_raw("UPDATE library_book SET pages = pages + 1 WHERE id = 1")
    assert (await Book.objects.get(id=1)).pages == 301
    with pytest.raises(ValueError, match="back"):
        async with atomic():
            await execute_raw("DELETE FROM library_book")
            assert await Book.objects.count() == 0
            raise ValueError("back")
    assert await Book.objects.count() == 7


async def test_raw_instances(books: Library, flavour: str) -> None:
    sql = f"SELECT * FROM library_book WHERE author_id = {mark(flavour, 1)} ORDER BY id"
    found = await Book.objects.raw(sql, [1])
    assert found == [book for book in books.books if book.author_id == 1]  # type: ignore[attr-defined]
    found[0].pages = 1
    await found[0].save()
    assert (await Book.objects.get(id=found[0].id)).pages == 1


async def test_bad_sql_is_an_error_with_its_code(books: Library) -> None:
    for sql in (
        "SELEKT 1",
        "SELECT * FROM no_such_table",
        "SELECT no_such_column FROM library_book",
    ):
        with pytest.raises(DatabaseError) as caught:
            await execute_raw(sql)
        assert caught.value.code
    with pytest.raises(OxydeError):
        await execute_raw("SELECT 1", using="nowhere")


async def test_raw_sql_in_a_query(books: Library) -> None:
    found = (
        await Book.objects.filter(RawSQL("pages > 500"))
        .order_by("id")
        .values_list("id", flat=True)
        .all()
    )
    assert found == [3, 6]


@pytest.mark.databases("sqlite")
def test_sql_shows_the_statement_and_its_values(flavour: str) -> None:
    sql, values = Book.objects.filter(pages__gte=18, title__in=["a", "b"]).sql(dialect="postgres")
    assert "$1" in sql
    assert "$2" in sql
    assert values == [18, ["a", "b"]]
    sql, values = Book.objects.filter(title="a").order_by("-id").limit(3).sql(dialect="mysql")
    assert "`library_book`" in sql
    assert "?" in sql
    assert "LIMIT" in sql.upper()
    assert values[0] == "a"
    for dialect in ("postgres", "mysql", "mariadb", "sqlite"):
        assert (
            "secret value" not in Book.objects.filter(title="secret value").sql(dialect=dialect)[0]
        )
    with pytest.raises(OxydeError):
        Book.objects.sql(dialect="oracle")


async def test_sql_runs_as_it_is_shown(books: Library) -> None:
    query = (
        Author.objects.filter(age__gt=30, name__contains="o").order_by("id").values("id", "name")
    )
    sql, values = query.sql()
    assert await execute_raw(sql, values) == await query.all()


async def test_explain(books: Library) -> None:
    query = Book.objects.filter(pages__gte=100, author__name="Bo")
    plain = await query.explain()
    measured = await query.explain(analyze=True)
    assert isinstance(plain, str)
    assert "library_book" in plain or "book" in plain.lower()
    assert measured != plain
    assert any(word in measured.lower() for word in ("time", "rows", "ms"))
    assert await Book.objects.count() == 7


async def test_analyze_of_a_write_is_refused_or_leaves_no_trace(books: Library) -> None:
    await Book.objects.filter(id=1).explain(analyze=True)
    assert await Book.objects.order_by("id").all() == books.books
