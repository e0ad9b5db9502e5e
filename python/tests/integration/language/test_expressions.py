"""Arithmetic, functions and Case: computed by the database, compared with Python over the rows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support.library import Author, Book, Library

from oxyde import Coalesce, Concat, F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries import Cast, Value
from oxyde.queries.expressions.case import Case, When
from oxyde.queries.expressions.functions import (
    Abs,
    Ceil,
    Extract,
    Floor,
    Func,
    Greatest,
    Least,
    Left,
    Length,
    Lower,
    LTrim,
    NullIf,
    Position,
    Power,
    Repeat,
    Replace,
    Reverse,
    Right,
    Round,
    RTrim,
    Sign,
    Sqrt,
    Substr,
    Trim,
    Trunc,
    Upper,
)


class Number(Model):
    class Meta:
        is_table = True
        table_name = "expression_number"

    id: int | None = Field(default=None, db_pk=True)
    a: int
    b: int
    x: float = 0.0
    m: Decimal = Field(default=Decimal(0), max_digits=20, decimal_places=6)
    n: Decimal = Field(default=Decimal(1), max_digits=20, decimal_places=6)


async def computed(model: type[Model], expression: Any) -> list[Any]:
    """The expression's value for each row, in the order of the keys."""
    return (
        await model.objects.annotate(value=expression)
        .order_by("id")
        .values_list("value", flat=True)
    )


@pytest.fixture
async def numbers(database: AsyncDatabase) -> list[Number]:
    await db.create_tables(models=[Number])
    pairs = [(7, 2), (-7, 2), (7, -2), (-7, -2), (0, 5), (6, 3), (2**40, 3)]
    return await Number.objects.bulk_create(
        [{"a": a, "b": b, "x": a / 4, "m": Decimal(a) / 8, "n": Decimal(b) / 4} for a, b in pairs]
    )


