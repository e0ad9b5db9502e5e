"""Random JSON documents, conditions, orders and updates, against the same thing in Python."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.json_model import (
    ABSENT,
    ORDERS,
    Step,
    as_decimal,
    at,
    compares,
    equal,
    kind,
    order_key,
    put,
)

from oxyde import Count, F, Field, Max, Min, Model, db
from oxyde.db import AsyncDatabase
from oxyde.queries import RowNumber, Window, asc, desc


class Paper(Model):
    class Meta:
        is_table = True
        table_name = "json_paper"

    id: int = Field(db_pk=True)
    data: dict[str, Any] = Field(default_factory=dict)
    changed: dict[str, Any] = Field(default_factory=dict)


_SETTINGS = examples(60)

KEYS = ["a", "b", "10", "0", "1", "007", "gt", "in", "year", "exact", "", "a__b", 'q"q', "$",
        "dot.ted", "é", "😀", "back\\slash", "new\nline", "[0]", "it's", "x-1"]  # fmt: skip
_keys = st.sampled_from(KEYS) | st.sampled_from(KEYS[:5])
_texts = st.sampled_from(
    ["", "a", "B", "b", "10", "9", "1.50", "true", "null", "Ä", "😀", "\uffff", "it's", '"', "\\",
     "%", "x\ny"]
)  # fmt: skip
_ints = st.sampled_from(
    [0, 1, -1, 2, 9, 10, 11, 100, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 12345678901234567890]
) | st.integers(-20, 20)
_floats = st.sampled_from(
    [0.0, -0.0, 0.5, 9.5, 10.0, 10.5, 1.0, 0.1, 1e-7, 1e22, 1e30, 1.5e308, -1e30, 2.0**53, 5e-324]
) | st.floats(allow_nan=False, allow_infinity=False)
_scalars = st.none() | st.booleans() | _ints | _floats | _texts
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=6,
)
_documents = st.dictionaries(_keys, _values, max_size=4)
_numbers = _ints | _floats


def written(path: tuple[Step, ...]) -> str:
    """The path as a part of a keyword."""
    parts = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.isdigit() or (step.isalpha() and step.isascii()):
            parts.append(step)
        else:
            parts.append(json.dumps(step))
    return "__".join(["data", *parts])


def paths_of(value: Any) -> list[tuple[Step, ...]]:
    """The paths to all that is in a document."""
    found: list[tuple[Step, ...]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in items:
        here: tuple[Step, ...] = (str(step),)
        found.append(here)
        if isinstance(inner, dict | list):
            found += [(*here, *path) for path in paths_of(inner)]
    return found


def readable(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The start of a path with at most four numbers: MySQL and MariaDB refuse more by name."""
    numbers = 0
    for position, step in enumerate(path):
        numbers += isinstance(step, str) and step.isdigit()
        if numbers > 4:
            return path[:position]
    return path


@st.composite
def _paths(draw: st.DrawFn, documents: list[dict[str, Any]]) -> tuple[Step, ...]:
    there = sorted({path for document in documents for path in paths_of(document)}, key=repr)
    if there and draw(st.integers(0, 5)):
        path = draw(st.sampled_from(there))
        return readable(path if draw(st.integers(0, 3)) else (*path, draw(_keys)))
    return tuple(draw(st.lists(_keys, min_size=1, max_size=3)))


@pytest.fixture
async def papers(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Paper])
    return database


async def stored(documents: list[dict[str, Any]]) -> None:
    await Paper.objects.delete()
    await Paper.objects.bulk_create(
        [{"id": number, "data": each, "changed": each} for number, each in enumerate(documents, 1)]
    )


_lists = st.lists(_documents, min_size=1, max_size=6)


@_SETTINGS
@given(data=st.data(), documents=_lists)
async def test_conditions(
    papers: AsyncDatabase, data: st.DataObject, documents: list[dict[str, Any]]
) -> None:
    await stored(documents)

    async def check(lookups: dict[str, Any], holds: Callable[[Any], bool]) -> None:
        wanted = {number for number, document in enumerate(documents, 1) if holds(document)}
        found = set(await Paper.objects.filter(**lookups).values_list("id", flat=True))
        assert found == wanted, (lookups, documents)
        others = set(await Paper.objects.exclude(**lookups).values_list("id", flat=True))
        assert others == set(range(1, len(documents) + 1)) - wanted, ("exclude", lookups, documents)

    path, second = (data.draw(_paths(documents)) for _ in range(2))
    key = written(path)
    there = [at(document, path) for document in documents]
    values = [each for each in there if each is not ABSENT]
    some = _values | st.sampled_from(values) if values else _values
    value = data.draw(some)
    await check({f"{key}__exact": value}, lambda doc: equal(at(doc, path), value))
    await check({f"{key}__isnull": True}, lambda doc: at(doc, path) is ABSENT)
    given = data.draw(st.lists(some, max_size=4))
    await check(
        {f"{key}__in": given}, lambda doc: any(equal(at(doc, path), each) for each in given)
    )
    lookup = data.draw(st.sampled_from(sorted(ORDERS)))
    bound = data.draw(_numbers | _texts | st.booleans())
    await check({f"{key}__{lookup}": bound}, lambda doc: compares(lookup, at(doc, path), bound))
    low, high = data.draw(st.tuples(_numbers, _numbers) | st.tuples(_texts, _texts))
    await check(
        {f"{key}__between": (low, high)},
        lambda doc: compares("gte", at(doc, path), low) and compares("lte", at(doc, path), high),
    )
    money = data.draw(st.decimals(-100, 100, places=2) | st.sampled_from([Decimal("1.5")]))
    await check(
        {f"{key}__gte": money},
        lambda doc: (amount := as_decimal(at(doc, path))) is not None and amount >= money,
    )
    part = data.draw(_texts)
    await check(
        {f"{key}__startswith": part},
        lambda doc: kind(at(doc, path)) == 3 and at(doc, path).startswith(part),
    )
    name = data.draw(_keys)
    await check(
        {f"{key}__has_key": name},
        lambda doc: isinstance(at(doc, path), dict) and name in at(doc, path),
    )
    other = F(written(second))
    await check({f"{key}__exact": other}, lambda doc: equal(at(doc, path), at(doc, second)))
    await check(
        {f"{key}__{lookup}": other},
        lambda doc: compares(lookup, at(doc, path), at(doc, second)),
    )
    numbers = dict(enumerate(documents, 1))
    wanted = {n for n, doc in numbers.items() if compares(lookup, n, at(doc, path))}
    found = Paper.objects.filter(**{f"id__{lookup}": F(key)}).values_list("id", flat=True)
    assert set(await found) == wanted, (lookup, key, documents)


