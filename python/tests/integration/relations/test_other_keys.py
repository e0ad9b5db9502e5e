"""Relations whose foreign key refers to another unique column than the primary key, and values of
relations that are queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oxyde import Count, F, Field, Model, OxydeError, Q, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Exists, OuterRef, Subquery, in_, related


class CodedAuthor(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    code: str = Field(db_unique=True, max_length=10)
    books: list[CodedBook] = Field(db_reverse_fk="author")
    shelves: list[CodedShelf] = Field(db_m2m=True, db_through="CodedPlace")


class CodedBook(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    author: CodedAuthor | None = Field(default=None, db_fk="code")
    editor: CodedAuthor | None = None


class CodedShelf(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    authors: list[CodedAuthor] = Field(db_m2m=True, db_through="CodedPlace")


class CodedPlace(Model):
    class Meta:
        is_table = True

    author: CodedAuthor = Field(db_pk=True, db_fk="code")
    shelf: CodedShelf = Field(db_pk=True)


@pytest.fixture
async def coded(database: AsyncDatabase) -> list[CodedAuthor]:
    await db.create_tables(models=[CodedAuthor, CodedBook, CodedShelf, CodedPlace])
    authors = [CodedAuthor(id=number, code=code) for number, code in enumerate("xyz", 1)]
    await CodedAuthor.objects.bulk_create(authors)
    await CodedBook.objects.bulk_create(
        [
            CodedBook(id=10, author=authors[0], editor=authors[0]),
            CodedBook(id=11, author=authors[1], editor=authors[0]),
            CodedBook(id=12, author=None, editor=authors[2]),
        ]
    )
    await CodedShelf.objects.bulk_create([CodedShelf(id=1), CodedShelf(id=2)])
    await related(authors[0], "shelves").add(1)
    await related(authors[1], "shelves").add(1, 2)
    return authors


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


async def test_a_relation_is_compared_by_the_column_that_both_sides_mean(
    coded: list[CodedAuthor],
) -> None:
    first, second, _ = coded
    authors, books, shelves = CodedAuthor.objects, CodedBook.objects, CodedShelf.objects
    assert await _ids(books.filter(author=first)) == [10]
    assert await _ids(books.filter(author__in=[first, second])) == [10, 11]
    assert await _ids(books.filter(author="y")) == [11]
    assert await _ids(books.exclude(author=first)) == [11, 12]
    assert await _ids(books.filter(author__in=authors.filter(id=2))) == [11]
    assert await _ids(books.filter(author=Subquery(authors.filter(id=2)))) == [11]
    assert await _ids(books.filter(author=Subquery(authors.filter(id=2).values("code")))) == [11]
    assert await _ids(books.filter(author=F("editor"))) == [10]
    assert await _ids(books.filter(editor=F("author"))) == [10]
    assert await _ids(books.filter(lambda b: b.editor == b.author)) == [10]
    assert await _ids(authors.filter(books__author=F("id"))) == [1, 2]
    for name in ("id", "pk", "code"):
        mine = books.filter(author=OuterRef(name))
        assert await _ids(authors.filter(Exists(mine))) == [1, 2]
    assert await _ids(authors.filter(books=11)) == [2]
    assert await _ids(books.filter(author__shelves=2)) == [11]
    assert await books.order_by("-author").values_list("id", flat=True) in (
        [11, 10, 12],  # NULL is smallest
        [12, 11, 10],
    )
    counts = books.annotate(n=Count("author__shelves")).order_by("id").values_list("n", flat=True)
    assert await counts == [1, 2, 0]

    # Many to many: the table between refers to `code`, and so does the column outside.
    of_author = shelves.filter(id=2, authors=OuterRef("author"))
    assert await _ids(books.filter(Exists(of_author))) == [11]
    assert await _ids(books.filter(~Exists(of_author))) == [10, 12]
    of_editor = shelves.filter(authors=OuterRef("editor"), id=1)
    assert await _ids(books.filter(Exists(of_editor))) == [10, 11]
    by_author = books.filter(id=11).values("author")
    by_editor = books.filter(id=11).values("editor")
    assert await _ids(shelves.filter(authors__in=by_author)) == [1, 2]
    assert await _ids(shelves.filter(authors__in=by_editor)) == [1]
    assert await _ids(shelves.filter(authors__in=by_editor.order_by("id")[:1])) == [1]
    assert await _ids(shelves.filter(authors=second)) == [1, 2]
    assert await _ids(shelves.exclude(authors__in=[second])) == []
    loaded = await shelves.prefetch("authors").order_by("id")
    assert [[each.id for each in shelf.authors] for shelf in loaded] == [[1, 2], [2]]
    found = await authors.prefetch("books", "shelves").order_by("id")
    assert [[each.id for each in one.books] for one in found] == [[10], [11], []]
    assert [[each.id for each in one.shelves] for one in found] == [[1], [1, 2], []]


_books = CodedBook.objects
_shelves = CodedShelf.objects.all_rows()
_authors = CodedAuthor.objects.filter(id=1)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: _books.filter(author=_books.filter(id=10)),
        lambda: _books.filter(author__in=_books.all_rows()),
        lambda: _books.exclude(author_id__in=_shelves),
        lambda: _books.filter(Q(author=_shelves) | Q(id=1)),
        lambda: _books.filter(author=Subquery(_shelves)),
        lambda: _books.filter(lambda b: b.author == _shelves),
        lambda: _books.filter(lambda b: in_(b.author, _shelves)),
        lambda: _books.annotate(n=Count("author__shelves", filter=Q(author__shelves__in=_authors))),
        lambda: CodedShelf.objects.filter(authors__in=_books.all_rows()),
        lambda: CodedShelf.objects.exclude(authors=_shelves),
        lambda: CodedAuthor.objects.filter(books__in=_authors),
        lambda: CodedAuthor.objects.filter(books__author__in=_shelves),
        lambda: _books.create(id=5, author=_authors),
        lambda: _books.create(id=5, author_id=_authors),
        lambda: _books.bulk_create([{"id": 5, "author": _authors}]),
        lambda: _books.get_or_create({"author": _authors}, id=5),
        lambda: _books.filter(id=10).update(author=_authors),
        lambda: _books.filter(id=10).update(author=Subquery(_authors)),
        lambda: _books.filter(id=10).update(editor=Subquery(_shelves)),
        lambda: related(CodedAuthor(id=1, code="x"), "shelves").add(_shelves),
        lambda: related(CodedAuthor(id=1, code="x"), "shelves").set(_shelves),
        lambda: related(CodedAuthor(id=1, code="x"), "shelves").set([_shelves]),
        lambda: related(CodedAuthor(id=1, code="x"), "books").remove(_books.all_rows()),
    ],
)
async def test_a_query_of_other_rows_is_no_value_of_a_relation(
    coded: list[CodedAuthor], attempt: Callable[[], Any]
) -> None:
    with pytest.raises(OxydeError) as refused:
        await attempt()
    assert refused.value.hint
    assert "Coded" in str(refused.value)
    assert await _ids(CodedBook.objects) == [10, 11, 12]
