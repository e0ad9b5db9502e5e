"""Constraints with names of their own, and foreign keys of several fields."""

from __future__ import annotations

from typing import Any

import pytest
from support.servers import Server

from oxyde import (
    Check,
    Field,
    FieldError,
    ForeignKey,
    ForeignKeyViolationError,
    Model,
    Unique,
    UniqueViolationError,
    db,
)
from oxyde.db import AsyncDatabase
from oxyde.models.registry import separate_registry
from oxyde.models.tables.schema import schema_of


class Region(Model):
    class Meta:
        is_table = True
        table_name = "regions"
        constraints = [
            Unique("name", "country", name="one_region_of_a_name"),
            Check("code <> ''", name="some_code"),
        ]

    country: str = Field(db_pk=True, max_length=2)
    code: str = Field(db_pk=True, max_length=10)
    name: str = Field(max_length=50)
    number: int = Field(db_unique_name="uq_region_number")


class Town(Model):
    class Meta:
        is_table = True
        table_name = "towns"
        constraints = [
            ForeignKey(
                ["country", "region"],
                "Region",
                ["country", "code"],
                on_delete="CASCADE",
                name="fk_town_region",
            ),
            ForeignKey("twin_of", "Town", "id"),
        ]

    id: int = Field(db_pk=True)
    country: str | None = Field(default=None, max_length=2)
    region: str | None = Field(default=None, max_length=10)
    twin_of: int | None = None
    by_number: Region | None = Field(default=None, db_fk="number", db_fk_name="fk_town_number")


@pytest.fixture
async def map_of_regions(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Region, Town])
    await Region.objects.create(country="de", code="by", name="Bayern", number=1)
    return database


async def test_violations_tell_the_name_and_the_fields(map_of_regions: AsyncDatabase) -> None:
    with pytest.raises(UniqueViolationError) as number:
        await Region.objects.create(country="de", code="hh", name="Hamburg", number=1)
    assert number.value.columns == ("number",)
    with pytest.raises(UniqueViolationError) as name:
        await Region.objects.create(country="de", code="hh", name="Bayern", number=2)
    assert name.value.columns == ("name", "country")
    with pytest.raises(ForeignKeyViolationError):
        await Town.objects.create(id=1, country="de", region="xx")
    with pytest.raises(ForeignKeyViolationError):
        await Town.objects.create(id=1, twin_of=9)


async def test_rows_follow_a_key_of_several_fields(map_of_regions: AsyncDatabase) -> None:
    await Town.objects.create(id=1, country="de", region="by")
    await Town.objects.create(id=2, country="de", region=None)
    await Region.objects.delete()
    assert await Town.objects.values_list("id", flat=True).all() == [2]


async def test_a_named_unique_constraint_is_a_conflict_target(
    map_of_regions: AsyncDatabase,
) -> None:
    changed = await Region.objects.upsert(
        country="de",
        code="bay",
        name="Bayern",
        number=5,
        unique_fields=["country", "name"],
        update_fields=["number"],
    )
    assert (changed.code, changed.number) == ("by", 5)


@pytest.mark.databases("postgres")
async def test_the_database_has_the_names(map_of_regions: AsyncDatabase, server: Server) -> None:
    rows = server.execute(
        "SELECT conname::text FROM pg_constraint WHERE conrelid IN "
        "('regions'::regclass, 'towns'::regclass) AND contype <> 'p' AND contype <> 'n'"
    )
    assert {row[0] for row in rows} == {
        "one_region_of_a_name",
        "some_code",
        "uq_region_number",
        "fk_town_region",
        "towns_twin_of_fkey",
        "fk_town_number",
    }


def test_the_schema_has_keys_of_several_columns() -> None:
    [_, towns] = schema_of([Region, Town])["tables"]
    assert towns["foreign_keys"][1] == {
        "name": "fk_town_region",
        "columns": ["country", "region"],
        "target_table": "regions",
        "target_columns": ["country", "code"],
        "on_delete": "cascade",
        "on_update": "no_action",
    }


def declared(constraint: Any, **fields: Any) -> Any:
    with separate_registry():
        meta = type("Meta", (), {"is_table": True, "constraints": [constraint]})
        annotations: dict[str, Any] = {"id": int, **dict.fromkeys(fields, int)}
        namespace = {"Meta": meta, "__annotations__": annotations, "__module__": __name__}
        namespace |= {"__qualname__": "Wrong", "id": Field(db_pk=True), **fields}
        model = type(Model)("Wrong", (Model,), namespace)
        return schema_of([model])


WRONG: dict[str, tuple[Any, str]] = {
    "kind": ("id > 0", r"is a list of Check, Unique or ForeignKey\(…\), not str"),
    "field": (lambda: Unique("nope"), "`nope`"),
    "here": (lambda: ForeignKey(["nope"], "Wrong", ["id"]), "`nope`"),
    "there": (lambda: ForeignKey(["id"], "Wrong", ["nope"]), "`nope`"),
    "model": (lambda: ForeignKey(["id"], "Nowhere", ["id"]), "`Nowhere`"),
    "widths": (lambda: ForeignKey(["id"], "Wrong", ["id", "id"]), "1 fields cannot refer to 2"),
    "action": (lambda: ForeignKey(["id"], "Wrong", ["id"], on_delete="DROP"), "'DROP'"),
    "null": (lambda: ForeignKey(["id"], "Wrong", ["id"], on_delete="SET NULL"), "set to NULL"),
    "empty": (lambda: Unique(), "names of fields"),
}


@pytest.mark.parametrize("name", WRONG)
def test_constraints_that_cannot_be(name: str) -> None:
    made, message = WRONG[name]
    with pytest.raises(FieldError, match=message):
        declared(made() if callable(made) else made)


def test_two_unique_constraints_of_one_name() -> None:
    with pytest.raises(FieldError, match="two unique constraints named 'n'"):
        declared(Unique("id", name="n"), a=Field(db_unique_name="n"))


def test_only_a_foreign_key_has_the_name_of_one() -> None:
    with pytest.raises(FieldError, match="has db_fk_name but is not a foreign key"):
        declared(Unique("id"), a=Field(db_fk_name="n"))
