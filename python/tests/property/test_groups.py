"""Random groupings: the database's answer against Python's.

Keys of every sort, several aggregates over the rows themselves and over two relations to many,
with conditions before, inside and behind them, ordered and sliced.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde import Avg, Count, F, Field, Max, Min, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Case, Value, When

Row = dict[str, Any]


class Author(Model):
    class Meta:
        is_table = True
        table_name = "grouping_author"

    id: int = Field(db_pk=True)
    name: str
    rank: int | None = None
    books: list[Book] = Field(db_reverse_fk="author")


class Tag(Model):
    class Meta:
        is_table = True
        table_name = "grouping_tag"

    id: int = Field(db_pk=True)
    name: str
    weight: int | None = None
    books: list[Book] = Field(db_m2m=True, db_through="Tagging")


class Book(Model):
    class Meta:
        is_table = True
        table_name = "grouping_book"

    id: int = Field(db_pk=True)
    title: str
    rating: int | None = None
    pages: int
    out: dt.date | None = None
    author: Author | None = None
    tags: list[Tag] = Field(db_m2m=True, db_through="Tagging")
    notes: list[Note] = Field(db_reverse_fk="book")


class Tagging(Model):
    class Meta:
        is_table = True
        table_name = "grouping_tagging"

    book: Book = Field(db_pk=True)
    tag: Tag = Field(db_pk=True)


class Note(Model):
    class Meta:
        is_table = True
        table_name = "grouping_note"

    id: int = Field(db_pk=True)
    book: Book
    stars: int | None = None


def library() -> list[Row]:
    """Books with their authors, tags and notes; the same at each run."""
    pick = random.Random(17)
    ranks = [None, 1, 2, 2]
    authors = [{"id": n + 1, "name": "abca"[n], "rank": ranks[n]} for n in range(4)]
    weights = [None, 1, 2, 3]
    tags = [{"id": n + 1, "name": "xyzx"[n], "weight": weights[n]} for n in range(4)]
    stars = [None, 1, 2, 3]
    return [
        {
            "id": number,
            "title": pick.choice("pqr"),
            "rating": pick.choice([None, 1, 2, 3]),
            "pages": pick.randrange(1, 9) * 10,
            "out": pick.choice([None, dt.date(2020, 2, 29), dt.date(2021, 12, 31)]),
            "author": pick.choice([None, *authors]),
            "tags": pick.sample(tags, pick.choice([0, 0, 1, 2, 3])),
            "notes": [{"stars": pick.choice(stars)} for _ in range(pick.randrange(4))],
        }
        for number in range(1, 25)
    ]


BOOKS = library()


@pytest.fixture
async def books(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Author, Tag, Book, Tagging, Note])
    for model, relation in ((Author, "author"), (Tag, "tags")):
        found = [each for book in BOOKS for each in _rows(book[relation])]
        await model.objects.bulk_create(list({row["id"]: row for row in found}.values()))
    await Book.objects.bulk_create(
        [
            {
                **{name: book[name] for name in ("id", "title", "rating", "pages", "out")},
                "author_id": book["author"] and book["author"]["id"],
            }
            for book in BOOKS
        ]
    )
    await Tagging.objects.bulk_create(
        [{"book_id": book["id"], "tag_id": tag["id"]} for book in BOOKS for tag in book["tags"]]
    )
    notes = [(book["id"], note["stars"]) for book in BOOKS for note in book["notes"]]
    await Note.objects.bulk_create(
        [{"id": n, "book_id": book, "stars": stars} for n, (book, stars) in enumerate(notes, 1)]
    )
    return database


def _rows(value: Any) -> list[Row]:
    return [] if value is None else value if isinstance(value, list) else [value]


# --- keys -------------------------------------------------------------------------------------

KEYS: dict[str, Callable[[Row], Any]] = {
    "title": lambda book: book["title"],
    "rating": lambda book: book["rating"],
    "author__name": lambda book: book["author"] and book["author"]["name"],
    "author__rank": lambda book: book["author"] and book["author"]["rank"],
    "author_id": lambda book: book["author"] and book["author"]["id"],
    "out__year": lambda book: book["out"] and book["out"].year,
    "half": lambda book: book["pages"] // 20,
    "size": lambda book: "big" if book["pages"] > 40 else "small",
    "tagged": lambda book: len(book["tags"]),
    "one": lambda book: 1,
}
COMPUTED = {
    "half": F("pages") // 20,
    "size": Case(When(pages__gt=40, then=Value("big")), default=Value("small")),
    "tagged": Count("tags"),
    "one": Value(1),
}


# --- conditions -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """A condition on a book, or on a book and one of its tags or notes."""

    q: Q
    text: str
    holds: Callable[[Row, Row], bool]
    # The relation whose row it is about.
    relation: str = ""
    # Whether it holds of a book without any such row as well.
    absent: bool = False

    def of_book(self, book: Row) -> bool:
        if not self.relation:
            return self.holds(book, {})
        rows = book[self.relation]
        return any(self.holds(book, each) for each in rows) or (self.absent and not rows)

    def of(self, book: Row, relation: str, each: Row) -> bool:
        return self.holds(book, each) if relation == self.relation else self.of_book(book)


def _more(one: Any, other: Any) -> bool:
    return one is not None and other is not None and one > other


CONDITIONS = [
    Condition(Q(pages__gt=30), "pages > 30", lambda book, _: book["pages"] > 30),
    Condition(Q(rating=2), "rating = 2", lambda book, _: book["rating"] == 2),
    Condition(~Q(rating=2), "not rating = 2", lambda book, _: book["rating"] != 2),
    Condition(
        Q(author__rank__gte=2),
        "author.rank >= 2",
        lambda book, _: _more(book["author"] and book["author"]["rank"], 1),
    ),
    Condition(
        Q(rating__gt=F("author__rank")),
        "rating > author.rank",
        lambda book, _: _more(book["rating"], book["author"] and book["author"]["rank"]),
    ),
    Condition(Q(tags__name="x"), "tag x", lambda _, tag: tag["name"] == "x", "tags"),
    Condition(
        Q(tags__weight__gt=1), "tag.weight > 1", lambda _, tag: _more(tag["weight"], 1), "tags"
    ),
    Condition(
        Q(tags__weight=F("rating")),
        "tag.weight = rating",
        lambda book, tag: tag["weight"] is not None and tag["weight"] == book["rating"],
        "tags",
    ),
    Condition(
        Q(notes__stars__gt=F("rating")),
        "note.stars > rating",
        lambda book, note: _more(note["stars"], book["rating"]),
        "notes",
    ),
    Condition(
        Q(notes__stars__isnull=True),
        "note.stars is null",
        lambda _, note: note["stars"] is None,
        "notes",
        absent=True,
    ),
]

# --- aggregates -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Argument:
    """What is aggregated: a value of a book, or of one of its tags or notes."""

    expression: Any
    value: Callable[[Row, Row], Any]
    relation: str = ""


ARGUMENTS = {
    "id": Argument("id", lambda book, _: book["id"]),
    "pages": Argument("pages", lambda book, _: book["pages"]),
    "rating": Argument("rating", lambda book, _: book["rating"]),
    "author__rank": Argument(
        "author__rank", lambda book, _: book["author"] and book["author"]["rank"]
    ),
    "out__month": Argument("out__month", lambda book, _: book["out"] and book["out"].month),
    "pages * 2": Argument(F("pages") * 2, lambda book, _: book["pages"] * 2),
    "tags": Argument("tags", lambda _, tag: tag["id"], "tags"),
    "tags__weight": Argument("tags__weight", lambda _, tag: tag["weight"], "tags"),
    "notes__stars": Argument("notes__stars", lambda _, note: note["stars"], "notes"),
    "notes__stars + pages": Argument(
        F("notes__stars") + F("pages"),
        lambda book, note: None if note["stars"] is None else note["stars"] + book["pages"],
        "notes",
    ),
}


def _nothing_is_null(function: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    return lambda values: function(values) if values else None


FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[[list[Any]], Any]]] = {
    "count": (Count, len),
    "sum": (Sum, _nothing_is_null(sum)),
    "avg": (Avg, _nothing_is_null(fmean)),
    "min": (Min, _nothing_is_null(min)),
    "max": (Max, _nothing_is_null(max)),
}


@dataclass(frozen=True)
class Aggregate:
    """A function of an argument, of distinct values or not, with a condition or not."""

    function: str
    argument: str
    distinct: bool
    condition: Condition | None

    def expression(self) -> Any:
        made = FUNCTIONS[self.function][0]
        options: Row = {} if self.condition is None else {"filter": self.condition.q}
        return made(ARGUMENTS[self.argument].expression, distinct=self.distinct, **options)

    def value(self, group: Iterable[Row]) -> Any:
        argument = ARGUMENTS[self.argument]
        relation = argument.relation
        found = [
            argument.value(book, each)
            for book in group
            for each in (book[relation] if relation else [{}])
            if self.condition is None or self.condition.of(book, relation, each)
        ]
        values = [value for value in found if value is not None]
        return FUNCTIONS[self.function][1](sorted(set(values)) if self.distinct else values)

    def __str__(self) -> str:
        text = f"{self.function}({'distinct ' * self.distinct}{self.argument})"
        return text if self.condition is None else f"{text} where {self.condition.text}"


_AGGREGATES = st.builds(
    Aggregate,
    st.sampled_from(sorted(FUNCTIONS)),
    st.sampled_from(sorted(ARGUMENTS)),
    st.booleans(),
    st.none() | st.sampled_from(CONDITIONS),
)


@dataclass(frozen=True)
class Question:
    keys: list[str]
    before: list[Condition]
    aggregates: list[Aggregate]
    at_least: int | None
    shown: list[int]
    start: int
    stop: int | None
    explicit: bool

    def query(self) -> Any:
        query: Any = Book.objects
        for condition in self.before:
            query = query.filter(condition.q)
        computed = {key: COMPUTED[key] for key in self.keys if key in COMPUTED}
        if computed:
            query = query.annotate(**computed)
        query = query.group_by(*self.keys) if self.explicit else query.values(*self.keys)
        query = query.annotate(
            **{f"a{n}": each.expression() for n, each in enumerate(self.aggregates)}
        )
        if self.at_least is not None:
            query = query.filter(a0__gte=self.at_least)
        return query

    def answer(self) -> list[Row]:
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for book in self.books():
            groups.setdefault(tuple([KEYS[key](book) for key in self.keys]), []).append(book)
        rows = [
            {
                **dict(zip(self.keys, key, strict=True)),
                **{f"a{n}": each.value(group) for n, each in enumerate(self.aggregates)},
            }
            for key, group in groups.items()
        ]
        if self.at_least is not None:
            rows = [row for row in rows if row["a0"] is not None and row["a0"] >= self.at_least]
        return sorted(rows, key=lambda row: [_null_first(row[key]) for key in self.keys])

    def books(self) -> list[Row]:
        return [book for book in BOOKS if all(each.of_book(book) for each in self.before)]


def _null_first(value: Any) -> tuple[bool, Any]:
    return value is not None, value


_QUESTIONS = st.builds(
    Question,
    st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(CONDITIONS), max_size=2),
    st.lists(_AGGREGATES, min_size=1, max_size=4),
    st.none() | st.integers(0, 4),
    st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True),
    st.integers(0, 3),
    st.none() | st.integers(3, 6),
    st.booleans(),
)

_SETTINGS = examples(150)


def _near(rows: Any) -> Any:
    return [
        {k: pytest.approx(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows
    ]


@_SETTINGS
@given(question=_QUESTIONS)
async def test_groups(books: AsyncDatabase, question: Question) -> None:
    query, rows = question.query(), question.answer()
    assert await query.count() == len(rows)
    assert await query.exists() == bool(rows)
    in_order = query.order_by(*[F(key).asc(nulls_first=True) for key in question.keys])
    assert await in_order == _near(rows)
    assert await in_order.first() == (_near(rows)[0] if rows else None)
    assert await in_order.last() == (_near(rows)[-1] if rows else None)
    part = slice(question.start, question.stop)
    assert await in_order[part] == _near(rows[part])
    # Other columns of the same groups.
    shown = sorted({f"a{n % len(question.aggregates)}" for n in question.shown})
    assert await in_order.values(*shown) == _near([{k: row[k] for k in shown} for row in rows])
    values = [row["a0"] for row in rows[part] if row["a0"] is not None]
    assert (
        await in_order[part].aggregate(n=Count(), most=Max("a0"))
        == _near([{"n": len(rows[part]), "most": max(values, default=None)}])[0]
    )


@_SETTINGS
@given(question=_QUESTIONS)
async def test_all_rows_and_each_row(books: AsyncDatabase, question: Question) -> None:
    query: Any = Book.objects
    for condition in question.before:
        query = query.filter(condition.q)
    expressions = {f"a{n}": each.expression() for n, each in enumerate(question.aggregates)}
    found = question.books()
    expected = {f"a{n}": each.value(found) for n, each in enumerate(question.aggregates)}
    assert await query.aggregate(**expressions) == _near([expected])[0]
    rows = await query.order_by("id").values("id").annotate(**expressions)
    assert rows == _near(
        [
            {
                "id": book["id"],
                **{f"a{n}": each.value([book]) for n, each in enumerate(question.aggregates)},
            }
            for book in found
        ]
    )
    many = {
        f"a{n}": each
        for n, each in enumerate(question.aggregates)
        if ARGUMENTS[each.argument].relation
    }
    if many:
        models = await query.annotate(
            **{n: each.expression() for n, each in many.items()}
        ).order_by("id")
        assert [{n: getattr(book, n) for n in many} for book in models] == _near(
            [{n: each.value([book]) for n, each in many.items()} for book in found]
        )
