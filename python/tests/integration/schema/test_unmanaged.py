"""Models of tables that others own: `managed = False`."""

from __future__ import annotations

import pytest
from support.servers import Server

from oxyde import Field, FieldError, ForeignKeyViolationError, Model, db
from oxyde.db import AsyncDatabase
from oxyde.models.registry import register_table, separate_registry


class Citizen(Model):
    class Meta:
        is_table = True
        table_name = "citizens"
        managed = False

    id: int | None = Field(default=None, db_pk=True)
    name: str


class AdultCitizen(Model):
    class Meta:
        is_table = True
        table_name = "adult_citizens"
        managed = False
        read_only = True

    name: str
    age: int


class Ballot(Model):
    class Meta:
        is_table = True
        table_name = "ballots"

    id: int | None = Field(default=None, db_pk=True)
    citizen: Citizen


@pytest.fixture
def town(database: AsyncDatabase, server: Server) -> Server:
    server.execute(
        "CREATE TABLE citizens (id BIGINT PRIMARY KEY, name VARCHAR(50) NOT NULL, age INTEGER)"
    )
    server.execute("INSERT INTO citizens (id, name, age) VALUES (1, 'Ada', 36), (2, 'Bob', 7)")
    server.execute("CREATE VIEW adult_citizens AS SELECT name, age FROM citizens WHERE age >= 18")
    return server


@pytest.mark.parametrize("if_not_exists", [True, False])
async def test_foreign_keys_refer_to_tables_of_others(town: Server, if_not_exists: bool) -> None:
    await db.create_tables(models=[Ballot], if_not_exists=if_not_exists)
    ballot = await Ballot.objects.create(citizen_id=1)
    loaded = await Ballot.objects.join("citizen").get(id=ballot.id)
    assert loaded.citizen.name == "Ada"
    with pytest.raises(ForeignKeyViolationError):
        await Ballot.objects.create(citizen_id=3)
    await db.drop_tables(models=[Ballot])
    assert await Citizen.objects.count() == 2


async def test_a_view_is_read(town: Server) -> None:
    assert [row.name for row in await AdultCitizen.objects.filter(age__gt=20).all()] == ["Ada"]


async def test_rows_of_others_may_be_written(town: Server) -> None:
    citizen = await Citizen.objects.get(id=2)
    citizen.name = "Robert"
    await citizen.save()
    assert town.execute("SELECT name FROM citizens WHERE id = 2") == [("Robert",)]


async def test_only_managed_tables_are_created_and_dropped(town: Server) -> None:
    with separate_registry():
        for model in (Citizen, AdultCitizen, Ballot):
            register_table(model)
        await db.create_tables()
        assert await Ballot.objects.count() == 0
        await db.drop_tables()
    assert await Citizen.objects.count() == 2
    for attempt in (db.create_tables, db.drop_tables):
        with pytest.raises(FieldError, match="the table of Citizen is not managed"):
            await attempt(models=[Citizen])
