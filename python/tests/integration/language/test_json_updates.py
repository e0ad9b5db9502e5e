"""Changing a part of a JSON document, and lists in columns."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import F, Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError


class Profile(Model):
    class Meta:
        is_table = True
        table_name = "json_profile"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    data: dict[str, Any] = Field(default_factory=dict)


@pytest.fixture
async def profiles(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Profile])
    await Profile.objects.bulk_create(
        [
            {"name": "a", "data": {"address": {"city": "Oslo"}, "n": 1, "tags": ["x", "y"]}},
            {"name": "b", "data": {"address": {"city": "Bergen"}, "n": 5}},
            {"name": "c", "data": {}},
        ]
    )
    return database


async def test_a_part_is_changed_and_the_rest_stays(profiles: AsyncDatabase) -> None:
    changes: list[tuple[str, Any]] = [
        ("Narvik", "Narvik"),
        ('it\'s "quoted" \\', 'it\'s "quoted" \\'),
        (7, 7),
        (True, True),
        (None, None),
        ({"deep": [1, {"er": None}]}, {"deep": [1, {"er": None}]}),
        ([1, "2"], [1, "2"]),
    ]
    for value, expected in changes:
        assert await Profile.objects.filter(name="a").update(data__address__city=value) == 1
        stored = (await Profile.objects.get(name="a")).data
        assert stored == {"address": {"city": expected}, "n": 1, "tags": ["x", "y"]}
    assert (await Profile.objects.get(name="b")).data == {"address": {"city": "Bergen"}, "n": 5}


async def test_parts_in_values_and_order(profiles: AsyncDatabase) -> None:
    rows = await Profile.objects.order_by("name").values_list(
        "name", "data__address__city", "data__n"
    )
    assert rows == [("a", "Oslo", 1), ("b", "Bergen", 5), ("c", None, None)]
    found = await Profile.objects.filter(data__address__city__startswith="B").values_list(
        "name", flat=True
    )
    assert found == ["b"]
    assert await Profile.objects.filter(data__n__gt=F("id")).values_list("name", flat=True) == ["b"]


async def test_unknown_names_are_no_paths(profiles: AsyncDatabase) -> None:
    with pytest.raises(OxydeError):
        await Profile.objects.update(name__part="x")
    assert await Profile.objects.filter(data__nothing__here="x").count() == 0


class Page(Model):
    class Meta:
        is_table = True
        table_name = "json_page"

    id: int | None = Field(default=None, db_pk=True)
    data: dict[str, Any] | None = None


# The document, what is set in it, and what it is then.
ON_THE_WAY: list[tuple[Any, dict[str, Any], Any]] = [
    ({}, {"data__a__b__c": 1}, {"a": {"b": {"c": 1}}}),
    (None, {"data__a__b": "x"}, {"a": {"b": "x"}}),
    (None, {"data__a": 1}, {"a": 1}),
    ({"x": 1}, {"data__y__0": 1}, {"x": 1, "y": [1]}),
    ({"x": 1}, {"data__y__0__z": True}, {"x": 1, "y": [{"z": True}]}),
    ({"a": {"b": 1}}, {"data__a__c__d": None}, {"a": {"b": 1, "c": {"d": None}}}),
    (
        {"x": {"q": 1}},
        {"data__x__y__z": 1, "data__x__y__w": [2], "data__k__k": F("id") * 0},
        {"x": {"q": 1, "y": {"z": 1, "w": [2]}}, "k": {"k": 0}},
    ),
    # What is there stays, also where nothing can be put into it.
    ({"a": 5}, {"data__a__b": 1}, {"a": 5}),
    ({"a": None}, {"data__a__b": 1}, {"a": None}),
]


async def test_what_is_missing_on_the_way_is_made(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Page])
    for before, values, after in ON_THE_WAY:
        page = await Page.objects.create(id=None, data=before)
        assert await Page.objects.filter(id=page.id).update(**values) == 1
        assert (await Page.objects.get(id=page.id)).data == after
