"""Rows as objects of a class of one's own, by every verb that gives rows."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, Field, ValidationError
from support.library import Author, Book, Library
from typing_extensions import TypedDict

from oxyde import Count, F, Q, Sum
from oxyde.exceptions import FieldError
from oxyde.queries import Upper


@dataclass
class Plain:
    title: str
    price: Decimal


@dataclass(frozen=True)
class Frozen:
    id: int
    author_name: str
    editor_name: str | None


@dataclass(slots=True)
class Slotted:
    title: str
    pages: int = 0
    seen: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.seen.append(self.title)


@dataclass(kw_only=True)
class Named:
    title: str
    twice: int


class Pair(NamedTuple):
    id: int
    title: str


class Entry(TypedDict):
    id: int
    title: str


class Out(BaseModel):
    name: str = Field(alias="title")
    pages: int = Field(gt=100)


class Whatever:
    def __init__(self, pages: int, *, title: str) -> None:
        self.both = (pages, title)


async def test_dataclasses(books: Library) -> None:
    by_id = Book.objects.order_by("id")
    assert await by_id.into(Plain) == [Plain(book.title, book.price) for book in books.books]
    assert await by_id.into(Frozen, author_name="author__name", editor_name="editor__name") == [
        Frozen(
            book.id or 0,
            books.author(book.author_id).name,
            books.author(book.editor_id).name if book.editor_id else None,
        )
        for book in books.books
    ]
    slotted = await by_id.into(Slotted)
    assert [(each.title, each.pages, each.seen) for each in slotted] == [
        (book.title, book.pages, [book.title]) for book in books.books
    ]
    assert await by_id.into(Named, twice=F("pages") * 2) == [
        Named(title=book.title, twice=book.pages * 2) for book in books.books
    ]


async def test_other_classes(books: Library) -> None:
    query = Book.objects.order_by("id").limit(2)
    first, second = books.books[:2]
    assert await query.into(Pair) == [(first.id, first.title), (second.id, second.title)]
    assert type((await query.into(Pair))[0]) is Pair
    made = namedtuple("made", ["title", "id"])
    assert await query.into(made) == [made(first.title, first.id), made(second.title, second.id)]
    assert await query.into(Entry) == [{"id": b.id, "title": b.title} for b in (first, second)]
    assert [each.both for each in await query.into(Whatever)] == [
        (first.pages, first.title),
        (second.pages, second.title),
    ]


async def test_pydantic_models_validate(books: Library) -> None:
    long = Book.objects.filter(pages__gt=100).order_by("id")
    assert [each.model_dump() for each in await long.into(Out, name="title")] == [
        {"name": book.title, "pages": book.pages} for book in books.books if book.pages > 100
    ]
    with pytest.raises(ValidationError, match="greater_than"):
        await Book.objects.into(Out, name="title")


async def test_every_verb_gives_them(books: Library) -> None:
    query = Book.objects.order_by("id").into(Pair)
    all_ = [Pair(book.id or 0, book.title) for book in books.books]
    assert await query.first() == all_[0]
    assert await query.last() == all_[-1]
    assert await query.get(id=3) == all_[2]
    assert await query.get_or_none(id=-1) is None
    assert [row async for row in query.iterate(chunk_size=2)] == all_
    assert await query[1:3] == all_[1:3]
    assert await query.filter(Q(id=2) | Q(id=4)) == [all_[1], all_[3]]
    assert await query.count() == len(all_)
    assert await query.exists()
    assert (
        await Book.objects.filter(id=1)
        .into(Pair)
        .union(Book.objects.filter(id=2).into(Pair))
        .order_by("id")
        == all_[:2]
    )


async def test_annotations_and_groups(books: Library) -> None:
    @dataclass
    class ByGenre:
        genre: str
        total: Decimal
        books: int

    grouped = Book.objects.group_by("genre").annotate(total=Sum("price"), books=Count("*"))
    assert await grouped.order_by("genre").into(ByGenre) == [
        ByGenre(
            genre,
            sum((book.price for book in books.books if book.genre == genre), Decimal()),
            sum(book.genre == genre for book in books.books),
        )
        for genre in sorted({book.genre for book in books.books})
    ]

    @dataclass
    class Shout:
        id: int
        name: str

    # A field of the row may have the name of a field of the model, and another value.
    shouts = await Author.objects.order_by("id").into(Shout, name=Upper("name"))
    assert [each.name for each in shouts] == [author.name.upper() for author in books.authors]
    loud = await Author.objects.order_by("id").into(Shout, name=lambda a: a.name)
    assert [each.name for each in loud] == [author.name for author in books.authors]


async def test_an_error_of_the_class_is_the_users(books: Library) -> None:
    @dataclass
    class Picky:
        title: str

        def __post_init__(self) -> None:
            raise RuntimeError(f"no {self.title}")

    with pytest.raises(RuntimeError, match="no "):
        await Book.objects.into(Picky)


class TestRefused:
    """All of these when the query is built."""

    def test_a_field_that_is_no_column(self) -> None:
        @dataclass
        class Wrong:
            titel: str

        with pytest.raises(FieldError, match=r"`Wrong.titel` (.|\n)*did you mean `title`"):
            Book.objects.into(Wrong)
        with pytest.raises(FieldError, match=r"Wrong\.titel"):
            Book.objects.into(Wrong, titel="author__nmae")
        with pytest.raises(FieldError, match="many"):
            Author.objects.into(Wrong, titel="books__title")

    def test_a_column_that_is_no_field(self) -> None:
        with pytest.raises(FieldError, match=r"`Plain` has no field `prize`(.|\n)*`price`"):
            Book.objects.into(Plain, prize="price")

    def test_classes_that_name_no_fields(self) -> None:
        class Anything:
            def __init__(self, **values: Any) -> None: ...

        for row in (Anything, dict, object):
            with pytest.raises(FieldError, match="does not declare which columns"):
                Book.objects.into(row)

    def test_what_is_no_class(self) -> None:
        with pytest.raises(FieldError, match="takes a class"):
            Book.objects.into("Plain")  # type: ignore[arg-type]
        with pytest.raises(FieldError, match="does not make instances of tables"):
            Book.objects.into(Author)

    def test_arguments_that_are_no_fields_count(self) -> None:
        @dataclass
        class Extra:
            title: str
            pages: InitVar[int]

        assert "pages" in Book.objects.into(Extra).sql(dialect="sqlite")[0]

    async def test_prefetch(self, books: Library) -> None:
        @dataclass
        class Person:
            name: str

        with pytest.raises(FieldError, match="prefetch"):
            await Author.objects.prefetch("books").into(Person)


@dataclass
class CompanyLine:
    name: str


class AuthorOut(BaseModel):
    name: str
    company: CompanyLine | None


@dataclass(frozen=True)
class BookLine:
    title: str
    author: AuthorOut
    editor: Pair2 | None


class Pair2(NamedTuple):
    id: int
    name: str


class BookOut(BaseModel):
    title: str
    author: EntryOfAuthor
    pages: int


class EntryOfAuthor(TypedDict):
    label: str


async def test_objects_inside(books: Library) -> None:
    rows = await Book.objects.order_by("id").into(BookLine).all()
    for row, book in zip(rows, books.books, strict=True):
        author, editor = books.author(book.author_id), books.author(book.editor_id)  # type: ignore[attr-defined]
        assert author is not None
        company = books.company(author.company_id)  # type: ignore[attr-defined]
        assert row == BookLine(
            book.title,
            AuthorOut(
                name=author.name, company=None if company is None else CompanyLine(company.name)
            ),
            None if editor is None else Pair2(editor.id or 0, editor.name),
        )


async def test_a_name_inside(books: Library) -> None:
    row = await Book.objects.order_by("id").into(BookOut, author__label="author__name").first()
    assert row is not None
    author = books.author(books.books[0].author_id)  # type: ignore[attr-defined]
    assert author is not None
    assert row.author == {"label": author.name}


async def test_expressions_inside(books: Library) -> None:
    query = Book.objects.order_by("id").into(BookOut, author__label=Upper("author__name"))
    row = await query.first()
    assert row is not None
    author = books.author(books.books[0].author_id)  # type: ignore[attr-defined]
    assert author is not None
    assert row.author == {"label": author.name.upper()}


async def test_refused_inside(books: Library) -> None:
    with pytest.raises(FieldError, match=r"`EntryOfAuthor.label` gets no column"):
        Book.objects.into(BookOut)
    with pytest.raises(FieldError, match=r"has no field `author__lable`"):
        Book.objects.into(BookOut, author__label="author__name", author__lable="title")
