"""Random orders with NULLs and ties: a walk over pages against the whole list, also while rows come
and go."""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime
from support.examples import examples

from oxyde import Count, F, Field, Max, Model, Page, Query, Sum, asc, db, desc
from oxyde.db import AsyncDatabase

Row = dict[str, Any]


class Mood(Enum):
    GOOD = "good"
    BAD = "Bad"
    MIXED = "mixed"


class Shelf(Model):
    class Meta:
        is_table = True
        table_name = "paged_shelf"

    id: int = Field(db_pk=True)
    name: str | None = Field(default=None, max_length=20)
    rank: int = 0
    things: list[Thing] = Field(db_reverse_fk="shelf")


class Thing(Model):
    class Meta:
        is_table = True
        table_name = "paged_thing"

    id: int = Field(db_pk=True)
    shelf: Shelf | None = Field(default=None, db_on_delete="SET NULL")
    count: int = 0
    name: str = Field(default="", max_length=20)
    small: int | None = Field(default=None, db_type="SMALLINT")
    text: str | None = None
    real: float | None = None
    money: Decimal | None = Field(default=None, max_digits=12, decimal_places=3)
    flag: bool | None = None
    day: dt.date | None = None
    moment: dt.datetime | None = Field(default=None, db_index=True)
    aware: AwareDatetime | None = None
    clock: dt.time | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    mood: Mood | None = None
    address: ipaddress.IPv4Address | None = None


class Cell(Model):
    """Its key has two fields."""

    class Meta:
        is_table = True
        table_name = "paged_cell"

    line: str = Field(db_pk=True, max_length=5)
    place: int = Field(db_pk=True)
    size: int | None = None


_MOMENTS = st.sampled_from(
    [
        dt.datetime(1, 1, 1),
        dt.datetime(2024, 3, 31, 1),
        dt.datetime(2024, 3, 31, 1, 0, 0, 1),
        dt.datetime(2024, 10, 27, 0, 59, 59, 999_999),
    ]
)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "shelf_id": st.integers(1, 3),
    "count": st.sampled_from([-1, 0, 1, 2**53 + 1, 2**63 - 1, -(2**63)]),
    "name": st.sampled_from(["", "a", "A", "á", "b", "a ", "'", "\U0001f600"]),
    "small": st.sampled_from([0, 1, 2**15 - 1, -(2**15)]),
    "text": st.sampled_from(["", "a", "A", "%", "\\"]),
    "real": st.sampled_from([0.0, -0.5, 0.1, 1 / 3, 1e300, 5e-324]),
    "money": st.integers(-2, 2).map(lambda number: Decimal(number) / 8),
    "flag": st.booleans(),
    "day": _MOMENTS.map(dt.datetime.date),
    "moment": _MOMENTS,
    "aware": _MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.timezone.utc)),
    "clock": _MOMENTS.map(dt.datetime.time),
    "span": st.integers(-1, 1).map(lambda n: dt.timedelta(days=31 * n, microseconds=n)),
    "key": st.integers(0, 3).map(lambda number: uuid.UUID(int=number << 62)),
    "blob": st.sampled_from([b"", b"\0", b"\xff"]),
    "mood": st.sampled_from(Mood),
    "address": st.sampled_from(["10.0.0.2", "9.0.0.1", "10.0.0.10"]).map(ipaddress.IPv4Address),
}
_REQUIRED = {"count", "name"}
_THING = st.fixed_dictionaries(
    {name: each if name in _REQUIRED else st.none() | each for name, each in _VALUES.items()}
)
_THINGS = st.lists(_THING, max_size=9)
_SHELVES = st.lists(
    st.fixed_dictionaries(
        {"name": st.none() | st.sampled_from("ab"), "rank": st.integers(0, 1)},
    ),
    min_size=3,
    max_size=3,
)
_NAMES = (*_VALUES, "id", "shelf__name", "shelf__rank", "moment__year")


@st.composite
def _terms(draw: st.DrawFn) -> list[Any]:
    """One to three terms of an order."""
    made: list[Any] = []
    for name in draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True)):
        make = draw(st.sampled_from([asc, desc]))
        first, last = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
        made.append(make(name, nulls_first=first, nulls_last=last))
    return made


async def _store(shelves: list[Row], things: list[Row]) -> None:
    await Thing.objects.delete()
    await Shelf.objects.delete()
    await Shelf.objects.bulk_create([{"id": n, **row} for n, row in enumerate(shelves, 1)])
    # Even keys: others can be inserted between them.
    await Thing.objects.bulk_create([{"id": 2 * n, **row} for n, row in enumerate(things, 1)])


async def _walk(
    query: Query[Any, Any],
    size: int,
    between: Callable[[], Awaitable[object]] | None = None,
) -> tuple[list[Any], Page[Any]]:
    """The items of all pages, forwards; and the last page."""
    found: list[Any] = []
    page = await query.page(size=size)
    while True:
        found += page.items
        if page.next_cursor is None:
            return found, page
        assert len(page.items) == size
        assert page.has_next
        if between is not None:
            await between()
        page = await query.page(size=size, cursor=page.next_cursor)
        assert page.has_previous


