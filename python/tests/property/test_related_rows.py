"""Random trees of conditions over a reverse key, two many-to-many relations and paths over both:
filter, exclude and chains of them, any_of, aggregates, updates and deletes, against the rule in
Python (`conditions.evaluate`)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.conditions import Branch, Leaf, Row, Same, evaluate
from support.examples import examples

from oxyde import Count, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Case, Value, When, any_of


class RowAuthor(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    found: bool = False
    books: list[RowBook] = Field(db_reverse_fk="author")
    clubs: list[RowClub] = Field(db_m2m=True, db_through="RowMembership")


class RowBook(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    author: RowAuthor | None = None
    title: str | None = None
    rating: int | None = None
    out: int | None = None
    tags: list[RowTag] = Field(db_m2m=True)


class RowTag(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None


class RowClub(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    authors: list[RowAuthor] = Field(db_m2m=True, db_through="RowMembership")


class RowMembership(Model):
    class Meta:
        is_table = True

    author: RowAuthor = Field(db_pk=True)
    club: RowClub = Field(db_pk=True)


_TEXT = st.sampled_from("qr")
_NUMBER = st.integers(1, 2)
_TEXTS = [
    ("name",),
    ("books", "title"),
    ("books", "tags", "name"),
    ("clubs", "name"),
    ("clubs", "authors", "name"),
]
_NUMBERS = [("books", "rating"), ("books", "out"), ("books", "tags", "id"), ("clubs", "id")]
_COLUMNS = [*_TEXTS, *_NUMBERS, ("clubs", "authors", "books", "rating")]
_RELATIONS = [("books",), ("clubs",), ("books", "tags"), ("clubs", "authors")]


def _leaves(*first: str) -> st.SearchStrategy[Leaf]:
    """Lookups of what lies behind a relation, or of anything."""

    def among(paths: list[tuple[str, ...]]) -> st.SearchStrategy[tuple[str, ...]]:
        return st.sampled_from([path for path in paths if path[: len(first)] == first])

    made = [
        st.builds(Leaf, among(_TEXTS), st.just("exact"), _TEXT | st.none()),
        st.builds(Leaf, among(_COLUMNS), st.just("isnull"), st.booleans()),
        st.builds(Leaf, among(_RELATIONS), st.just("isnull"), st.booleans()),
    ]
    if first in [(), ("books",)]:
        made += [
            st.builds(Leaf, among(_NUMBERS), st.sampled_from(["exact", "gte", "lt"]), _NUMBER),
            st.builds(Leaf, among(_NUMBERS), st.just("in"), st.lists(_NUMBER, max_size=2)),
            st.builds(Leaf, st.just(("books", "rating")), st.just("exact"), st.just(Same("out"))),
            st.builds(Leaf, st.just(("books", "out")), st.just("lt"), st.just(Same("rating"))),
        ]
    return st.one_of(made)


def _trees(leaves: st.SearchStrategy[Leaf], most: int = 6) -> st.SearchStrategy[Leaf | Branch]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(
                Branch, st.sampled_from("&&||^"), st.lists(inner, min_size=2, max_size=3).map(tuple)
            )
            | st.builds(Branch, st.just("~"), inner.map(lambda child: (child,)))
        ),
        max_leaves=most,
    )


_AUTHORS = st.lists(
    st.fixed_dictionaries({"name": st.none() | _TEXT, "clubs": st.sets(st.integers(0, 2))}),
    min_size=1,
    max_size=5,
)
_BOOKS = st.lists(
    st.fixed_dictionaries(
        {
            "author": st.integers(0, 5),
            "title": st.none() | _TEXT,
            "rating": st.none() | _NUMBER,
            "out": st.none() | _NUMBER,
            "tags": st.sets(st.integers(0, 2)),
        }
    ),
    max_size=7,
)
_NAMES = st.lists(st.none() | _TEXT, min_size=3, max_size=3)


async def _store(authors: list[Row], books: list[Row], tags: list[Any], clubs: list[Any]) -> Any:
    """Put the rows in place of those before; gives the authors, tied to the others."""
    between = RowBook._db_meta.relations["tags"].through_model
    for model in (RowMembership, between, RowClub, RowBook, RowTag, RowAuthor):
        await model.objects.delete()
    made_tags = [{"id": number, "name": name} for number, name in enumerate(tags, 1)]
    made_clubs = [
        {"id": number, "name": name, "authors": []} for number, name in enumerate(clubs, 1)
    ]
    made = [
        {"id": number, "name": each["name"], "books": [], "clubs": []}
        for number, each in enumerate(authors, 1)
    ]
    await RowTag.objects.bulk_create([RowTag(**tag) for tag in made_tags])
    await RowClub.objects.bulk_create([RowClub(id=c["id"], name=c["name"]) for c in made_clubs])
    await RowAuthor.objects.bulk_create([RowAuthor(id=a["id"], name=a["name"]) for a in made])
    members, marks = [], []
    for author, values in zip(made, authors, strict=True):
        for index in values["clubs"]:
            author["clubs"].append(made_clubs[index])
            made_clubs[index]["authors"].append(author)
            members.append(RowMembership(author_id=author["id"], club_id=index + 1))
    rows = []
    for number, book in enumerate(books, 1):
        owner = made[book["author"]] if book["author"] < len(made) else None
        values = {name: book[name] for name in ("title", "rating", "out")}
        rows.append(RowBook(id=number, author_id=owner and owner["id"], **values))
        if owner is not None:
            its = [made_tags[index] for index in book["tags"]]
            owner["books"].append({"id": number, **values, "tags": its})
        marks += [{"rowbook_id": number, "rowtag_id": index + 1} for index in book["tags"]]
    await RowBook.objects.bulk_create(rows)
    await RowMembership.objects.bulk_create(members)
    await between.objects.bulk_create(marks)
    return made


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[RowAuthor, RowBook, RowTag, RowClub, RowMembership])
    return database


_SETTINGS = examples(100)


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


@_SETTINGS
@given(
    authors=_AUTHORS,
    books=_BOOKS,
    tags=_NAMES,
    clubs=_NAMES,
    chains=st.lists(
        st.lists(st.tuples(st.booleans(), _trees(_leaves())), min_size=1, max_size=3),
        min_size=4,
        max_size=4,
    ),
    about_books=_trees(_leaves("books"), 4),
)
async def test_conditions_about_related_rows(
    tables: AsyncDatabase,
    authors: list[Row],
    books: list[Row],
    tags: list[Any],
    clubs: list[Any],
    chains: list[list[tuple[bool, Leaf | Branch]]],
    about_books: Leaf | Branch,
) -> None:
    rows = await _store(authors, books, tags, clubs)
    for chain in chains:
        query: Any = RowAuthor.objects
        expected = rows
        for keep, tree in chain:
            query = query.filter(tree.q()) if keep else query.exclude(tree.q())
            expected = [row for row in expected if evaluate(tree, row) is keep]
        assert await _ids(query) == [row["id"] for row in expected], chain

    # The same as a value, and as that which says what to change.
    tree = chains[0][0][1]
    expected_ids = [row["id"] for row in rows if evaluate(tree, row)]
    whether = Case(When(tree.q(), then=Value(True)), default=Value(False))
    cased = RowAuthor.objects.annotate(whether=whether).order_by("id")
    assert await cased.values_list("whether", flat=True) == [
        row["id"] in expected_ids for row in rows
    ], tree
    assert await RowAuthor.objects.filter(tree.q()).update(found=True) == len(expected_ids)
    assert await _ids(RowAuthor.objects.filter(found=True)) == expected_ids, tree

    def fits(row: Row, book: Row) -> bool:
        return evaluate(about_books, row, {("books",): book})

    counted = RowAuthor.objects.annotate(n=Count("books", filter=about_books.q()))
    assert await counted.order_by("id").values_list("n", flat=True) == [
        sum(fits(row, book) for book in row["books"]) for row in rows
    ], about_books
    some = RowAuthor.objects.filter(lambda a: any_of(a.books, lambda _: about_books.q()))
    assert await _ids(some) == [
        row["id"] for row in rows if any(fits(row, book) for book in row["books"])
    ], about_books
    gone = RowMembership.objects.filter(Q(author__in=RowAuthor.objects.filter(tree.q())))
    assert await gone.delete() == sum(
        len(row["clubs"]) for row in rows if row["id"] in expected_ids
    ), tree
