"""Lookups that a project registers: in SQL, and as functions to conditions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from oxyde import Count, F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldError,
    FieldLookupError,
    FieldLookupValueError,
    UnsupportedFeatureError,
)
from oxyde.queries import Abs, Lower, register_lookup


class Poet(Model):
    class Meta:
        is_table = True
        table_name = "own_lookup_poet"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    age: int = 0
    poems: list[Poem] = Field(db_reverse_fk="poet")


class Poem(Model):
    class Meta:
        is_table = True
        table_name = "own_lookup_poem"

    id: int | None = Field(default=None, db_pk=True)
    poet: Poet = Field(db_on_delete="CASCADE")
    title: str = ""
    rating: float = 0.0


register_lookup("longer_than", str, "LENGTH({0}) > {1}", value=int)
register_lookup("sounds_like_a", str, {"sqlite": "lower({0}) = lower({1})"})
register_lookup("about", (int, float), lambda column, value: Abs(column - value) <= 1)
register_lookup("ilike_all", str, lambda column, value: Lower(column) == Lower(value))
register_lookup(
    "any_of_parts",
    str,
    lambda column, parts: Q(*[Q(**{f"{column.name}__contains": part}) for part in parts]),
    value=object,
)


@pytest.fixture
async def poets(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Poet, Poem])
    await Poet.objects.bulk_create(
        [{"id": 1, "name": "Ann", "age": 30}, {"id": 2, "name": "Bo", "age": 41}]
    )
    await Poem.objects.bulk_create(
        [
            {"id": 1, "poet_id": 1, "title": "Rain", "rating": 4.5},
            {"id": 2, "poet_id": 1, "title": "A", "rating": 1.0},
            {"id": 3, "poet_id": 2, "title": "Snow and rain", "rating": 3.0},
        ]
    )
    return database


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


async def test_they_filter_like_others(poets: AsyncDatabase) -> None:
    assert await _ids(Poem.objects.filter(title__longer_than=4)) == [3]
    assert await _ids(Poem.objects.exclude(title__longer_than=3)) == [2]
    assert await _ids(Poem.objects.filter(poet__name__longer_than=2)) == [1, 2]
    assert await _ids(Poem.objects.filter(title__longer_than=F("poet__id") + 3)) == [3]
    assert await _ids(Poem.objects.filter(rating__about=4)) == [1, 3]
    assert await _ids(Poem.objects.filter(rating__about=4.9)) == [1]
    assert await _ids(Poem.objects.filter(Q(title__ilike_all="RAIN") | Q(poet__age__about=40))) == [
        1,
        3,
    ]
    assert await _ids(Poem.objects.filter(title__any_of_parts=["and", "rain"])) == [3]
    # A plan for each: a shape without values.
    assert await _ids(Poem.objects.filter(title__longer_than=0)) == [1, 2, 3]


async def test_over_relations_they_are_about_one_row(poets: AsyncDatabase) -> None:
    both = Poet.objects.filter(poems__title__longer_than=2, poems__rating__about=1)
    assert await _ids(both) == []
    assert await _ids(Poet.objects.filter(poems__rating__about=1)) == [1]
    assert await _ids(Poet.objects.exclude(poems__title__longer_than=4)) == [1]
    counted = Poet.objects.annotate(n=Count("poems")).filter(n__about=3)
    assert await _ids(counted) == [1]
    assert await Poet.objects.filter(poems__title__ilike_all="rain").update(age=1) == 1


async def test_values_do_not_reach_the_sql(poets: AsyncDatabase) -> None:
    nasty = "x'; DROP TABLE own_lookup_poem; --{0}"
    assert await _ids(Poem.objects.filter(title__ilike_all=nasty)) == []
    sql, params = Poem.objects.filter(title__longer_than=4).sql(dialect="postgres")
    assert 'LENGTH("own_lookup_poem"."title") > ' in sql
    assert params == [4]


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_sql_for_other_databases_only(poets: AsyncDatabase) -> None:
    with pytest.raises(UnsupportedFeatureError, match="sounds_like_a"):
        await Poem.objects.filter(title__sounds_like_a="x").count()


def test_their_values_and_fields_are_checked() -> None:
    with pytest.raises(FieldLookupValueError, match="longer_than cannot take 'x'"):
        Poem.objects.filter(title__longer_than="x")
    with pytest.raises(FieldLookupValueError, match="isnull"):
        Poem.objects.filter(title__ilike_all=None)
    with pytest.raises(FieldLookupError, match="longer_than"):
        Poem.objects.filter(rating__longer_than=3)
    with pytest.raises(FieldLookupError, match="`longer_than`"):
        Poem.objects.filter(title__longer_then=3)
    with pytest.raises(FieldLookupError, match="nothing can follow"):
        Poem.objects.filter(title__longer_than__gt=3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("contains", str, "{0} = {1}"), "already defined"),
        (("longer_than", str, "{0} = {1}"), "already defined"),
        (("a__b", str, "{0} = {1}"), "identifier"),
        (("_x", str, "{0} = {1}"), "identifier"),
        (("x1", dict, "{0} = {1}"), "paths"),
        (("x2", str, "{0} = {2}"), r"no expression for \{2\}"),
        (("x3", str, {"oracle": "{0} = {1}"}), "unknown database"),
        (("x4", str, ""), "must be SQL"),
        (("x5", object, "{0} = {1}"), "not a supported output type"),
    ],
)
def test_what_cannot_be_registered(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(FieldError, match=words):
        register_lookup(*arguments)
    with pytest.raises(FieldError, match="of one type"):
        register_lookup("x6", str, "{0} = {1}", value=object)


def test_a_function_must_return_a_condition() -> None:
    wrong: Any = lambda column, value: None  # noqa: E731
    register_lookup("gives_nothing", Decimal, wrong)
    register_lookup("gives_nothing_of_text", str, wrong)
    with pytest.raises(FieldError, match="must return a condition"):
        Poem.objects.filter(title__gives_nothing_of_text="x")
