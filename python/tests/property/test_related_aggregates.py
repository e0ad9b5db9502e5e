"""Aggregates over relations of rows with many NULL keys: shown, filtered by, ordered by and used in
writes, in one pass over the related rows or row by row, against subqueries and against Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bookshelf import AUTHORS, BOOKS, NAMES, Author, Book, Tag, Tagging, store
from support.conditions import Row
from support.examples import examples
from support.reference import holds

from oxyde import Avg, Count, F, Max, Min, OuterRef, Q, Subquery, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Coalesce

MODELS: dict[str, type[Any]] = {"author": Author, "book": Book, "tag": Tag}


@dataclass(frozen=True)
class Path:
    """A value of the rows at the end of a path to many rows.

    Attributes:
        model: the model that the path starts from.
        steps: the relations, and the column or key at the end.
        rows: of which model a subquery reads the rows; `owner`: the path from there to the start;
            `value`: the path from there to the value.
    """

    model: str
    steps: tuple[str, ...]
    rows: type[Any]
    owner: str
    value: str

    def __str__(self) -> str:
        return "__".join(self.steps)

    def pairs(self, row: Row) -> list[tuple[Row, Any]]:
        """The rows of the first relation, each with each value behind it."""
        first, *rest = self.steps
        return [(each, value) for each in row[first] for value in _behind(each, rest)]


def _behind(row: Row | None, steps: list[str]) -> list[Any]:
    if row is None:
        return [None]
    if not steps:
        return [row["id"]]
    here, *rest = steps
    inner = row[here]
    if isinstance(inner, list):
        return [value for each in inner for value in _behind(each, rest)]
    return _behind(inner, rest) if isinstance(inner, dict) or rest else [inner]


PATHS = [
    Path("author", ("books",), Book, "author_id", "id"),
    Path("author", ("books", "rank"), Book, "author_id", "rank"),
    Path("author", ("books", "title"), Book, "author_id", "title"),
    Path("author", ("books", "editor"), Book, "author_id", "editor_id"),
    Path("author", ("books", "editor", "rank"), Book, "author_id", "editor__rank"),
    Path("author", ("books", "tags"), Tagging, "book__author_id", "tag_id"),
    Path("author", ("books", "tags", "name"), Tagging, "book__author_id", "tag__name"),
    Path("author", ("reports",), Author, "chief_id", "id"),
    Path("author", ("reports", "rank"), Author, "chief_id", "rank"),
    Path("author", ("reports", "books", "rank"), Book, "author__chief_id", "rank"),
    Path("book", ("tags",), Tagging, "book_id", "tag_id"),
    Path("book", ("tags", "name"), Tagging, "book_id", "tag__name"),
    Path("tag", ("books",), Tagging, "tag_id", "book_id"),
    Path("tag", ("books", "rank"), Tagging, "tag_id", "book__rank"),
    Path("tag", ("books", "author"), Tagging, "tag_id", "book__author_id"),
    Path("tag", ("books", "author", "rank"), Tagging, "tag_id", "book__author__rank"),
]


def _unless_empty(function: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    return lambda values: function(values) if values else None


FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[[list[Any]], Any]]] = {
    "count": (Count, len),
    "sum": (Sum, _unless_empty(sum)),
    "avg": (Avg, _unless_empty(fmean)),
    "min": (Min, _unless_empty(min)),
    "max": (Max, _unless_empty(max)),
}


@dataclass(frozen=True)
class Condition:
    """A condition on a row of the first relation, maybe beside the row that has it."""

    text: str
    q: Q
    holds: Callable[[Row, Row], bool]


def _conditions(model: str) -> list[Condition]:
    """The conditions that an aggregate over rows of a model's first relation may have."""
    if model == "author":
        return [
            Condition("rank > 1", Q(books__rank__gt=1), lambda _, book: book["rank"] > 1),
            Condition("no title", Q(books__title=None), lambda _, book: book["title"] is None),
            Condition("not title q", ~Q(books__title="q"), lambda _, book: book["title"] != "q"),
            Condition(
                "rank of the author",
                Q(books__rank=F("rank")),
                lambda author, book: book["rank"] == author["rank"],
            ),
            Condition("author of rank 1", Q(rank=1), lambda author, _: author["rank"] == 1),
        ]
    if model == "book":
        return [
            Condition("tag q", Q(tags__name="q"), lambda _, tag: tag["name"] == "q"),
            Condition("tag 1", Q(tags=1), lambda _, tag: tag["id"] == 1),
        ]
    return [
        Condition("rank 2", Q(books__rank=2), lambda _, book: book["rank"] == 2),
        Condition("no author", Q(books__author=None), lambda _, book: book["author"] is None),
    ]


@dataclass(frozen=True)
class Aggregate:
    """A function of the values at the end of a path."""

    function: str
    path: Path
    distinct: bool
    condition: Condition | None

    def expression(self) -> Any:
        options: Row = {} if self.condition is None else {"filter": self.condition.q}
        made = FUNCTIONS[self.function][0]
        return made(str(self.path), distinct=self.distinct, **options)

    def value(self, row: Row) -> Any:
        values = [
            value
            for each, value in self.path.pairs(row)
            if value is not None and (self.condition is None or self.condition.holds(row, each))
        ]
        return FUNCTIONS[self.function][1](sorted(set(values)) if self.distinct else values)

    def by_subquery(self) -> Any:
        """The same value, looked up for each row; without the condition."""
        made = FUNCTIONS[self.function][0](self.path.value, distinct=self.distinct)
        rows = self.path.rows.objects.filter(**{self.path.owner: OuterRef("id")})
        found: Any = Subquery(rows.values(self.path.owner).annotate(its=made).values("its"))
        return Coalesce(found, 0) if self.function == "count" else found

    def __str__(self) -> str:
        text = f"{self.function}({'distinct ' * self.distinct}{self.path})"
        return text if self.condition is None else f"{text} where {self.condition.text}"


