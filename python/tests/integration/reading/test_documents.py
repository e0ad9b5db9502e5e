"""Lookups into JSON documents and arrays, against the same thing in Python."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.reference import json_contains, json_equal

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldLookupError


class Document(Model):
    class Meta:
        is_table = True
        table_name = "document_sample"

    id: int | None = Field(default=None, db_pk=True)
    data: dict[str, Any] | None = None
    numbers: list[int] | None = None
    names: list[str] | None = None


DATA: list[dict[str, Any]] = [
    {},
    {"a": 1},
    {"a": 1.5},
    {"a": "1"},
    {"a": True},
    {"a": False},
    {"a": None},
    {"a": 0},
    {"a": ""},
    {"a": "x"},
    {"a": "X"},
    {"a": "100%"},
    {"a": [1, 2, 3]},
    {"a": [3, [1]]},
    {"a": {"b": 1}},
    {"a": {"b": {"c": "deep"}}},
    {"a": {"b": "x"}, "z": 1},
    {"b": 1, "a": 2},
    {"a": 2, "b": 1},
    {"address": {"city": "Oslo", "zip": "0150"}},
    {"address": {"city": "oslo"}},
    {"address": {"city": "Bergen", "lines": ["a", "b"]}},
    {"it's": 1, 'quo"te': 2, "back\\slash": 3, "dot.ted": 4, "ÆØÅ": 5, "$": 6, "": 7, "sp ace": 8},
    {"big": 2**53 + 1},
]
NUMBERS: list[list[int]] = [[], [0], [1], [1, 2, 3], [3, 2, 1], [2, 2], [2**63 - 1], [-1, 5]]
NAMES: list[list[str]] = [[], [""], ["a"], ["A"], ["a", "b"], ["b", "a"], ["a,b"], ["NULL"], ['"']]


@pytest.fixture
async def rows(database: AsyncDatabase) -> AsyncIterator[list[Document]]:
    await db.create_tables(models=[Document])
    await Document.objects.bulk_create(
        [
            *({"data": data} for data in DATA),
            *({"numbers": numbers} for numbers in NUMBERS),
            *({"names": names} for names in NAMES),
        ]
    )
    return await Document.objects.order_by("id").all()


async def found(lookups: dict[str, Any]) -> list[int]:
    return sorted(await Document.objects.filter(**lookups).values_list("id", flat=True))


async def check(rows: list[Document], cases: list[tuple[dict[str, Any], Any]]) -> None:
    """Each case: lookups, and the same in Python over a row."""
    wrong = []
    for lookups, predicate in cases:
        expected = [row.id for row in rows if predicate(row)]
        got = await found(lookups)
        if got != expected:
            shown = [
                [(r.data, r.numbers, r.names) for r in rows if r.id in ids]
                for ids in (got, expected)
            ]
            wrong.append(f"{lookups}: found {shown[0]}, expected {shown[1]}")
        others = sorted(await Document.objects.exclude(**lookups).values_list("id", flat=True))
        if others != [row.id for row in rows if row.id not in expected]:
            wrong.append(f"exclude {lookups} is not the complement")
    assert not wrong, "\n".join(wrong)


MISSING = object()


def at(row: Document, *path: str | int) -> Any:
    """What stands at a path, or MISSING."""
    here: Any = MISSING if row.data is None else row.data
    for step in path:
        if (isinstance(here, dict) and isinstance(step, str) and step in here) or (
            isinstance(here, list) and isinstance(step, int) and step < len(here)
        ):
            here = here[step]
        else:
            return MISSING
    return here


def is_(value: Any, *path: str | int) -> Any:
    return lambda row: at(row, *path) is not MISSING and json_equal(at(row, *path), value)


async def test_a_document_equals_another_whatever_the_order_of_keys(rows: list[Document]) -> None:
    await check(
        rows,
        [
            (
                {"data": data},
                lambda row, data=data: row.data is not None and json_equal(row.data, data),
            )
            for data in DATA
        ]
        + [
            ({"data__isnull": True}, lambda row: row.data is None),
            ({"data": None}, lambda row: row.data is None),
        ],
    )


async def test_paths_into_a_document(rows: list[Document]) -> None:
    await check(
        rows,
        [
            *(
                ({"data__a": value}, is_(value, "a"))
                for value in (1, 1.5, 0, "1", "x", "", True, False)
            ),
            ({"data__a__b": 1}, is_(1, "a", "b")),
            ({"data__a__b__c": "deep"}, is_("deep", "a", "b", "c")),
            ({"data__a": {"b": 1}}, is_({"b": 1}, "a")),
            ({"data__a": [1, 2, 3]}, is_([1, 2, 3], "a")),
            ({"data__a__0": 1}, is_(1, "a", 0)),
            ({"data__a__2": 3}, is_(3, "a", 2)),
            ({"data__a__1__0": 1}, is_(1, "a", 1, 0)),
            ({"data__address__city": "Oslo"}, is_("Oslo", "address", "city")),
            ({"data__address__zip": "0150"}, is_("0150", "address", "zip")),
            ({"data__address__lines__1": "b"}, is_("b", "address", "lines", 1)),
            ({"data__big": 2**53 + 1}, is_(2**53 + 1, "big")),
            ({"data__it's": 1}, is_(1, "it's")),
            ({'data__quo"te': 2}, is_(2, 'quo"te')),
            ({"data__back\\slash": 3}, is_(3, "back\\slash")),
            ({"data__dot.ted": 4}, is_(4, "dot.ted")),
            ({"data__ÆØÅ": 5}, is_(5, "ÆØÅ")),
            ({"data__$": 6}, is_(6, "$")),
            ({"data__sp ace": 8}, is_(8, "sp ace")),
        ],
    )


async def test_comparisons_of_parts(rows: list[Document]) -> None:
    def number(row: Document, *path: str | int) -> Any:
        value = at(row, *path)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def text(row: Document, *path: str | int) -> Any:
        value = at(row, *path)
        return value if isinstance(value, str) else None

    await check(
        rows,
        [
            ({"data__a__b__in": [1, 2]}, lambda row: number(row, "a", "b") in (1, 2)),
            ({"data__address__city__in": ["Oslo", "Bergen"]},
             lambda row: text(row, "address", "city") in ("Oslo", "Bergen")),
            ({"data__address__city__icontains": "OSL"},
             lambda row: "osl" in (text(row, "address", "city") or "").lower()),
            ({"data__address__city__startswith": "O"},
             lambda row: (text(row, "address", "city") or "").startswith("O")),
            ({"data__z__gte": 1}, lambda row: (number(row, "z") or 0) >= 1),
            ({"data__b__between": (0, 1)}, lambda row: number(row, "b") == 1),
            ({"data__nowhere": 1}, lambda row: False),
            ({"data__nowhere__isnull": True}, lambda row: True),
        ],
    )  # fmt: skip


async def test_keys_and_containment(rows: list[Document], flavour: str) -> None:
    items = flavour in ("mysql", "mariadb")

    def has(row: Document, *path: str) -> bool:
        return at(row, *path) is not MISSING

    def holds(whole: Any, part: Any) -> bool:
        return None not in (whole, part) and json_contains(whole, part, items=items)

    keys = [
        "a",
        "b",
        "it's",
        'quo"te',
        "back\\slash",
        "dot.ted",
        "ÆØÅ",
        "$",
        "",
        "sp ace",
        "nowhere",
    ]
    parts: list[Any] = [
        {}, {"a": 1}, {"a": {"b": 1}}, {"a": True}, {"a": "x"}, {"address": {"city": "Oslo"}},
        {"a": [1]}, {"a": [3, 1]}, {"a": None}, {"z": 1, "a": {}},
    ]  # fmt: skip
    await check(
        rows,
        [
            *(({"data__has_key": key}, lambda row, key=key: has(row, key)) for key in keys),
            ({"data__a__has_key": "b"}, lambda row: has(row, "a", "b")),
            *(
                ({"data__contains": part},
                 lambda row, part=part: holds(row.data, part))
                for part in parts
            ),
            ({"data__contained_by": {"a": 1, "b": 1}},
             lambda row: holds({"a": 1, "b": 1}, row.data)),
        ],
    )  # fmt: skip


async def test_arrays(rows: list[Document]) -> None:
    def numbers(check: Any) -> Any:
        return lambda row: row.numbers is not None and check(row.numbers)

    def names(check: Any) -> Any:
        return lambda row: row.names is not None and check(row.names)

    cases: list[tuple[dict[str, Any], Any]] = []
    for some in NUMBERS:
        cases += [
            ({"numbers": some}, numbers(lambda have, some=some: have == some)),
            ({"numbers__contains": some}, numbers(lambda have, some=some: set(some) <= set(have))),
            (
                {"numbers__contained_by": some},
                numbers(lambda have, some=some: set(have) <= set(some)),
            ),
            (
                {"numbers__overlap": some},
                numbers(lambda have, some=some: bool(set(have) & set(some))),
            ),
        ]
    for texts in NAMES:
        cases += [
            ({"names": texts}, names(lambda have, some=texts: have == some)),
            ({"names__contains": texts}, names(lambda have, some=texts: set(some) <= set(have))),
            (
                {"names__overlap": texts},
                names(lambda have, some=texts: bool(set(have) & set(some))),
            ),
        ]
    cases += [
        ({"numbers__len": length}, numbers(lambda have, length=length: len(have) == length))
        for length in range(4)
    ]
    cases += [
        ({"numbers__0": 1}, numbers(lambda have: have[:1] == [1])),
        ({"numbers__1__gt": 1}, numbers(lambda have: len(have) > 1 and have[1] > 1)),
        ({"names__1": "b"}, names(lambda have: len(have) > 1 and have[1] == "b")),
        ({"numbers__isnull": True}, lambda row: row.numbers is None),
    ]
    await check(rows, cases)


async def test_lookups_that_do_not_fit_are_refused(rows: list[Document]) -> None:
    for wrong in (
        {"data__a__has_key": 1},
        {"numbers__icontains": "1"},
        {"numbers__contains": 1},
        {"numbers__len": "1"},
        {"data__gt": {}},
    ):
        with pytest.raises(FieldLookupError):
            await Document.objects.filter(**wrong).all()
