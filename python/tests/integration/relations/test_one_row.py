"""Conditions on a relation to many rows are about one row of it: the rule of docs/queries.md by
example. Random conditions are in `property/test_related_rows.py`."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import Count, F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Case, Lower, Value, When, any_of


class OneAuthor(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str
    books: list[OneBook] = Field(db_reverse_fk="author")


class OneTag(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None


class OneBook(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    author: OneAuthor
    title: str
    rating: int
    out: int | None = None
    tags: list[OneTag] = Field(db_m2m=True)


@pytest.fixture
async def shop(database: AsyncDatabase) -> AsyncDatabase:
    """Ann has two books, of which none is both 1 and "q"; Bob one that is; Cid none at all."""
    await db.create_tables(models=[OneAuthor, OneTag, OneBook])
    await OneAuthor.objects.bulk_create(
        [OneAuthor(id=number, name=name) for number, name in enumerate(("Ann", "Bob", "Cid"), 1)]
    )
    await OneTag.objects.bulk_create([OneTag(id=1, name="x"), OneTag(id=2), OneTag(id=3, name="y")])
    books = [
        OneBook(id=1, author_id=1, title="p", rating=1, out=1),
        OneBook(id=2, author_id=1, title="q", rating=2, out=1),
        OneBook(id=3, author_id=2, title="q", rating=1),
    ]
    await OneBook.objects.bulk_create(books)
    await books[0].tags_set.add(1, 3)  # type: ignore[attr-defined]
    await books[2].tags_set.add(2)  # type: ignore[attr-defined]
    return database


async def _names(*conditions: Any, **lookups: Any) -> str:
    found = OneAuthor.objects.filter(*conditions, **lookups).order_by("id")
    return "".join([name[0] for name in await found.values_list("name", flat=True)])


async def test_however_nested(shop: AsyncDatabase) -> None:
    one, q, r = Q(books__rating=1), Q(books__title="q"), Q(books__title="r")
    for way in (
        _names(one & (q | r)),
        _names(one, q | r),
        _names(q | r, books__rating=1),
        _names(Q(Q(one, q | r))),
        _names(Q(q | r, one)),
        _names(Q(q | r) & Q(Q(books__rating=1))),
        _names(lambda a: (a.books.rating == 1) & ((a.books.title == "q") | (a.books.title == "r"))),
        _names(lambda a: any_of(a.books, lambda b: (b.rating == 1) & (b.title == "q"))),
        _names(Lower("books__title") == "q", books__rating=1),
        _names(one & q & Q(books__out=None)),
    ):
        assert await way == "B"
    assert await _names((one & q) | Q(name="Cid")) == "BC"
    assert await _names(one & (q | Q(name="Ann"))) == "AB"
    assert await _names(one ^ q) == "A"
    query = OneAuthor.objects.filter(one).filter(q).order_by("id")
    assert await query.values_list("id", flat=True) == [1, 2]
    apart = any_of, lambda b: b.rating == 1, lambda b: b.title == "q"
    both = _names(lambda a: apart[0](a.books, apart[1]) & apart[0](a.books, apart[2]))
    assert await both == "AB"


async def test_paths_over_two_relations(shop: AsyncDatabase) -> None:
    assert await _names(books__tags__name="x", books__rating=1) == "A"
    assert await _names(books__tags__name="x", books__rating=2) == ""
    # One tag of one book, and not one and another.
    assert await _names(books__tags__name="x", books__tags__id=3) == ""
    assert await _names(Q(books__tags__name="x") & (Q(books__tags__id=1) | Q(name="Bob"))) == "A"


async def test_negations_are_tests_of_their_own(shop: AsyncDatabase) -> None:
    assert await _names(~Q(books__rating=1) & Q(books__title="q")) == ""
    assert await _names(~Q(books__rating=2) & Q(books__title="q")) == "B"
    assert await _names(~Q(books__rating=1, books__title="q")) == "AC"
    excluded = OneAuthor.objects.exclude(books__rating=1, books__title="q").order_by("id")
    assert await excluded.values_list("id", flat=True) == [1, 3]
    assert await _names(~~Q(books__rating=1) & Q(books__title="q")) == "AB"
    mine = any_of
    assert await _names(lambda a: mine(a.books, lambda b: ~(b.rating == 1))) == "A"


async def test_columns_of_one_related_row(shop: AsyncDatabase) -> None:
    assert await _names(books__rating=F("books__out")) == "A"
    assert await _names(books__rating__gt=F("books__out")) == "A"
    assert await _names(books__rating=F("books__out"), books__title="q") == ""
    assert await _names(books__rating__gt=F("books__out"), books__title="q") == "A"


async def test_null_and_no_row(shop: AsyncDatabase) -> None:
    async def books(**lookups: Any) -> list[int]:
        found = OneBook.objects.filter(**lookups).order_by("id")
        return await found.values_list("id", flat=True)

    assert await books(tags__id__isnull=True) == [2]
    assert await books(tags__isnull=True) == await books(tags=None) == [2]
    assert await books(tags__isnull=False) == [1, 3]
    assert await books(tags__name=None) == [2, 3]
    assert await books(tags__name=None, tags__isnull=False) == [3]
    assert await books(tags__name=None, tags__id=2) == [3]
    assert await books(tags__name=None, tags__id=3) == []
    assert await books(tags__name__isnull=False) == [1]
    assert await _names(books__isnull=True) == "C"
    assert await _names(books__tags__isnull=True) == "AC"
    assert await _names(books__tags__name=None) == "ABC"
    assert await _names(books__tags__isnull=True, books__rating=2) == "A"
    assert await _names(books__author__name=None) == "C"
    others = OneBook.objects.exclude(tags__name=None).values_list("id", flat=True)
    assert await others == [1]
    named = Count("tags", filter=Q(tags__name=None))
    counts = OneBook.objects.annotate(n=named).order_by("id").values_list("n", flat=True)
    assert await counts == [0, 0, 1]


async def test_everywhere_else(shop: AsyncDatabase) -> None:
    both = Q(books__rating=1) & (Q(books__title="q") | Q(books__title="r"))
    case = Case(When(both, then=Value(1)), default=Value(0))
    rows = OneAuthor.objects.annotate(x=case, y=both).order_by("id")
    assert [(x, bool(y)) for x, y in await rows.values_list("x", "y")] == [
        (0, False),
        (1, True),
        (0, False),
    ]
    counts = OneAuthor.objects.annotate(n=Count("books", filter=both), m=Count("books__tags"))
    assert await counts.order_by("id").values_list("n", "m") == [(0, 2), (1, 1), (0, 0)]
    same = Count("books", filter=Q(books__rating=F("books__out")))
    other = Count("books", filter=~Q(books__rating=1))
    rows = OneAuthor.objects.annotate(n=same, m=other).order_by("id")
    assert await rows.values_list("n", "m") == [(1, 1), (0, 0), (0, 0)]
    tagged = Count("books__tags", filter=Q(books__tags__name="x"))
    rows = OneAuthor.objects.annotate(n=tagged).order_by("id")
    assert await rows.values_list("n", flat=True) == [1, 0, 0]
    assert await OneAuthor.objects.filter(both).update(name="Bea") == 1
    assert await _names() == "ABC"
    await OneBook.objects.filter(author__in=OneAuthor.objects.filter(both)).delete()
    assert await OneAuthor.objects.filter(books__isnull=True, name="Bea").delete() == 1
    assert await OneAuthor.objects.filter(Q(), ~Q()).exclude(Q()).count() == 2
