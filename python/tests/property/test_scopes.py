"""A query of models with scopes gives what it gives where only the rows inside of the scopes are
stored: for random rows, over keys, reverse keys, a reverse one-to-one and two many-to-many
relations, one of them with a scope on the table between."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde import Count, Exists, F, Field, Max, Model, OuterRef, Prefetch, Q, Sum, db, related
from oxyde.db import AsyncDatabase

_INSIDE = Q(state="in")


class InsideAuthor(Model):
    class Meta:
        is_table = True
        scope = _INSIDE

    id: int = Field(db_pk=True)
    name: str | None = None
    state: str = Field(default="in", max_length=5)
    books: list[InsideBook] = Field(db_reverse_fk="author")
    clubs: list[InsideClub] = Field(db_m2m=True, db_through="InsideMember")
    desk: InsideDesk | None = Field(default=None, db_reverse_fk="author")


class InsideDesk(Model):
    class Meta:
        is_table = True
        scope = lambda desk: desk.state == "in"  # noqa: E731

    id: int = Field(db_pk=True)
    author: InsideAuthor | None = Field(default=None, db_unique=True)
    name: str | None = None
    state: str = Field(default="in", max_length=5)


class InsideBook(Model):
    class Meta:
        is_table = True
        scope = Q(gone=None)

    id: int = Field(db_pk=True)
    author: InsideAuthor | None = None
    name: str | None = None
    rating: int | None = None
    gone: int | None = None
    tags: list[InsideTag] = Field(db_m2m=True)


class InsideTag(Model):
    class Meta:
        is_table = True
        scope = _INSIDE & ~Q(name="z")

    id: int = Field(db_pk=True)
    name: str | None = None
    state: str = Field(default="in", max_length=5)


class InsideClub(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    authors: list[InsideAuthor] = Field(db_m2m=True, db_through="InsideMember")


class InsideMember(Model):
    class Meta:
        is_table = True
        scope = _INSIDE

    author: InsideAuthor = Field(db_pk=True)
    club: InsideClub = Field(db_pk=True)
    state: str = Field(default="in", max_length=5)


class LoneAuthor(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    books: list[LoneBook] = Field(db_reverse_fk="author")
    clubs: list[LoneClub] = Field(db_m2m=True, db_through="LoneMember")
    desk: LoneDesk | None = Field(default=None, db_reverse_fk="author")


class LoneDesk(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    author: LoneAuthor | None = Field(default=None, db_unique=True)
    name: str | None = None


class LoneBook(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    author: LoneAuthor | None = None
    name: str | None = None
    rating: int | None = None
    tags: list[LoneTag] = Field(db_m2m=True)


class LoneTag(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None


class LoneClub(Model):
    class Meta:
        is_table = True

    id: int = Field(db_pk=True)
    name: str | None = None
    authors: list[LoneAuthor] = Field(db_m2m=True, db_through="LoneMember")


class LoneMember(Model):
    class Meta:
        is_table = True

    author: LoneAuthor = Field(db_pk=True)
    club: LoneClub = Field(db_pk=True)


class World(NamedTuple):
    """One of the two families of models."""

    Author: Any
    Book: Any
    Tag: Any
    Club: Any
    Member: Any
    Desk: Any

    @property
    def mark(self) -> Any:
        return self.Book._db_meta.relations["tags"].through_model


INSIDE = World(InsideAuthor, InsideBook, InsideTag, InsideClub, InsideMember, InsideDesk)
LONE = World(LoneAuthor, LoneBook, LoneTag, LoneClub, LoneMember, LoneDesk)

_TEXT = st.sampled_from("qrz")
_HIDDEN = st.sampled_from([False, False, True])
_OWNED = st.fixed_dictionaries({"name": st.none() | _TEXT, "hidden": _HIDDEN})
_BOOK = st.fixed_dictionaries(
    {
        "name": st.none() | _TEXT,
        "hidden": _HIDDEN,
        "author": st.integers(0, 3),
        "rating": st.none() | st.integers(1, 2),
        "tags": st.sets(st.integers(0, 2)),
    }
)
_MEMBER = st.tuples(st.integers(0, 2), st.integers(0, 1))


def _state(row: dict[str, Any]) -> str:
    return "out" if row["hidden"] else "in"


async def _store(drawn: dict[str, Any]) -> None:
    """Put all rows into one family of tables, and those inside of the scopes into the other."""
    for world in (INSIDE, LONE):
        for model in (world.Member, world.mark, world.Desk, world.Book, *world[2:4], world.Author):
            query = model.objects
            await (query if model._db_meta.scope is None else query.unscoped()).delete()
    authors = list(enumerate(drawn["authors"], 1))
    tags = list(enumerate(drawn["tags"], 1))
    books = list(enumerate(drawn["books"], 1))
    seen_authors = {n for n, each in authors if not each["hidden"]}
    seen_tags = {n for n, each in tags if not each["hidden"] and each["name"] != "z"}
    seen_books = {n for n, each in books if not each["hidden"]}
    desks = list(enumerate(drawn["desks"], 1))
    inside: dict[Any, list[Any]] = {
        InsideAuthor: [{"id": n, "name": a["name"], "state": _state(a)} for n, a in authors],
        InsideTag: [{"id": n, "name": t["name"], "state": _state(t)} for n, t in tags],
        InsideClub: [{"id": n, "name": name} for n, name in enumerate(drawn["clubs"], 1)],
        InsideDesk: [
            {"id": n, "author_id": n, "name": d["name"], "state": _state(d)} for n, d in desks
        ],
        InsideBook: [
            {
                "id": n,
                "author_id": b["author"] or None,
                "name": b["name"],
                "rating": b["rating"],
                "gone": 1 if b["hidden"] else None,
            }
            for n, b in books
        ],
        InsideMember: [
            {"author_id": a + 1, "club_id": c + 1, "state": "out" if hidden else "in"}
            for (a, c), hidden in drawn["members"].items()
        ],
        INSIDE.mark: [
            {"insidebook_id": n, "insidetag_id": tag + 1} for n, b in books for tag in b["tags"]
        ],
    }
    lone: dict[Any, list[Any]] = {
        LoneAuthor: [{"id": n, "name": a["name"]} for n, a in authors if n in seen_authors],
        LoneTag: [{"id": n, "name": t["name"]} for n, t in tags if n in seen_tags],
        LoneClub: inside[InsideClub],
        LoneDesk: [
            {"id": n, "author_id": n if n in seen_authors else None, "name": d["name"]}
            for n, d in desks
            if not d["hidden"]
        ],
        LoneBook: [
            {
                "id": n,
                "author_id": b["author"] if b["author"] in seen_authors else None,
                "name": b["name"],
                "rating": b["rating"],
            }
            for n, b in books
            if n in seen_books
        ],
        LoneMember: [
            {"author_id": a + 1, "club_id": c + 1}
            for (a, c), hidden in drawn["members"].items()
            if not hidden and a + 1 in seen_authors
        ],
        LONE.mark: [
            {"lonebook_id": n, "lonetag_id": tag + 1}
            for n, b in books
            for tag in b["tags"]
            if n in seen_books and tag + 1 in seen_tags
        ],
    }
    for model, rows in (*inside.items(), *lone.items()):
        if rows:
            await model.objects.bulk_create(rows)


_PATHS = {
    "Author": ["name", "books__name", "books__tags__name", "clubs__name", "desk__name", "desk__id"],
    "Book": ["name", "author__name", "author__id", "tags__name", "tags__id", "author__clubs__name",
             "author__desk__name", "author__books__name"],
    "Club": ["name", "authors__name", "authors__books__name", "authors__desk__name"],
}  # fmt: skip


def _conditions(model: str) -> st.SearchStrategy[Q]:
    def leaf(path: str, value: Any) -> Q:
        if path.endswith("id"):
            value = None if value is None else "qrz".index(value) + 1
        return Q(**{path: value})

    leaves = st.builds(leaf, st.sampled_from(_PATHS[model]), st.none() | _TEXT)
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda a, b: a & b, inner, inner)
            | st.builds(lambda a, b: a | b, inner, inner)
            | inner.map(lambda a: ~a)
        ),
        max_leaves=4,
    )


async def _answers(world: World, drawn: dict[str, Any]) -> dict[str, Any]:
    """What each kind of query gives in one family."""
    found: dict[str, Any] = {}

    async def add(name: str, query: Any) -> None:
        found[name] = sorted(await query, key=repr)

    for name in ("Author", "Book", "Club"):
        first, second = drawn[name]
        rows: Any = getattr(world, name).objects
        await add(f"{name} filter", rows.filter(first).values_list("id", flat=True))
        await add(f"{name} exclude", rows.exclude(first).filter(second).values_list("id"))
        await add(f"{name} values", rows.values_list("id", *_PATHS[name][:1]))
        found[f"{name} count"] = await rows.filter(first).count(), await rows.count()
        found[f"{name} exists"] = await rows.filter(second).exists()
        found[f"{name} bulk"] = sorted(await rows.in_bulk([1, 2]))
        await add(f"{name} union", rows.filter(first).values("id").union(rows.values("id")))
    authors, books, clubs = world.Author.objects, world.Book.objects, world.Club.objects
    await add("aggregates", authors.annotate(
        n=Count("books"), s=Sum("books__rating"), t=Count("books__tags"), c=Count("clubs"),
        q=Count("books", filter=Q(books__name="q")), m=Max("clubs__name"),
    ).values_list("id", "n", "s", "t", "c", "q", "m"))  # fmt: skip
    await add("one by one", authors.annotate(n=Count("books"), c=Count("clubs")).order_by("id")
              .values_list("id", "n", "c")[:2])  # fmt: skip
    await add("by annotation", clubs.annotate(n=Count("authors")).filter(n__gt=0).values("id", "n"))
    await add("groups", books.group_by("author__name").annotate(
        n=Count("id"), t=Count("tags"), s=Sum("rating")))  # fmt: skip
    await add("of both", authors.group_by("name").annotate(n=Count("books"), c=Count("clubs")))
    await add("order", books.order_by("author__name", "id").values_list("id", "author__name"))
    await add("expression", books.filter(name=F("author__name")).values_list("id", flat=True))
    inner = world.Book.objects.filter(author__id=OuterRef("id"))
    await add("exists", authors.filter(Exists(inner)).values_list("id", flat=True))
    among = world.Book.objects.filter(drawn["Book"][0]).values("author__id")
    await add("among", authors.filter(id__in=among).values_list("id", flat=True))
    found["joins"] = [
        (row.id, row.author and (row.author.name, row.author.desk and row.author.desk.name))
        for row in await books.join("author__desk").order_by("id")
    ]
    loaded = await authors.order_by("id").prefetch(
        Prefetch("books", world.Book.objects.order_by("id")), "books__tags", "clubs", "desk"
    )
    found["prefetch"] = [
        (
            row.id,
            [(book.id, sorted(tag.id for tag in book.tags)) for book in row.books],
            sorted(club.id for club in row.clubs),
            row.desk and row.desk.id,
        )
        for row in loaded
    ]
    found["managers"] = [
        (await row.books_set.count(), await related(row, "clubs").count()) for row in loaded
    ]
    changed = await books.filter(drawn["Book"][1]).update(rating=F("id") + 10)
    gone = await clubs.filter(drawn["Club"][1]).exclude(authors=None).update(name="new")
    found["changed"] = changed, gone
    await add("after", books.values_list("id", "rating"))
    return found


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[*INSIDE, *LONE])
    return database


@examples(15)
@given(
    drawn=st.fixed_dictionaries(
        {
            "authors": st.lists(_OWNED, min_size=3, max_size=3),
            "desks": st.lists(_OWNED, max_size=3),
            "books": st.lists(_BOOK, max_size=5),
            "tags": st.lists(_OWNED, min_size=3, max_size=3),
            "clubs": st.lists(_TEXT, min_size=2, max_size=2),
            "members": st.dictionaries(_MEMBER, _HIDDEN, max_size=5),
            **{
                name: st.tuples(_conditions(name), _conditions(name))
                for name in ("Author", "Book", "Club")
            },
        }
    )
)
async def test_a_scope_hides_rows_as_if_they_were_not_stored(
    tables: AsyncDatabase, drawn: dict[str, Any]
) -> None:
    await _store(drawn)
    inside, lone = await _answers(INSIDE, drawn), await _answers(LONE, drawn)
    for name, answer in lone.items():
        assert (name, inside[name]) == (name, answer)
