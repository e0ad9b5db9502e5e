"""Columns with `db_collation`: which strings are equal, and their order."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from oxyde import DatabaseError, Field, FieldError, Model, db
from oxyde.db import AsyncDatabase
from oxyde.models.registry import separate_registry

# A collation that orders a before B; in all but PostgreSQL a equals A, too.
FOLDED = {
    "postgres": "en-x-icu",
    "sqlite": "NOCASE",
    "mysql": "utf8mb4_0900_ai_ci",
    "mariadb": "utf8mb4_unicode_ci",
}


def models(collation: str) -> tuple[Any, Any]:
    """A model whose key has the collation, and one that refers to it."""

    class Town(Model):
        class Meta:
            is_table = True
            table_name = "collation_towns"

        name: str = Field(db_pk=True, max_length=20, db_collation=collation)
        about: str = Field(default="", db_collation=collation)

    class Street(Model):
        class Meta:
            is_table = True
            table_name = "collation_streets"

        id: int | None = Field(default=None, db_pk=True)
        town: Town

    return Town, Street


async def test_it_decides_what_is_equal(database: AsyncDatabase, flavour: str) -> None:
    town, street = models(FOLDED[flavour])
    await db.create_tables(models=[town, street])
    await town.objects.bulk_create([town(name=name, about=name) for name in ("B", "a", "C")])
    names = town.objects.order_by("name").values_list("name", flat=True)
    assert await names.all() == ["a", "B", "C"]
    await street.objects.create(town_id="a")
    joined = await street.objects.join("town").get(town__name="a")
    assert joined.town.about == "a"
    equal = [] if flavour == "postgres" else ["a", "B"]
    assert await names.filter(name__in=["A", "b"]).all() == equal
    assert await names.filter(about="A").all() == equal[:1]
    meta = street._db_meta.field_metadata["town_id"]
    assert meta.column_type == town._db_meta.field_metadata["name"].column_type
    assert meta.db_collation == FOLDED[flavour]


async def test_one_that_the_server_does_not_know(database: AsyncDatabase) -> None:
    town, _ = models("no_such")
    with pytest.raises(DatabaseError, match="no_such"):
        await db.create_tables(models=[town])
        await town.objects.order_by("name").all()


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("annotation", "options", "message"),
    [
        (int, {}, "not a column of text"),
        (list[str], {}, "not a column of text"),
        (Colour, {}, "not a column of text"),
        (str, {"db_collation": 'C"; DROP'}, "name of a collation"),
        (str, {"db_collation": ""}, "name of a collation"),
        (str, {"db_collation": 5}, "name of a collation"),
        (str, {"db_type": "VARCHAR(9) COLLATE NOCASE"}, "leave one of them out"),
    ],
)
def test_what_is_refused(annotation: Any, options: Any, message: str) -> None:
    with separate_registry(), pytest.raises(FieldError, match=message) as caught:
        wrong: Any = type(Model)(
            "Wrong",
            (Model,),
            {
                "__module__": __name__,
                "__annotations__": {"id": "int | None", "name": annotation},
                "Meta": type("Meta", (), {"is_table": True}),
                "id": Field(default=None, db_pk=True),
                "name": Field(**{"db_collation": "C", **options}),
            },
        )
        _ = wrong._db_meta
    assert "Wrong.name" in str(caught.value)


def test_types_with_a_collation() -> None:
    def sql(**options: Any) -> Any:
        with separate_registry():

            class Text(Model):
                class Meta:
                    is_table = True

                id: int | None = Field(default=None, db_pk=True)
                name: str = Field(**options)

            return Text._db_meta.field_metadata["name"].column_type

    assert sql(db_collation="C", max_length=9) == {
        "custom": {"sql": 'VARCHAR(9) COLLATE "C"', "base": {"varchar": {"length": 9}}}
    }
    assert sql(db_collation="nocase") == {"custom": {"sql": "TEXT COLLATE nocase", "base": "text"}}
    assert sql(db_collation="de-x-icu", db_type="CITEXT") == {
        "custom": {"sql": 'CITEXT COLLATE "de-x-icu"', "base": "text"}
    }