def plain(value: Any) -> Any:
    """A value that equal ones have in common."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (kind(value), value)
    if isinstance(value, list):
        return tuple(map(plain, value))
    if isinstance(value, dict):
        return frozenset((key, plain(item)) for key, item in value.items())
    return value


@_SETTINGS
@given(data=st.data(), documents=_lists)
async def test_orders_and_groups(
    papers: AsyncDatabase, flavour: str, data: st.DataObject, documents: list[dict[str, Any]]
) -> None:
    await stored(documents)
    path = data.draw(_paths(documents))
    name = written(path)
    there = [at(document, path) for document in documents]
    falling, first = data.draw(st.booleans()), data.draw(st.sampled_from([True, False, None]))
    if first is None:
        order: Any = f"-{name}" if falling else name
        nulls_first = falling if flavour == "postgres" else not falling
    else:
        order = (desc if falling else asc)(name, nulls_first=first, nulls_last=not first)
        nulls_first = first

    def in_order(values: list[Any]) -> bool:
        nulls = [kind(value) == 0 for value in values]
        keys = [order_key(value) for value in values if kind(value)]
        return nulls == sorted(nulls, reverse=nulls_first) and keys == sorted(keys, reverse=falling)

    found = await Paper.objects.order_by(order, "id").values_list("id", flat=True)
    assert sorted(found) == list(range(1, len(documents) + 1))
    assert in_order([there[number - 1] for number in found]), (order, found, documents)
    top = await Paper.objects.order_by(order, "id").limit(1).values_list("id", flat=True)
    assert top == found[:1]
    placed = Paper.objects.annotate(place=Window(RowNumber(), order_by=[order, "id"]))
    rows = await placed.order_by("place").values_list("id", flat=True)
    assert rows == found, (order, documents)

    distinct = await Paper.objects.distinct().order_by(order).values_list(name, flat=True)
    as_null = [None if value is ABSENT else value for value in there]
    assert in_order(distinct), (order, distinct, documents)
    got = Counter(map(plain, distinct))
    # Absence and a null are two rows that look alike.
    got[plain(None)] = min(got[plain(None)], 1)
    assert +got == Counter({plain(value): 1 for value in as_null}), (name, distinct, documents)

    groups = await Paper.objects.values(name).annotate(n=Count("id"))
    counted: Counter[Any] = Counter()
    for row in groups:
        counted[plain(row[name])] += row["n"]
    assert counted == Counter(map(plain, as_null)), (name, groups, documents)

    known = [value for value in there if kind(value)]
    extremes = await Paper.objects.aggregate(low=Min(name), high=Max(name))
    for value, pick in ((extremes["low"], min), (extremes["high"], max)):
        if known:
            wanted = order_key(pick(known, key=order_key))
            assert order_key(value) == wanted, (name, extremes, documents)
        else:
            assert value is None


@_SETTINGS
@given(data=st.data(), documents=_lists)
async def test_updates(
    papers: AsyncDatabase, data: st.DataObject, documents: list[dict[str, Any]]
) -> None:
    await stored(documents)
    path = data.draw(_paths(documents))
    name = written(path).replace("data__", "changed__", 1)
    value = data.draw(_values)
    assert await Paper.objects.update(**{name: value}) == len(documents)
    rows = await Paper.objects.order_by("id").values_list("changed", flat=True)
    for before, after in zip(documents, rows, strict=True):
        assert equal(after, put(before, path, value)), (name, value, before, after)
    other = data.draw(_paths(documents))
    await stored(documents)
    assert await Paper.objects.update(**{name: F(written(other))}) == len(documents)
    rows = await Paper.objects.order_by("id").values_list("changed", flat=True)
    for before, after in zip(documents, rows, strict=True):
        copied = at(before, other)
        copied = None if copied is ABSENT else copied
        assert equal(after, put(before, path, copied)), (name, other, before, after)
