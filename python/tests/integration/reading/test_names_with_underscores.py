"""Names that end with an underscore, as those of Python's keywords do, at every entry."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import Count, F, Field, Max, Model, Q, Sum, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "underscore_owner"

    id: int | None = Field(default=None, db_pk=True)
    name: str = ""
    things: list[Thing] = Field(db_reverse_fk="in_")


class Thing(Model):
    class Meta:
        is_table = True
        table_name = "underscore_thing"

    id_: int | None = Field(default=None, db_pk=True)
    type_: str = "a"
    class_: int = 0
    from_: int = 0
    year_: int = 1
    data_: dict[str, Any] = {}
    data: dict[str, Any] = {}
    in_: Owner | None = None
    tags_: list[Label] = Field(db_m2m=True)


class Label(Model):
    class Meta:
        is_table = True
        table_name = "underscore_label"

    id: int | None = Field(default=None, db_pk=True)
    label_: str = "l"


things = Thing.objects


@pytest.fixture
async def rows(database: AsyncDatabase) -> None:
    await create_tables(models=[Owner, Thing, Label])
    owner = await Owner.objects.create(name="o")
    await things.create(type_="x", class_=3, from_=1, in_=owner, data_={"a": 1}, data={"_id": 5})
    await things.create(type_="y", class_=1, from_=2, year_=2)
    thing = await things.get(type_="x")
    await thing.tags__set.add(await Label.objects.create(label_="L"))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "conditions",
    [
        {"type_": "x"},
        {"type___in": ["x"]},
        {"type___contains": "x"},
        {"class___gte": 3},
        {"year___lt": 2},
        {"in___name": "o"},
        {"in___name__in": ["o"]},
        {"in___isnull": False},
        {"in__id__gte": 1},
        {"in___things__type_": "x"},
        {"in___things__type___startswith": "x"},
        {"data___a": 1},
        {"data___id": 5},
        {"tags___label_": "L"},
        {"tags___label___in": ["L"]},
    ],
)
async def test_filters(rows: None, conditions: dict[str, Any]) -> None:
    if conditions == {"data___id": 5}:
        # `data_` is a field too, and comes first.
        assert await things.filter(**conditions).count() == 0
        return
    assert [thing.type_ for thing in await things.filter(**conditions)] == ["x"]
    assert [thing.type_ for thing in await things.exclude(**conditions)] == ["y"]
    assert [thing.type_ for thing in await things.filter(Q(**conditions))] == ["x"]


async def test_the_lambda_form(rows: None) -> None:
    for condition in (
        lambda row: row.type_ == "x",
        lambda row: row.class_ >= 3,
        lambda row: row.in_.name == "o",
    ):
        assert [thing.type_ for thing in await things.filter(condition)] == ["x"]


async def test_values_orders_and_annotations(rows: None) -> None:
    assert await things.order_by("-type_", "class_").values_list("type_", flat=True) == ["y", "x"]
    assert await things.order_by("id_").values("type_", "in___name") == [
        {"type_": "x", "in___name": "o"},
        {"type_": "y", "in___name": None},
    ]
    named = things.filter(in___isnull=False).order_by("-in___name")
    assert await named.values_list("type_", flat=True) == ["x"]
    counted = things.annotate(n_=Count("tags_")).order_by("type_")
    assert await counted.filter(n___gte=1).values_list("type_", flat=True) == ["x"]
    assert await counted.values("type_", "n_") == [
        {"type_": "x", "n_": 1},
        {"type_": "y", "n_": 0},
    ]
    assert await things.aggregate(s_=Sum("class_"), m=Max("in___name")) == {"s_": 4, "m": "o"}
    assert await things.filter(class___gt=F("from_")).values_list("type_", flat=True) == ["x"]


async def test_writes(rows: None) -> None:
    assert await things.filter(type___in=["x"]).update(class_=F("class_") + 1) == 1
    assert (await things.get(type_="x")).class_ == 4
    found, made = await things.get_or_create(type_="z", defaults={"class_": 1})
    assert (made, found.class_) == (True, 1)
    found, made = await things.update_or_create(type_="z", defaults={"class_": 2})
    assert (made, found.class_) == (False, 2)
    owner = await Owner.objects.get(name="o")
    assert owner.id is not None
    found, made = await things.get_or_create(type_="w", in__id=owner.id)
    assert (made, found.in__id) == (True, owner.id)  # type: ignore[attr-defined]
    thing = await things.get(type_="x")
    thing.class_ = 9
    await things.bulk_update([thing], ["class_"])
    thing.year_ = 7
    await thing.save(update_fields=["year_"])
    await thing.refresh()
    assert (thing.class_, thing.year_) == (9, 7)
    assert thing.id_ is not None
    assert list(await things.in_bulk([thing.id_])) == [thing.id_]
    assert await things.filter(class___in=[9]).delete() == 1


async def test_relations(rows: None) -> None:
    (thing,) = await things.join("in_").prefetch("tags_").filter(type_="x")
    assert thing.in_ is not None
    assert thing.in_.name == "o"
    assert [label.label_ for label in thing.tags_] == ["L"]
    (owner,) = await Owner.objects.prefetch("things__tags_")
    assert [label.label_ for label in owner.things[0].tags_] == ["L"]
    (thing,) = await things.prefetch("in___things").filter(type_="x")
    assert thing.in_ is not None
    assert [each.type_ for each in thing.in_.things] == ["x"]


async def test_a_name_that_is_not_there(rows: None) -> None:
    with pytest.raises(FieldError) as caught:
        await things.filter(in__name="o")
    assert "did you mean `in_`?" in str(caught.value.hint)
