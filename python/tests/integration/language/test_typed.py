"""Typed queries: a function from the model says the same as the keyword form."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from support.library import Author, Book, Library

from oxyde import Q
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries import (
    any_of,
    asc,
    between,
    contains,
    desc,
    icontains,
    in_,
    is_null,
    not_,
    related,
    the,
)


def same(one: Any, other: Any) -> None:
    """Both queries are the same statement with the same values."""
    assert one.sql(dialect="postgres") == other.sql(dialect="postgres")


async def test_conditions(books: Library) -> None:
    cases: list[tuple[Any, Any]] = [
        (lambda b: b.pages >= 300, Book.objects.filter(pages__gte=300)),
        (lambda b: b.title == "Eta", Book.objects.filter(title="Eta")),
        (lambda b: (b.pages > 100) & (b.genre == "novel"),
         Book.objects.filter(Q(pages__gt=100) & Q(genre="novel"))),
        (lambda b: (b.pages > 500) | ~(b.genre == "novel"),
         Book.objects.filter(Q(pages__gt=500) | ~Q(genre="novel"))),
        (lambda b: b.title.startswith("A"), Book.objects.filter(title__startswith="A")),
        (lambda b: b.title.endswith("a"), Book.objects.filter(title__endswith="a")),
        (lambda b: b.author.name == "Bo", Book.objects.filter(author__name="Bo")),
        (lambda b: b.author.company.country == "Norway",
         Book.objects.filter(author__company__country="Norway")),
        (lambda b: b.published.year == 2024, Book.objects.filter(published__year=2024)),
        (lambda b: b.published >= dt.date(2010, 1, 1),
         Book.objects.filter(published__gte=dt.date(2010, 1, 1))),
        (lambda b: in_(b.genre, ["crime", "poems"]),
         Book.objects.filter(genre__in=["crime", "poems"])),
        (lambda b: between(b.pages, 100, 300), Book.objects.filter(pages__between=(100, 300))),
        (lambda b: contains(b.title, "%"), Book.objects.filter(title__contains="%")),
        (lambda b: icontains(b.title, "ETA"), Book.objects.filter(title__icontains="ETA")),
        (lambda b: is_null(b.rating), Book.objects.filter(rating__isnull=True)),
        (lambda b: the(b.rating) > 3, Book.objects.filter(rating__gt=3)),
        (lambda b: the(b.editor).name == "Bo", Book.objects.filter(editor__name="Bo")),
        (lambda b: not_(b.pages > 300) | is_null(b.editor),
         Book.objects.filter(~Q(pages__gt=300) | Q(editor__isnull=True))),
    ]  # fmt: skip
    for function, keywords in cases:
        typed = Book.objects.filter(function)
        same(typed, keywords)
        found = await typed.order_by("id").all()
        assert found == await keywords.order_by("id").all()
        assert found


async def test_any_of_a_relation(books: Library) -> None:
    query = Author.objects.filter(
        lambda a: any_of(a.books, lambda b: (b.pages < 100) & (b.genre == "poems"))
    )
    assert await query.values_list("name", flat=True) == ["Bo"]


async def test_columns_order_and_updates(books: Library) -> None:
    rows = (
        await Book.objects.filter(lambda b: b.pages > 200)
        .order_by(lambda b: (desc(b.pages), asc(b.title)))
        .select(lambda b: (b.id, b.title, b.author.name))
        .all()
    )
    expected = sorted(books.books, key=lambda b: (-b.pages, b.title))
    assert rows == [
        (b.id, b.title, books.author(b.author_id).name)  # type: ignore[union-attr, attr-defined]
        for b in expected
        if b.pages > 200
    ]
    assert await Book.objects.order_by(lambda b: b.id).select(lambda b: b.title).first() == "Alpha"
    assert (
        await Book.objects.filter(id=1).update(lambda b: {b.pages: b.pages + 1, b.genre: "x"}) == 1
    )
    book = await Book.objects.get(id=1)
    assert (book.pages, book.genre) == (301, "x")
    doubled = (
        await Book.objects.annotate(lambda b: {"double": b.pages * 2})
        .order_by("id")
        .values("double")
        .first()
    )
    assert doubled == {"double": 602}


async def test_functions_name_fields_and_relations(books: Library) -> None:
    same(Book.objects.join(lambda b: the(b.editor).company), Book.objects.join("editor__company"))
    same(Book.objects.only(lambda b: (b.title, b.pages)), Book.objects.only("title", "pages"))
    same(Book.objects.defer(lambda b: b.title), Book.objects.defer("title"))
    same(Book.objects.group_by(lambda b: b.genre), Book.objects.group_by("genre"))
    same(
        Book.objects.values_list(lambda b: (b.id, b.author.name)),
        Book.objects.values_list("id", "author__name"),
    )
    titles = Book.objects.values_list(lambda b: b.title, flat=True).order_by("id")
    assert await titles == [book.title for book in books.books]
    author = await Author.objects.prefetch(lambda a: a.books).get(name="Bo")
    assert await related(author, lambda a: a.books).count() == len(author.books) > 0
    with pytest.raises(FieldError, match="must return fields or relations of `Book`, not 3"):
        Book.objects.join(lambda b: 3)


async def test_aggregates_of_functions(books: Library) -> None:
    pages = [book.pages for book in books.books]
    assert await Book.objects.sum(lambda b: b.pages) == sum(pages)
    assert await Book.objects.max(lambda b: b.pages) == max(pages)
    assert await Book.objects.min(lambda b: b.pages * 2) == min(pages) * 2
    mean = await Book.objects.avg(lambda b: b.pages)
    assert mean == pytest.approx(sum(pages) / len(pages))
    with pytest.raises(FieldError, match="must return a field or an expression, not 3"):
        await Book.objects.sum(lambda b: 3)


async def test_the_and_not_outside_of_queries() -> None:
    assert the("x") == "x"
    assert the(0) == 0
    with pytest.raises(OxydeError, match="the\\(\\) got None"):
        the(None)
    with pytest.raises(FieldError, match="not_\\(\\) takes a condition, not True"):
        not_(True)


async def test_what_python_would_decide_by_itself_is_refused(books: Library) -> None:
    for wrong in (
        lambda b: b.pages > 1 and b.pages < 5,
        lambda b: b.pages > 1 or b.genre == "x",
        lambda b: not b.pages,
        lambda b: 1 < b.pages < 5,
        lambda b: "x" in b.title,
        lambda b: True,
    ):
        with pytest.raises((TypeError, OxydeError)) as caught:
            Book.objects.filter(wrong)
        assert any(sign in str(caught.value) for sign in ("&", "contains"))
    with pytest.raises(FieldError) as caught_name:
        Book.objects.filter(lambda b: b.titel == "x")
    assert "title" in str(caught_name.value)
