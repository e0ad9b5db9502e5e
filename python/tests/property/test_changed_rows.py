"""Random trees of conditions that lead to rows which the statement itself changes: back to its own
table, to rows that a DELETE cascades to, through composite keys. An UPDATE and a DELETE change
exactly the rows that the same SELECT finds before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde import Field, Model, Q, db
from oxyde.db import AsyncDatabase


class ChangedAuthor(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    books: list[ChangedBook] = Field(db_reverse_fk="author")


class ChangedBook(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    author: ChangedAuthor | None = Field(default=None, db_on_delete="CASCADE")
    earlier: ChangedBook | None = Field(default=None, db_on_delete="SET NULL")
    later: list[ChangedBook] = Field(db_reverse_fk="earlier")
    marks: list[ChangedMark] = Field(db_reverse_fk="book")


class ChangedTag(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    marks: list[ChangedMark] = Field(db_reverse_fk="tag")


class ChangedMark(Model):
    class Meta:
        is_table = True

    book: ChangedBook = Field(db_pk=True, db_on_delete="CASCADE")
    tag: ChangedTag = Field(db_pk=True, db_on_delete="CASCADE")
    name: str | None = None


PATHS: dict[type[Any], list[str]] = {
    ChangedAuthor: [
        "name",
        "books__name",
        "books__marks__tag__name",
        "books__later__author__name",
        "books__earlier__author__name",
        "books__marks__tag__marks__book__author__name",
    ],
    ChangedBook: [
        "name",
        "author__name",
        "author__books__name",
        "earlier__name",
        "later__name",
        "later__later__name",
        "marks__tag__name",
        "marks__tag__marks__book__name",
    ],
    ChangedMark: [
        "name",
        "tag__name",
        "book__name",
        "book__marks__name",
        "book__marks__tag__name",
        "tag__marks__book__name",
        "book__author__books__marks__name",
    ],
}
_TEXT = st.none() | st.sampled_from("qr")


@dataclass(frozen=True)
class Case:
    """A model, and a condition on it."""

    model: type[Any]
    condition: Q


def _cases(model: type[Any]) -> st.SearchStrategy[Case]:
    leaves = st.builds(lambda path, value: Q(**{path: value}), st.sampled_from(PATHS[model]), _TEXT)
    trees = st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda one, other: one | other, inner, inner)
            | st.builds(lambda one, other: one & other, inner, inner)
            | st.builds(lambda one: ~one, inner)
        ),
        max_leaves=4,
    )
    return st.builds(Case, st.just(model), trees)


_KEYS = st.none() | st.integers(1, 4)
_ROWS = st.fixed_dictionaries(
    {
        "authors": st.lists(_TEXT, min_size=4, max_size=4),
        "books": st.lists(st.tuples(_TEXT, _KEYS, _KEYS), min_size=4, max_size=6),
        "tags": st.lists(_TEXT, min_size=2, max_size=2),
        "marks": st.dictionaries(
            st.tuples(st.integers(1, 4), st.integers(1, 2)), _TEXT, max_size=6
        ),
    }
)


async def _store(rows: dict[str, Any]) -> None:
    """Put the rows in place of those before."""
    for model in (ChangedMark, ChangedTag, ChangedBook, ChangedAuthor):
        await model.objects.delete()
    await ChangedAuthor.objects.bulk_create(
        [ChangedAuthor(id=key, name=name) for key, name in enumerate(rows["authors"], 1)]
    )
    books = list(enumerate(rows["books"], 1))
    await ChangedBook.objects.bulk_create(
        [ChangedBook(id=key, name=name, author_id=author) for key, (name, author, _) in books]
    )
    for key, (_, _, earlier) in books:
        # MySQL cannot follow cascades in a circle.
        if earlier is not None and earlier < key:
            await ChangedBook.objects.filter(id=key).update(earlier_id=earlier)
    await ChangedTag.objects.bulk_create(
        [ChangedTag(id=key, name=name) for key, name in enumerate(rows["tags"], 1)]
    )
    await ChangedMark.objects.bulk_create(
        [
            ChangedMark(book_id=book, tag_id=tag, name=name)
            for (book, tag), name in rows["marks"].items()
        ]
    )


async def _names(query: Any) -> dict[tuple[Any, ...], str | None]:
    """The rows of a query: their keys and names."""
    keys = query._model._db_meta.primary_key
    found = await query.values_list(*keys, "name")
    return {row[:-1]: row[-1] for row in found}


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[ChangedAuthor, ChangedBook, ChangedTag, ChangedMark])
    return database


@examples(150)
@given(rows=_ROWS, case=st.one_of([_cases(model) for model in PATHS]))
async def test_the_rows_that_a_query_finds(
    tables: AsyncDatabase, rows: dict[str, Any], case: Case
) -> None:
    query = case.model.objects.filter(case.condition)
    await _store(rows)
    before, chosen = await _names(case.model.objects.filter()), await _names(query)
    assert await query.update(name="q") == len(chosen)
    assert await _names(case.model.objects.filter()) == {
        key: "q" if key in chosen else name for key, name in before.items()
    }

    await _store(rows)
    assert await query.delete() == len(chosen)
    left = await _names(case.model.objects.filter())
    assert left == {key: name for key, name in before.items() if key not in chosen}