INTEGER_CASES: list[tuple[Any, Callable[[Number], Any]]] = [
    (F("a") + F("b"), lambda row: row.a + row.b),
    (F("a") - 3, lambda row: row.a - 3),
    (3 - F("a"), lambda row: 3 - row.a),
    (F("a") * F("b"), lambda row: row.a * row.b),
    (F("a") / F("b"), lambda row: row.a / row.b),
    (F("a") // F("b"), lambda row: row.a // row.b),
    (F("a") % F("b"), lambda row: row.a % row.b),
    (-F("a"), lambda row: -row.a),
    ((F("a") + 1) * (F("b") - 1), lambda row: (row.a + 1) * (row.b - 1)),
    (F("a") - (F("b") - 1), lambda row: row.a - (row.b - 1)),
    (F("b") ** 2, lambda row: row.b**2),
    (F("a") + F("x"), lambda row: row.a + row.x),
    (F("x") * 2.5, lambda row: row.x * 2.5),
    (F("a").bitand(3), lambda row: row.a & 3),
    (F("a").bitor(8), lambda row: row.a | 8),
]


@pytest.mark.parametrize("index", range(len(INTEGER_CASES)))
async def test_arithmetic_is_that_of_python(numbers: list[Number], index: int) -> None:
    expression, expected = INTEGER_CASES[index]
    got = await computed(Number, expression)
    assert got == pytest.approx([expected(row) for row in numbers], rel=1e-12)


async def test_decimals_stay_exact(numbers: list[Number]) -> None:
    cases: list[tuple[Any, Callable[[Number], Decimal]]] = [
        (F("m") + F("n"), lambda row: row.m + row.n),
        (F("m") - Decimal("0.000001"), lambda row: row.m - Decimal("0.000001")),
        (F("m") * F("n"), lambda row: row.m * row.n),
        (F("m") * 3, lambda row: row.m * 3),
        (F("a") + F("m"), lambda row: row.a + row.m),
        (F("a") * Decimal("0.1"), lambda row: row.a * Decimal("0.1")),
    ]
    for expression, expected in cases:
        got = await computed(Number, expression)
        assert got == [expected(row) for row in numbers], expression
        assert all(isinstance(value, Decimal) for value in got), expression
    got = await computed(Number, F("m") / F("n"))
    for value, row in zip(got, numbers, strict=True):
        assert isinstance(value, Decimal)
        assert abs(value - row.m / row.n) < Decimal("0.0001")


async def test_types_that_do_not_mix_are_refused(books: Library) -> None:
    for expression in (
        lambda: F("title") + 1,
        lambda: F("price") + 0.5,
        lambda: F("published") + F("pages"),
        lambda: F("title") * 2,
        lambda: F("published") + F("published"),
    ):
        with pytest.raises((FieldError, OxydeError)):
            await Book.objects.annotate(value=expression()).all()


async def test_dates_and_durations(books: Library) -> None:
    days = await computed(Book, F("published") + dt.timedelta(days=31))
    assert days == [b.published and b.published + dt.timedelta(days=31) for b in books.books]
    moments = await computed(Book, F("sold_at") - dt.timedelta(days=1, hours=1, microseconds=1))
    step = dt.timedelta(days=1, hours=1, microseconds=1)
    assert moments == [b.sold_at and b.sold_at - step for b in books.books]
    spans = await computed(Book, F("sold_at") - dt.datetime(2024, 1, 1))
    assert spans == [b.sold_at and b.sold_at - dt.datetime(2024, 1, 1) for b in books.books]
    late = await Book.objects.filter(
        F("sold_at") - dt.timedelta(days=60) > dt.datetime(2024, 1, 1)
    ).count()
    assert late == sum(
        b.sold_at is not None and b.sold_at - dt.timedelta(days=60) > dt.datetime(2024, 1, 1)
        for b in books.books
    )


TEXT_CASES: list[tuple[Any, Callable[[Book], Any]]] = [
    (Lower("title"), lambda b: b.title.lower()),
    (Upper("title"), lambda b: b.title.upper()),
    (Length("title"), lambda b: len(b.title)),
    (Left("title", 2), lambda b: b.title[:2]),
    (Right("title", 2), lambda b: b.title[-2:]),
    (Substr("title", 2, 3), lambda b: b.title[1:4]),
    (Substr("title", 3), lambda b: b.title[2:]),
    (Replace("title", "a", "%"), lambda b: b.title.replace("a", "%")),
    (Reverse("title"), lambda b: b.title[::-1]),
    (Repeat("genre", 2), lambda b: b.genre * 2),
    (Position("title", "a"), lambda b: b.title.find("a") + 1),
    (Trim(Concat(Value("  "), "title", Value(" "))), lambda b: b.title),
    (LTrim(Concat(Value("  "), "title", Value(" "))), lambda b: f"{b.title} "),
    (RTrim(Concat(Value("  "), "title", Value(" "))), lambda b: f"  {b.title}"),
    (Concat("title", Value(" ("), "genre", Value(")")), lambda b: f"{b.title} ({b.genre})"),
    (F("title") + Value("!"), lambda b: f"{b.title}!"),
    (Concat("title", "pages"), lambda b: f"{b.title}{b.pages}"),
]


@pytest.mark.parametrize("index", range(len(TEXT_CASES)))
async def test_text_functions(books: Library, index: int) -> None:
    expression, expected = TEXT_CASES[index]
    assert await computed(Book, expression) == [expected(book) for book in books.books]


async def test_text_functions_know_unicode(books: Library) -> None:
    assert (await computed(Author, Lower("name")))[0] == "åse"
    assert (await computed(Author, Upper("name")))[0] == "ÅSE"
    assert (await computed(Author, Length("name")))[0] == 3
    assert (await computed(Author, Reverse("name")))[0] == "esÅ"
    assert await Author.objects.filter(Lower("name") == "åse").count() == 1


NUMBER_CASES: list[tuple[Any, Callable[[Number], Any]]] = [
    (Abs("a"), lambda row: abs(row.a)),
    (Sign("a"), lambda row: (row.a > 0) - (row.a < 0)),
    (Ceil("x"), lambda row: math.ceil(row.x)),
    (Floor("x"), lambda row: math.floor(row.x)),
    (Sqrt(Abs("a")), lambda row: math.sqrt(abs(row.a))),
    (Power("b", 3), lambda row: row.b**3),
    (Greatest("a", "b"), lambda row: max(row.a, row.b)),
    (Least("a", "b", Value(1)), lambda row: min(row.a, row.b, 1)),
]


@pytest.mark.parametrize("index", range(len(NUMBER_CASES)))
async def test_number_functions(numbers: list[Number], index: int) -> None:
    expression, expected = NUMBER_CASES[index]
    got = await computed(Number, expression)
    assert got == pytest.approx([expected(row) for row in numbers], rel=1e-9)


async def test_round_keeps_decimals_exact(numbers: list[Number]) -> None:
    assert await computed(Number, Round("m", 2)) == [
        row.m.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP") for row in numbers
    ]
    assert await computed(Number, Round("m")) == [
        row.m.quantize(Decimal(1), rounding="ROUND_HALF_UP") for row in numbers
    ]


async def test_choices(books: Library) -> None:
    assert await computed(Book, Coalesce("rating", 0.0)) == [
        book.rating or 0.0 for book in books.books
    ]
    assert await computed(Book, Coalesce("editor_id", "author_id")) == [
        book.editor_id or book.author_id
        for book in books.books  # type: ignore[attr-defined]
    ]
    assert await computed(Book, NullIf("genre", Value("novel"))) == [
        None if book.genre == "novel" else book.genre for book in books.books
    ]


DATE_PARTS: dict[str, Callable[[dt.datetime], int]] = {
    "year": lambda m: m.year,
    "iso_year": lambda m: m.isocalendar().year,
    "quarter": lambda m: (m.month + 2) // 3,
    "month": lambda m: m.month,
    "week": lambda m: m.isocalendar().week,
    "day": lambda m: m.day,
    "day_of_year": lambda m: m.timetuple().tm_yday,
    "week_day": lambda m: m.isoweekday() % 7 + 1,
    "iso_week_day": lambda m: m.isoweekday(),
    "hour": lambda m: m.hour,
    "minute": lambda m: m.minute,
    "second": lambda m: m.second,
}


@pytest.mark.parametrize("part", DATE_PARTS)
async def test_extract(books: Library, part: str) -> None:
    expected = [book.sold_at and DATE_PARTS[part](book.sold_at) for book in books.books]
    assert await computed(Book, Extract("sold_at", part)) == expected


@pytest.mark.parametrize("unit", ["year", "quarter", "month", "week", "day", "hour", "minute"])
async def test_trunc(books: Library, unit: str) -> None:
    def truncated(moment: dt.datetime) -> dt.datetime:
        day = dt.datetime(moment.year, moment.month, moment.day)
        return {
            "year": dt.datetime(moment.year, 1, 1),
            "quarter": dt.datetime(moment.year, (moment.month - 1) // 3 * 3 + 1, 1),
            "month": dt.datetime(moment.year, moment.month, 1),
            "week": day - dt.timedelta(days=day.weekday()),
            "day": day,
            "hour": moment.replace(minute=0, second=0, microsecond=0),
            "minute": moment.replace(second=0, microsecond=0),
        }[unit]

    expected = [book.sold_at and truncated(book.sold_at) for book in books.books]
    assert await computed(Book, Trunc("sold_at", unit)) == expected
    if unit not in ("hour", "minute"):
        days = [
            book.published and truncated(dt.datetime(*book.published.timetuple()[:3])).date()
            for book in books.books
        ]
        assert await computed(Book, Trunc("published", unit)) == days


async def test_case(books: Library) -> None:
    size = Case(
        When(pages__gte=500, then=Value("long")),
        When(Q(pages__lt=100) | Q(genre="poems"), then=Value("short")),
        default=Value("middling"),
    )

    def expected(book: Book) -> str:
        if book.pages >= 500:
            return "long"
        return "short" if book.pages < 100 or book.genre == "poems" else "middling"

    assert await computed(Book, size) == [expected(book) for book in books.books]
    assert await Book.objects.annotate(size=size).filter(size="long").count() == 2
    assert await Book.objects.order_by(size, "id").values_list("id", flat=True) == [
        book.id for book in sorted(books.books, key=lambda b: (expected(b), b.id))
    ]
    no_default = Case(When(rating__isnull=False, then=F("pages")))
    assert await computed(Book, no_default) == [
        b.pages if b.rating is not None else None for b in books.books
    ]
    await Book.objects.update(genre=size)
    assert await Book.objects.order_by("id").values_list("genre", flat=True) == [
        expected(book) for book in books.books
    ]


async def test_cast(books: Library) -> None:
    assert await computed(Book, Cast("pages", str)) == [str(book.pages) for book in books.books]
    assert await computed(Book, Cast("pages", float)) == [float(book.pages) for book in books.books]
    assert await computed(Book, Cast("price", float)) == pytest.approx(
        [float(b.price) for b in books.books]
    )
    assert await computed(Book, Cast(Cast("pages", str), int)) == [
        book.pages for book in books.books
    ]
    assert await computed(Book, Cast("pages", Decimal) + F("price")) == [
        book.pages + book.price for book in books.books
    ]
    assert await computed(Book, Cast("sold_at", dt.date)) == [
        book.sold_at and book.sold_at.date() for book in books.books
    ]


async def test_values_are_never_code(books: Library) -> None:
    hostile = "'; DROP TABLE library_book; --"
    assert await computed(Book, Value(hostile)) == [hostile] * 7
    assert (await computed(Book, Concat("title", Value(hostile))))[0] == f"Alpha{hostile}"
    assert await Book.objects.count() == 7


async def test_a_function_of_ones_own(books: Library) -> None:
    class Absolute(Func):
        sql_name = "ABS"
        output = int

    assert await computed(Book, Absolute(F("id") - 4)) == [3, 2, 1, 0, 1, 2, 3]

    class Injected(Func):
        sql_name = "ABS(1); --"
        output = int

    with pytest.raises(FieldError):
        await computed(Book, Injected("id"))