async def _walk_back(query: Query[Any, Any], size: int, page: Page[Any]) -> list[Any]:
    """The items of the page and all pages before it."""
    found = list(page.items)
    while page.previous_cursor is not None:
        page = await query.page(size=size, cursor=page.previous_cursor)
        assert page.has_next
        found = page.items + found
    return found


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Shelf, Thing, Cell])
    return database


def _tie(terms: list[Any]) -> str:
    return "-id" if terms[-1].descending else "id"


@examples(60)
@given(shelves=_SHELVES, things=_THINGS, terms=_terms(), size=st.integers(1, 4))
async def test_a_walk_over_pages_is_the_whole_list(
    tables: AsyncDatabase, shelves: list[Row], things: list[Row], terms: list[Any], size: int
) -> None:
    await _store(shelves, things)
    whole = await Thing.objects.order_by(*terms, _tie(terms)).values_list("id", flat=True)
    query = Thing.objects.order_by(*terms)
    found, last = await _walk(query, size)
    assert [thing.id for thing in found] == whole
    assert [thing.id for thing in await _walk_back(query, size, last)] == whole


_CHANGES = st.lists(st.tuples(st.booleans(), st.integers(1, 9), _THING), max_size=6)


@examples(40)
@given(shelves=_SHELVES, things=_THINGS, changes=_CHANGES, terms=_terms(), size=st.integers(1, 3))
async def test_rows_that_come_and_go_neither_hide_nor_repeat_others(
    tables: AsyncDatabase,
    shelves: list[Row],
    things: list[Row],
    changes: list[tuple[bool, int, Row]],
    terms: list[Any],
    size: int,
) -> None:
    await _store(shelves, things)
    kept = {2 * n for n in range(1, len(things) + 1)}

    async def change() -> None:
        if not changes:
            return
        removes, n, row = changes.pop()
        if removes:
            kept.discard(2 * n)
            await Thing.objects.filter(id=2 * n).delete()
        elif not await Thing.objects.filter(id=2 * n + 1).exists():
            await Thing.objects.create(id=2 * n + 1, **row)

    found, _ = await _walk(Thing.objects.order_by(*terms), size, change)
    ids = [thing.id for thing in found]
    assert len(ids) == len(set(ids))
    order = await Thing.objects.order_by(*terms, _tie(terms)).values_list("id", flat=True)
    assert [key for key in ids if key in kept] == [key for key in order if key in kept]


def _queries(way: Any) -> list[tuple[Query[Any, Any], Query[Any, Any]]]:
    """Queries, each with the order that its pages have."""
    counted = Shelf.objects.annotate(number=Count("things"), largest=Max("things__small"))
    groups = Thing.objects.group_by("shelf_id").annotate(
        number=Count(), largest=Max("small"), total=Sum("money")
    )
    pairs = Thing.objects.values("name", "flag").distinct()
    ids = Thing.objects.values_list("id", flat=True)
    joined = Thing.objects.join("shelf")
    double = F("small") * 2
    return [
        (counted.order_by(way("number")), counted.order_by(way("number"), way("id"))),
        (counted.order_by(way("largest")), counted.order_by(way("largest"), way("id"))),
        (
            groups.order_by(way("total"), "-number"),
            groups.order_by(way("total"), "-number", "-shelf_id"),
        ),
        (groups, groups.order_by("shelf_id")),
        (pairs.order_by(way("flag")), pairs.order_by(way("flag"), way("name"))),
        (ids.order_by(way(double)), ids.order_by(way(double), way("id"))),
        (
            joined.distinct().order_by(way("shelf__name")),
            joined.order_by(way("shelf__name"), way("id")),
        ),
    ]


@examples(25)
@given(shelves=_SHELVES, things=_THINGS, way=st.sampled_from([asc, desc]), size=st.integers(1, 3))
async def test_groups_annotations_and_rows_of_other_kinds(
    tables: AsyncDatabase, shelves: list[Row], things: list[Row], way: Any, size: int
) -> None:
    await _store(shelves, things)
    for query, whole in _queries(way):
        found, last = await _walk(query, size)
        assert found == await whole
        assert await _walk_back(query, size, last) == found


_CELLS = st.lists(
    st.tuples(st.sampled_from("abC"), st.integers(0, 3), st.none() | st.integers(0, 1)),
    unique_by=lambda cell: cell[:2],
    max_size=8,
)
_ORDERS = st.sampled_from(
    [(), ("size",), ("-size",), ("-line",), ("place", "-size"), ("-place", "line")]
)


@examples(30)
@given(cells=_CELLS, terms=_ORDERS, size=st.integers(1, 3))
async def test_keys_of_several_fields(
    tables: AsyncDatabase,
    cells: list[tuple[str, int, int | None]],
    terms: tuple[str, ...],
    size: int,
) -> None:
    await Cell.objects.delete()
    await Cell.objects.bulk_create(
        [{"line": line, "place": place, "size": each} for line, place, each in cells]
    )
    sign = "-" if terms and terms[-1].startswith("-") else ""
    named = {term.lstrip("-") for term in terms}
    ties = [f"{sign}{name}" for name in ("line", "place") if name not in named]
    whole = await Cell.objects.order_by(*terms, *ties)
    query = Cell.objects.order_by(*terms)
    found, last = await _walk(query, size)
    assert found == whole
    assert await _walk_back(query, size, last) == whole
