"""JsonText: part of a document as text."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import Field, JsonText, Lower, Model, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError


class Leaflet(Model):
    class Meta:
        is_table = True
        table_name = "json_text_leaflet"

    id: int | None = Field(default=None, db_pk=True)
    data: dict[str, Any] = Field(default_factory=dict)
    title: str = ""


VALUES: list[Any] = ['Zoë\'s "x"', "10", 10, 10.5, True, False, None, "", "null", "a\\b\n"]


@pytest.fixture
async def leaflets(database: AsyncDatabase) -> None:
    await create_tables(models=[Leaflet])
    rows = [{"data": {"v": value, "in": {"v": value}, "list": ["a", value]}} for value in VALUES]
    await Leaflet.objects.bulk_create([*rows, {"data": {}}])


@pytest.mark.parametrize("path", ["data__v", "data__in__v", "data__list__1"])
async def test_the_text_of_each_kind(leaflets: None, path: str) -> None:
    texts = await Leaflet.objects.order_by("id").select("id", "data").values(text=JsonText(path))
    assert [row["text"] for row in texts] == [
        'Zoë\'s "x"',
        "10",
        "10",
        "10.5",
        "true",
        "false",
        None,
        "",
        "null",
        "a\\b\n",
        None,
    ]


async def test_as_a_value_of_a_query(leaflets: None) -> None:
    named = Leaflet.objects.annotate(text=JsonText("data__v"))
    assert await named.filter(text="10").count() == 2
    assert await named.filter(text__icontains="ZOË").values_list("id", flat=True) == [1]
    assert await named.filter(text__in=["true", "10.5"]).count() == 2
    assert await named.filter(text__isnull=True).count() == 2
    assert await named.filter(text__startswith="1").order_by("-text", "id").values_list(
        "text", flat=True
    ) == ["10.5", "10", "10"]
    assert await Leaflet.objects.filter(JsonText("data__v") == "null").count() == 1
    hidden = Leaflet.objects.alias(text=Lower(JsonText("data__in__v"))).filter(text='zoë\'s "x"')
    assert await hidden.count() == 1
    groups = Leaflet.objects.values(text=JsonText("data__v")).distinct()
    assert len(await groups) == len({*map(str, VALUES)})
    assert await Leaflet.objects.filter(id=1).update(title=JsonText("data__v")) == 1
    assert (await Leaflet.objects.get(id=1)).title == 'Zoë\'s "x"'


@pytest.mark.databases("sqlite")
async def test_of_something_else(leaflets: None) -> None:
    with pytest.raises(FieldError, match="takes a JSON field, or a path in one"):
        Leaflet.objects.annotate(text=JsonText("title"))
    with pytest.raises(FieldError, match="no field `dat`"):
        Leaflet.objects.annotate(text=JsonText("dat__v"))
