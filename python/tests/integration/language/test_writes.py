"""Writes beyond plain values: parts of documents, INSERT … SELECT, upserts that add up."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import F, Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupError
from oxyde.queries import Inserted, Value


class Shelf(Model):
    class Meta:
        is_table = True
        table_name = "write_shelf"

    id: int = Field(db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    hits: int = 0
    data: dict[str, Any] | None = None


class Copy(Model):
    class Meta:
        is_table = True
        table_name = "write_copy"

    id: int | None = Field(default=None, db_pk=True)
    label: str
    number: int


@pytest.fixture
async def shelves(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Shelf, Copy])
    await Shelf.objects.bulk_create(
        [
            {
                "id": 1,
                "code": "a",
                "hits": 1,
                "data": {"size": {"w": 1, "h": 2}, "tags": ["x", "y"]},
            },
            {"id": 2, "code": "b", "hits": 2, "data": {"size": {}}},
            {"id": 3, "code": "c", "hits": 3, "data": None},
        ]
    )
    return database


async def data(number: int) -> Any:
    return (await Shelf.objects.get(id=number)).data


async def test_parts_of_a_document(shelves: AsyncDatabase) -> None:
    changed = await Shelf.objects.filter(id=1).update(
        data__size__w=5, data__size__d={"deep": [1, None, "it's"]}, data__tags__1="z", hits=9
    )
    assert changed == 1
    assert await data(1) == {
        "size": {"w": 5, "h": 2, "d": {"deep": [1, None, "it's"]}},
        "tags": ["x", "z"],
    }
    assert (await Shelf.objects.get(id=1)).hits == 9
    await Shelf.objects.filter(id=1).update(data__flag=True, data__none=None, data__real=1.5)
    stored = await data(1)
    assert (stored["flag"], stored["none"], stored["real"]) == (True, None, 1.5)
    assert stored["flag"] is True
    await Shelf.objects.filter(id=2).update(data__size__w=F("hits"))
    assert await data(2) == {"size": {"w": 2}}


async def test_parts_that_cannot_be_set(shelves: AsyncDatabase) -> None:
    for wrong in (
        {"hits__x": 1},
        {"data__[-1]": 1},
        {"data__a": 1, "data__a__b": 2},
        {"data__a": 1, "data": {}},
        {"x__y": 1},
    ):
        with pytest.raises((FieldError, FieldLookupError)):
            await Shelf.objects.filter(id=1).update(**wrong)
    assert (await data(1))["size"] == {"w": 1, "h": 2}


async def test_insert_from_a_query(shelves: AsyncDatabase) -> None:
    query = Shelf.objects.filter(hits__gte=2).values("code", more=F("hits") * 10)
    assert await Copy.objects.insert_from(query, ["label", "number"]) == 2
    rows = await Copy.objects.order_by("number").values_list("label", "number")
    assert rows == [("b", 20), ("c", 30)]
    marked = Shelf.objects.values(label=Value("same"), number=F("id"))
    assert await Copy.objects.insert_from(marked.order_by("id")[:1], ["label", "number"]) == 1
    for wrong, fields in (
        (query, ["label"]),
        (Shelf.objects.values("hits", "code"), ["label", "number"]),
        (Shelf.objects.filter(id=1), ["label", "number"]),
        (query, ["label", "nothing"]),
    ):
        with pytest.raises(FieldError):
            await Copy.objects.insert_from(wrong, fields)
    assert await Copy.objects.count() == 3


async def test_an_upsert_that_adds_up(shelves: AsyncDatabase) -> None:
    for amount in (4, 5):
        row = await Shelf.objects.upsert(
            id=1,
            code="a",
            hits=amount,
            unique_fields=["id"],
            update={"hits": F("hits") + Inserted("hits")},
        )
    assert row.hits == 10
    assert (await Shelf.objects.get(id=1)).hits == 10