@st.composite
def _aggregates(draw: st.DrawFn, model: str) -> Aggregate:
    path = draw(st.sampled_from([path for path in PATHS if path.model == model]))
    last = path.steps[-1]
    functions = ["count"] if last in MODELS or last in ("books", "tags", "reports") else []
    if last in ("title", "name"):
        functions = ["count", "min", "max"]
    function = draw(st.sampled_from(functions or sorted(FUNCTIONS)))
    # Conditions are about the rows of the first relation.
    about = [] if path.steps[0] == "reports" else _conditions(model)
    condition = draw(st.none() | st.sampled_from(about)) if about else None
    return Aggregate(function, path, draw(st.booleans()), condition)


def _lookups(aggregate: Aggregate) -> st.SearchStrategy[tuple[str, Any]]:
    """A lookup for values of the aggregate: means are compared by what lies between them."""
    null = st.tuples(st.just("isnull"), st.booleans()) | st.just(("exact", None))
    if aggregate.path.steps[-1] in ("title", "name") and aggregate.function != "count":
        value: st.SearchStrategy[Any] = st.sampled_from("qr")
    elif aggregate.function == "avg":
        means = st.sampled_from([0.9, 1.1, 1.45, 1.6, 2.1])
        return st.tuples(st.sampled_from(["gt", "gte", "lt", "lte"]), means) | null
    else:
        value = st.integers(0, 5)
    one = st.tuples(st.sampled_from(["exact", "gt", "gte", "lt", "lte"]), value)
    some = st.tuples(st.just("in"), st.lists(value, max_size=4))
    both = st.tuples(st.just("between"), st.tuples(value, value))
    return one | one | some | both | null


def _near(value: Any) -> Any:
    return pytest.approx(value) if isinstance(value, float) else value


_AGGREGATES = {name: _aggregates(name) for name in MODELS}


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Author, Book, Tag, Tagging])
    return database


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


async def _check_shown(model: type[Any], rows: list[Row], chosen: list[Aggregate]) -> None:
    """The values of all rows, of a few, and of each by a subquery."""
    case = [str(each) for each in chosen]
    expected = [(row["id"], *[_near(each.value(row)) for each in chosen]) for row in rows]
    names = [f"a{n}" for n in range(len(chosen))]
    query: Any = model.objects.annotate(
        **{name: each.expression() for name, each in zip(names, chosen, strict=True)}
    )
    shown = query.order_by("id").values_list("id", *names)
    assert await shown == expected, case
    assert await shown.filter(id__in=[1, 2]) == expected[:2], case
    assert await shown[1:3] == expected[1:3], case
    for n, each in enumerate(chosen, 1):
        if each.condition is None:
            by_row = model.objects.annotate(its=each.by_subquery()).order_by("id")
            found = await by_row.values_list("its", flat=True)
            assert found == [row[n] for row in expected], case


async def _check_chosen(
    query: Any, values: dict[int, Any], lookup: tuple[str, Any], *, nulls_first: bool, case: object
) -> None:
    """The rows that a condition on the aggregate `a0` chooses, and all in its order."""
    condition = {f"a0__{lookup[0]}": lookup[1]}
    found = [key for key, value in values.items() if holds(lookup[0], value, lookup[1])]
    chosen = query.filter(**condition)
    assert await _ids(chosen) == found, case
    assert await _ids(query.exclude(**condition)) == [key for key in values if key not in found]
    either = [key for key in values if key in {*found, 1}]
    assert await _ids(query.filter(Q(**condition) | Q(id=1))) == either, case
    assert await chosen.count() == len(found), case
    assert await chosen.exists() == bool(found), case

    known = [key for _, key in sorted((v, key) for key, v in values.items() if v is not None)]
    missing = [key for key, value in values.items() if value is None]
    ordered = [*missing, *known] if nulls_first else [*known, *missing]
    order = F("a0").asc(nulls_first=nulls_first, nulls_last=not nulls_first)
    in_order = query.order_by(order, "id").values_list("id", flat=True)
    assert await in_order == ordered, case
    assert await in_order[1:3] == ordered[1:3], case
    assert await in_order.filter(**condition) == [key for key in ordered if key in found], case

    assert await chosen.update(found=1) == len(found), case
    assert await _ids(query.filter(found=1)) == found, case
    await query.update(found=0)


@examples(10)
@given(data=st.data(), authors=AUTHORS, books=BOOKS, names=NAMES)
async def test_aggregates_over_relations(
    tables: AsyncDatabase,
    data: st.DataObject,
    authors: list[Row],
    books: list[Row],
    names: list[Any],
) -> None:
    rows = await store(authors, books, names)
    for name, model in MODELS.items():
        chosen = data.draw(st.lists(_AGGREGATES[name], min_size=1, max_size=3))
        await _check_shown(model, rows[name], chosen)
        aggregate = chosen[0]
        lookup = data.draw(_lookups(aggregate))
        await _check_chosen(
            model.objects.annotate(a0=aggregate.expression()),
            {row["id"]: aggregate.value(row) for row in rows[name]},
            lookup,
            nulls_first=data.draw(st.booleans()),
            case=(str(aggregate), lookup),
        )
