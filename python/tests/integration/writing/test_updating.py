"""update, increment and delete of many rows at once."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from support.library import Author, Book, Library

from oxyde import Count, F
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries import Cast


async def test_update_gives_the_number_of_rows(books: Library) -> None:
    assert await Book.objects.filter(genre="novel").update(genre="roman") == 3
    assert await Book.objects.filter(genre="roman").count() == 3
    assert await Book.objects.filter(id=99).update(genre="x") == 0
    # Rows that have the value already count too, on every database.
    assert await Book.objects.filter(genre="roman").update(genre="roman") == 3
    assert await Book.objects.update(rating=None) == 7
    assert await Book.objects.filter(rating=None).count() == 7


async def test_update_of_several_columns(books: Library) -> None:
    changed = {
        "title": 'it\'s "new" \\ %',
        "price": Decimal("3.50"),
        "published": dt.date(2000, 2, 29),
        "sold_at": dt.datetime(2000, 2, 29, 1, 2, 3, 4),
        "rating": 0.1,
    }
    assert await Book.objects.filter(id=2).update(**changed) == 1
    book = await Book.objects.get(id=2)
    assert book.model_dump(include=set(changed)) == changed
    assert await Book.objects.exclude(id=2).order_by("id").all() == [
        book for book in books.books if book.id != 2
    ]


async def test_update_with_returning(books: Library) -> None:
    rows = await Book.objects.filter(author_id=1).update(rating=2.5, returning=True)
    assert (
        sorted(rows, key=lambda book: book.id)
        == await Book.objects.filter(author_id=1).order_by("id").all()
    )
    assert all(isinstance(row, Book) and row.rating == 2.5 for row in rows)
    assert await Book.objects.filter(id=99).update(rating=1.0, returning=True) == []
    # Rows that no longer match after the update come back as well.
    moved = await Book.objects.filter(genre="crime").update(genre="thriller", returning=True)
    assert sorted(book.id for book in moved) == [4, 6]
    assert {book.genre for book in moved} == {"thriller"}


async def test_update_by_expression(books: Library) -> None:
    await Book.objects.update(pages=F("pages") * 2 + F("id"), price=F("price") + Decimal("0.05"))
    stored = await Book.objects.order_by("id").all()
    assert [book.pages for book in stored] == [
        book.pages * 2 + (book.id or 0) for book in books.books
    ]
    assert [book.price for book in stored] == [book.price + Decimal("0.05") for book in books.books]
    await Book.objects.filter(id=1).update(
        title=F("title") + "!", published=F("published") + dt.timedelta(days=31)
    )
    book = await Book.objects.get(id=1)
    assert (book.title, book.published) == ("Alpha!", dt.date(2001, 6, 1))
    with pytest.raises(FieldError, match="Cast"):  # a fraction would be lost in silence
        await Book.objects.filter(id=4).update(pages=F("rating") * 2)
    await Book.objects.filter(id=4).update(pages=Cast(F("rating") * 2, int))
    assert (await Book.objects.get(id=4)).pages == 9


async def test_expressions_see_the_row_as_it_was(books: Library) -> None:
    """MySQL assigns from left to right, and would read what it has just written."""
    before = await Author.objects.get(id=2)
    assert (before.age, before.mentor_id) == (41, 1)  # type: ignore[attr-defined]
    await Author.objects.filter(id=2).update(age=50, mentor=F("age") - 40)
    after = await Author.objects.get(id=2)
    assert (after.age, after.mentor_id) == (50, 1)  # type: ignore[attr-defined]
    await Author.objects.filter(id=2).update(mentor=F("age") - 49, age=F("age") + 1)
    assert (await Author.objects.get(id=2)).age == 51
    await Book.objects.filter(id=1).update(editor=F("author_id"), author=3)
    book = await Book.objects.get(id=1)
    assert (book.author_id, book.editor_id) == (3, 1)  # type: ignore[attr-defined]


async def test_swapped_columns_are_swapped(books: Library) -> None:
    """Assignments see the row as it was, also where the database would go from left to right."""
    swap = {"author": F("editor_id"), "editor": F("author_id")}
    assert await Book.objects.filter(id=1).update(**swap) == 1
    book = await Book.objects.get(id=1)
    assert (book.author_id, book.editor_id) == (2, 1)  # type: ignore[attr-defined]
    before = {b.id: b for b in await Book.objects.all()}
    edited = Book.objects.filter(editor__isnull=False, author__age__gt=0)
    chosen = edited.order_by("-pages", "id")[:2]
    keys = [b.id for b in await chosen.all()]
    assert await chosen.update(pages=F("id"), rating=F("pages") + F("id"), genre="swapped") == 2
    for row in await Book.objects.all():
        old: Any = before[row.id]
        if row.id in keys:
            assert (row.pages, row.rating, row.genre) == (old.id, old.pages + old.id, "swapped")
        else:
            assert row == old
    (told,) = await Book.objects.filter(id=1).update(**swap, returning=True)
    assert (told.author_id, told.editor_id) == (1, 2)  # type: ignore[attr-defined]


async def test_update_of_a_foreign_key(books: Library) -> None:
    dag = await Author.objects.get(name="Dag")
    assert await Book.objects.filter(id=1).update(author=dag) == 1
    assert await Book.objects.filter(author=dag).values_list("id", flat=True).all() == [1]
    assert await Book.objects.filter(id=1).update(editor_id=dag.id) == 1
    assert await Book.objects.filter(id=1).update(editor=None) == 1
    assert (await Book.objects.get(id=1)).editor_id is None  # type: ignore[attr-defined]


async def test_update_through_a_relation_in_the_filter(books: Library) -> None:
    assert await Book.objects.filter(author__company__country="Norway").update(genre="norsk") == 6
    assert await Book.objects.exclude(genre="norsk").values_list("id", flat=True).all() == [6]
    assert await Book.objects.filter(author__books__pages__gt=600).update(genre="long") == 1


async def test_update_to_annotations(books: Library) -> None:
    counts = {a.id: sum(b.author_id == a.id for b in books.books) for a in books.authors}
    counted = Author.objects.annotate(n=Count("books"), more=F("n") * 10 + 1)
    assert await counted.filter(n__gt=0, id__lt=99).update(age=F("more") + F("n") + 2) == 4
    for author in await Author.objects.all():
        n = counts[author.id]
        assert author.age == (n * 11 + 3 if n else next(
            a.age for a in books.authors if a.id == author.id
        ))  # fmt: skip
    # Where the database goes from left to right, the new values are a table of their own.
    own = F("age") - F("age") + F("id")
    assert await counted.filter(more__gt=1).update(age=F("more") + 1, mentor=own) == 4
    rows = await Author.objects.filter(id=1).values_list("age", "mentor_id")
    assert rows == [(counts[1] * 10 + 2, 1)]


async def test_update_of_a_slice(books: Library) -> None:
    try:
        done = await Book.objects.order_by("-pages")[:2].update(genre="longest")
    except OxydeError:
        assert await Book.objects.filter(genre="longest").count() == 0
    else:
        assert done == 2
        assert sorted(
            await Book.objects.filter(genre="longest").values_list("id", flat=True).all()
        ) == [3, 6]


async def test_update_refuses_what_does_not_fit(books: Library) -> None:
    for wrong in (
        {"pages": "many"},
        {"pages": None},
        {"price": Decimal("1.001")},
        {"title": None},
        {"published": "not a day"},
        {"nothing": 1},
        {"author__name": "x"},
        {"books": []},
    ):
        with pytest.raises((FieldError, ValidationError)):
            await Book.objects.filter(id=1).update(**wrong)
    with pytest.raises((OxydeError, TypeError)):
        await Book.objects.filter(id=1).update()
    assert await Book.objects.order_by("id").all() == books.books


async def test_increment(books: Library) -> None:
    assert await Book.objects.filter(id=1).increment("pages") == 1
    assert await Book.objects.filter(id=1).increment("pages", 10) == 1
    assert await Book.objects.filter(id=1).increment("pages", -1) == 1
    assert (await Book.objects.get(id=1)).pages == 310
    assert await Book.objects.increment("price", Decimal("0.01")) == 7
    assert await Book.objects.sum("price") == sum(book.price for book in books.books) + Decimal(
        "0.07"
    )
    for wrong in (("title", 1), ("nothing", 1), ("pages", "1"), ("pages", None)):
        with pytest.raises((FieldError, OxydeError, TypeError)):
            await Book.objects.filter(id=1).increment(*wrong)


async def test_increments_at_once_are_all_counted(books: Library) -> None:
    await asyncio.gather(*(Book.objects.filter(id=1).increment("pages") for _ in range(50)))
    assert (await Book.objects.get(id=1)).pages == 350


async def test_delete(books: Library) -> None:
    assert await Book.objects.filter(genre="poems").delete() == 2
    assert await Book.objects.order_by("id").values_list("id", flat=True).all() == [1, 3, 4, 6, 7]
    assert await Book.objects.filter(id=99).delete() == 0
    assert await Book.objects.filter(author__name="Åse").delete() == 2
    assert await Book.objects.exclude(editor=None).delete() == 2
    assert await Book.objects.delete() == 1
    assert await Book.objects.count() == 0
    assert await Author.objects.count() == 5


async def test_delete_of_rows_that_a_subquery_of_the_same_table_finds(books: Library) -> None:
    """MySQL cannot read the table that it deletes from, unless through a derived table."""
    assert await Author.objects.filter(mentor__mentor__name="Åse").delete() == 1
    assert await Author.objects.order_by("id").values_list("name", flat=True).all() == [
        "Åse",
        "Bo",
        "Cleo",
        "Eli",
    ]
    assert (
        await Book.objects.filter(author__books__title="Beta").exclude(title="Beta").delete() == 2
    )
    assert await Book.objects.filter(author_id=1).values_list("title", flat=True).all() == ["Beta"]


async def test_delete_of_a_misspelt_predicate_deletes_nothing(books: Library) -> None:
    for wrong in ({"titel": "x"}, {"title__exakt": "x"}, {"author__nam": "x"}):
        with pytest.raises(OxydeError):
            await Book.objects.filter(**wrong).delete()
    assert await Book.objects.count() == 7


async def test_update_of_distinct_rows(books: Library) -> None:
    distinct = Book.objects.filter(author__books__genre="poems").distinct()
    right = sorted(b.id or 0 for b in books.books if b.author_id in {
        other.author_id for other in books.books if other.genre == "poems"
    })  # fmt: skip
    changed = await distinct.update(rating=1.0, returning=True)
    assert sorted(book.id or 0 for book in changed) == right
    assert await distinct.update(rating=2.0) == len(right)
    assert await Book.objects.filter(rating=2.0).count() == len(right)
