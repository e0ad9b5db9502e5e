"""Subqueries, Exists and `in` with a query, each compared with plain SQL written by hand."""

from __future__ import annotations

import pytest
from support.library import Author, Book, Company, Library
from support.newsroom import column, table

from oxyde import Count, F, Max, Q
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.subqueries.subquery import Exists, OuterRef, Subquery


async def test_in_with_a_query(books: Library) -> None:
    long = Book.objects.filter(pages__gte=300)
    found = (
        await Author.objects.filter(id__in=long.values("author_id"))
        .order_by("id")
        .values_list("id", flat=True)
    )
    assert found == await column(
        "SELECT id FROM library_author WHERE id IN"
        " (SELECT author_id FROM library_book WHERE pages >= 300)"
        " ORDER BY id"
    )
    rest = (
        await Author.objects.exclude(id__in=long.values("author_id"))
        .order_by("id")
        .values_list("id", flat=True)
    )
    assert rest == [each for each in (1, 2, 3, 4, 5) if each not in found]
    limited = Book.objects.order_by("-pages").values("author_id")[:2]
    assert await Author.objects.filter(id__in=limited).order_by("id").values_list(
        "id", flat=True
    ) == [1, 3]


async def test_exclude_in_with_nulls_inside(books: Library) -> None:
    """SQL's NOT IN with a NULL in the list finds nothing; the complement is meant."""
    editors = Book.objects.values("editor_id")
    found = await Author.objects.exclude(id__in=editors).order_by("id").values_list("id", flat=True)
    assert found == [4, 5]


async def test_exists(books: Library) -> None:
    own = Book.objects.filter(author_id=OuterRef("id"), genre="crime")
    assert await Author.objects.filter(Exists(own)).order_by("id").values_list(
        "id", flat=True
    ) == await column(
        "SELECT id FROM library_author a WHERE EXISTS (SELECT 1 FROM library_book b"
        " WHERE b.author_id = a.id AND b.genre = 'crime') ORDER BY id"
    )
    assert await Author.objects.filter(~Exists(own)).order_by("id").values_list(
        "id", flat=True
    ) == [1, 4, 5]
    both = Author.objects.filter(Exists(own) | Q(age__lt=30))
    assert await both.order_by("id").values_list("id", flat=True) == [2, 3, 5]
    flags = (
        await Author.objects.annotate(crime=Exists(own)).order_by("id").values_list("id", "crime")
    )
    assert [(number, bool(flag)) for number, flag in flags] == [
        (1, False), (2, True), (3, True), (4, False), (5, False),
    ]  # fmt: skip


async def test_scalar_subqueries(books: Library) -> None:
    longest = Book.objects.filter(author_id=OuterRef("id")).order_by("-pages").values("title")[:1]
    rows = (
        await Author.objects.annotate(longest=Subquery(longest))
        .order_by("id")
        .values_list("name", "longest")
    )
    assert rows == await table(
        "SELECT name, (SELECT title FROM library_book b WHERE b.author_id = a.id"
        " ORDER BY pages DESC LIMIT 1)"
        " AS longest FROM library_author a ORDER BY id"
    )
    newest = (
        Book.objects.filter(author_id=OuterRef("author_id")).order_by("-pages").values("id")[:1]
    )
    own_longest = (
        await Book.objects.filter(id=Subquery(newest)).order_by("id").values_list("id", flat=True)
    )
    assert own_longest == [3, 4, 6, 7]


async def test_a_subquery_two_levels_up(books: Library) -> None:
    by_staff = Book.objects.filter(
        author_id=OuterRef("id"), pages__gt=OuterRef(OuterRef("id")) * 200
    )
    staff = Author.objects.filter(Exists(by_staff), company_id=OuterRef("id"))
    found = await Company.objects.filter(Exists(staff)).order_by("id").values_list("id", flat=True)
    assert found == await column(
        "SELECT id FROM library_company c WHERE EXISTS"
        " (SELECT 1 FROM library_author a WHERE a.company_id = c.id"
        " AND EXISTS (SELECT 1 FROM library_book b WHERE b.author_id = a.id"
        " AND b.pages > c.id * 200))"
        " ORDER BY id"
    )


async def test_an_aggregate_in_a_subquery(books: Library) -> None:
    longest = (
        Book.objects.filter(author_id=OuterRef("id"))
        .group_by("author_id")
        .annotate(top=Max("pages"))
        .values("top")
    )
    rows = (
        await Author.objects.annotate(top=Subquery(longest)).order_by("id").values_list("id", "top")
    )
    assert rows == await table(
        "SELECT a.id, max(b.pages) AS top FROM library_author a"
        " LEFT JOIN library_book b ON b.author_id = a.id"
        " GROUP BY a.id ORDER BY a.id"
    )


async def test_writes_with_subqueries(books: Library) -> None:
    longest = Book.objects.filter(author_id=OuterRef("id")).order_by("-pages").values("pages")[:1]
    assert (
        await Author.objects.filter(Exists(Book.objects.filter(author_id=OuterRef("id")))).update(
            age=Subquery(longest)
        )
        == 4
    )
    assert await Author.objects.order_by("id").values_list("age", flat=True) == [
        540,
        300,
        999,
        41,
        10,
    ]
    unsold = Book.objects.filter(sold_at=None).values("author_id")
    assert await Author.objects.filter(id__in=unsold).delete() == 2
    assert await Book.objects.order_by("id").values_list("id", flat=True) == [1, 2, 3, 6]
    # The table that is changed is read in the subquery, which MySQL refuses as it stands.
    mean = Book.objects.order_by("pages").values("pages")[:1]
    assert await Book.objects.filter(pages__gt=Subquery(mean)).update(genre="more") == 3
    assert (
        await Book.objects.filter(id__in=Book.objects.filter(genre="more").values("id")).delete()
        == 3
    )


async def test_group_counts_of_groups(books: Library) -> None:
    assert await Book.objects.values("genre").annotate(n=Count("id")).filter(n__gte=2).count() == 3


async def test_a_subquery_of_several_columns_is_refused(books: Library) -> None:
    with pytest.raises(FieldError):
        Author.objects.filter(id__in=Book.objects.values("id", "author_id"))
    with pytest.raises((FieldError, OxydeError)):
        await Author.objects.filter(id=OuterRef("id")).all()
    with pytest.raises(FieldError):
        await Author.objects.filter(
            Exists(Book.objects.filter(author_id=OuterRef("nothing")))
        ).all()
    assert await Author.objects.filter(age=F("age")).count() == 4
