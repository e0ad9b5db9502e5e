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
