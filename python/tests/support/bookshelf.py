"""Authors with chiefs, books with authors, editors and tags: random rows with many NULL keys."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from oxyde import Field, Model
from support.conditions import Row


class Author(Model):
    class Meta:
        is_table = True
        table_name = "bookshelf_author"

    id: int = Field(db_pk=True)
    name: str | None = None
    rank: int | None = None
    found: int = 0
    chief: Author | None = Field(default=None, db_on_delete="SET NULL")
    reports: list[Author] = Field(db_reverse_fk="chief")
    books: list[Book] = Field(db_reverse_fk="author")


class Book(Model):
    class Meta:
        is_table = True
        table_name = "bookshelf_book"

    id: int = Field(db_pk=True)
    title: str | None = None
    rank: int = 0
    found: int = 0
    author: Author | None = Field(default=None, db_on_delete="CASCADE")
    editor: Author | None = Field(default=None, db_on_delete="SET NULL")
    tags: list[Tag] = Field(db_m2m=True, db_through="Tagging")


class Tag(Model):
    class Meta:
        is_table = True
        table_name = "bookshelf_tag"

    id: int = Field(db_pk=True)
    name: str | None = None
    found: int = 0
    books: list[Book] = Field(db_m2m=True, db_through="Tagging")


class Tagging(Model):
    class Meta:
        is_table = True
        table_name = "bookshelf_tagging"

    book: Book = Field(db_pk=True, db_on_delete="CASCADE")
    tag: Tag = Field(db_pk=True, db_on_delete="CASCADE")
    found: int = 0


TEXTS = st.sampled_from("qr")
NUMBERS = st.integers(1, 2)
AUTHORS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | TEXTS,
            "rank": st.none() | NUMBERS,
            "chief": st.none() | st.integers(0, 4),
        }
    ),
    min_size=1,
    max_size=5,
)
BOOKS = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.none() | TEXTS,
            "rank": NUMBERS,
            "author": st.none() | st.integers(0, 4),
            "editor": st.none() | st.integers(0, 4),
            "tags": st.sets(st.integers(0, 2)),
        }
    ),
    max_size=6,
)
NAMES = st.lists(st.none() | TEXTS, min_size=3, max_size=3)


def _pick(rows: list[Row], index: int | None) -> Row | None:
    return None if index is None or index >= len(rows) else rows[index]


def key_of(row: Row | None) -> Any:
    return None if row is None else row["id"]


async def store(authors: list[Row], books: list[Row], names: list[Any]) -> dict[str, list[Row]]:
    """Put the rows in place of those before; gives those of each model, tied to the others."""
    for model in (Tagging, Tag, Book, Author):
        await model.objects.delete()
    people: list[Row] = [
        {**author, "id": n, "reports": [], "books": []} for n, author in enumerate(authors, 1)
    ]
    for author in people:
        author["chief"] = _pick(people, author["chief"])
        if author["chief"] is not None:
            author["chief"]["reports"].append(author)
    tags: list[Row] = [{"id": n, "name": name, "books": []} for n, name in enumerate(names, 1)]
    made: list[Row] = []
    links: list[Row] = []
    for n, book in enumerate(books, 1):
        row = {**book, "id": n, "tags": [tags[index] for index in sorted(book["tags"])]}
        for name in ("author", "editor"):
            row[name] = _pick(people, book[name])
        if row["author"] is not None:
            row["author"]["books"].append(row)
        for tag in row["tags"]:
            tag["books"].append(row)
            links.append({"id": (n, tag["id"]), "book": row, "tag": tag})
        made.append(row)
    # Rows that refer to later ones of their own table.
    await Author.objects.bulk_create(
        [{name: author[name] for name in ("id", "name", "rank")} for author in people]
    )
    for author in people:
        if author["chief"] is not None:
            await Author.objects.filter(id=author["id"]).update(chief_id=author["chief"]["id"])
    await Book.objects.bulk_create(
        [
            {
                **{name: row[name] for name in ("id", "title", "rank")},
                "author_id": key_of(row["author"]),
                "editor_id": key_of(row["editor"]),
            }
            for row in made
        ]
    )
    await Tag.objects.bulk_create([{"id": tag["id"], "name": tag["name"]} for tag in tags])
    await Tagging.objects.bulk_create(
        [{"book_id": link["book"]["id"], "tag_id": link["tag"]["id"]} for link in links]
    )
    return {"author": people, "book": made, "tag": tags, "tagging": links}
