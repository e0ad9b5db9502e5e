"""Counts, sums, averages and extremes, alone and by group."""

from __future__ import annotations

import datetime as dt
from decimal import Context, Decimal, localcontext
from statistics import fmean

import pytest
from support.library import Author, Book, Library

from oxyde import Avg, Count, Field, Max, Min, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "aggregate_entry"

    id: int | None = Field(default=None, db_pk=True)
    account: str
    amount: Decimal = Field(max_digits=30, decimal_places=10)
    whole: int = 0
    real: float | None = None


async def test_of_all_rows(books: Library) -> None:
    assert await Book.objects.count() == 7
    assert await Book.objects.sum("pages") == sum(book.pages for book in books.books)
    assert await Book.objects.avg("pages") == pytest.approx(fmean(b.pages for b in books.books))
    assert await Book.objects.min("title") == "100% Epsilon"
    assert await Book.objects.max("published") == dt.date(2024, 1, 1)
    assert await Book.objects.min("sold_at") == dt.datetime(2024, 1, 1)
    assert await Book.objects.max("price") == Decimal("120.00")
    total = await Book.objects.sum("price")
    assert isinstance(total, Decimal)
    assert total == sum(book.price for book in books.books)


async def test_of_some_rows(books: Library) -> None:
    novels = Book.objects.filter(genre="novel")
    assert await novels.sum("pages") == 850
    assert await novels.filter(author__name="Åse").max("pages") == 540
    assert await Book.objects.order_by("pages")[:2].sum("pages") == 90


async def test_of_no_rows(books: Library) -> None:
    nothing = Book.objects.filter(pages=-1)
    assert await nothing.count() == 0
    for name in ("sum", "avg", "min", "max"):
        assert await getattr(nothing, name)("pages") is None


async def test_nulls_count_nowhere(books: Library) -> None:
    assert await Author.objects.avg("age") == pytest.approx((70 + 41 + 41 + 28) / 4)
    assert await Author.objects.sum("age") == 180
    assert await Author.objects.count() == 5
    ages = await (
        Author.objects.group_by("company_id")
        .annotate(known=Count("age"), rows=Count("*"))
        .order_by("company_id")
        .values_list("company_id", "known", "rows")
    )
    assert sorted(ages, key=lambda row: row[0] or 0) == [
        (None, 1, 1),
        (1, 2, 2),
        (2, 1, 1),
        (3, 0, 1),
    ]


async def test_sums_of_decimals_are_exact(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Entry])
    amounts = [
        Decimal("0.1"),
        Decimal("0.2"),
        Decimal("-0.0000000001"),
        Decimal("12345678901234567890.5"),
    ]
    amounts += [Decimal("0.1")] * 1000
    await Entry.objects.bulk_create([{"account": "a", "amount": amount} for amount in amounts])
    total = await Entry.objects.sum("amount")
    with localcontext(Context(prec=60)):
        assert total == sum(amounts)
    assert isinstance(total, Decimal)
    assert await Entry.objects.max("amount") == max(amounts)
    assert await Entry.objects.min("amount") == min(amounts)
    some = Entry.objects.filter(amount__lt=1)
    assert await some.sum("amount") == sum(amount for amount in amounts if amount < 1)
    average = await Entry.objects.filter(id__lte=2).avg("amount")
    assert average == Decimal("0.15")


async def test_sums_of_large_integers(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Entry])
    await Entry.objects.bulk_create([{"account": "a", "amount": 0, "whole": 2**61}] * 3)
    assert await Entry.objects.sum("whole") == 3 * 2**61
    await Entry.objects.bulk_create([{"account": "a", "amount": 0, "whole": 2**62}] * 3)
    try:  # larger than 64 bits: exact, or refused by the database
        total = await Entry.objects.sum("whole")
    except OxydeError:
        pass
    else:
        assert total == 3 * 2**61 + 3 * 2**62


async def test_by_group(books: Library) -> None:
    rows = await (
        Book.objects.values("genre")
        .annotate(books=Count("id"), pages=Sum("pages"), cheapest=Min("price"), best=Max("rating"))
        .order_by("genre")
        .all()
    )
    by_genre: dict[str, list[Book]] = {}
    for book in books.books:
        by_genre.setdefault(book.genre, []).append(book)
    assert rows == [
        {
            "genre": genre,
            "books": len(some),
            "pages": sum(book.pages for book in some),
            "cheapest": min(book.price for book in some),
            "best": max(book.rating for book in some if book.rating is not None),
        }
        for genre, some in sorted(by_genre.items())
    ]


async def test_group_by_and_having(books: Library) -> None:
    rows = await (
        Book.objects.group_by("author_id")
        .annotate(total=Sum("price"), books=Count("id"))
        .having(books__gte=2)
        .order_by("-total")
        .values("author_id", "total", "books")
        .all()
    )
    assert rows == [
        {"author_id": 2, "total": Decimal("34.95"), "books": 2},
        {"author_id": 1, "total": Decimal("20.20"), "books": 3},
    ]


async def test_having_and_filter_differ(books: Library) -> None:
    rows = await (
        Book.objects.filter(pages__gte=100)
        .values("genre")
        .annotate(books=Count("id"))
        .filter(books__gt=1)
        .order_by("genre")
        .all()
    )
    assert rows == [{"genre": "crime", "books": 2}, {"genre": "novel", "books": 2}]


async def test_grouped_over_a_relation(books: Library) -> None:
    rows = await (
        Book.objects.values("author__company__name")
        .annotate(pages=Avg("pages"), books=Count("id"))
        .order_by("author__company__name")
        .all()
    )
    rows = sorted(rows, key=lambda row: row["author__company__name"] or "")
    assert [(row["author__company__name"], row["books"]) for row in rows] == [
        ("Aschehoug", 5),
        ("Bonnier", 1),
        ("Gyldendal", 1),
    ]
    assert rows[0]["pages"] == pytest.approx(fmean([300, 120, 540, 300, 80]))


async def test_filtered_and_distinct_aggregates(books: Library) -> None:
    rows = await (
        Book.objects.values("author_id")
        .annotate(
            all=Count("id"),
            long=Count("id", filter=Q(pages__gte=300)),
            genres=Count("genre", distinct=True),
            sold=Count("sold_at"),
        )
        .order_by("author_id")
        .all()
    )
    expected = []
    for author in books.authors:
        own = books.books_of(author)
        if own:
            expected.append(
                {
                    "author_id": author.id,
                    "all": len(own),
                    "long": sum(book.pages >= 300 for book in own),
                    "genres": len({book.genre for book in own}),
                    "sold": sum(book.sold_at is not None for book in own),
                }
            )
    assert rows == expected


async def test_an_aggregate_over_text_is_refused(books: Library) -> None:
    for attempt in (
        lambda: Book.objects.sum("title"),
        lambda: Book.objects.avg("published"),
        lambda: Book.objects.sum("nothing"),
    ):
        with pytest.raises((FieldError, OxydeError)) as caught:
            await attempt()
        assert "Book" in str(caught.value) or "title" in str(caught.value)
