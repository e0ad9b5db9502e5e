"""Instances: save, refresh, delete, and the hooks around them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from pydantic import ValidationError

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldError,
    ManagerError,
    NotFoundError,
    OxydeError,
    UniqueViolationError,
)


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "instance_owner"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    pets: list[Pet] = Field(db_reverse_fk="owner")


class Pet(Model):
    class Meta:
        is_table = True
        table_name = "instance_pet"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20, db_unique=True)
    age: int = Field(default=0, ge=0)
    notes: dict[str, Any] = Field(default_factory=dict)
    nick: str | None = None
    owner: Owner | None = Field(default=None, db_on_delete="CASCADE")


class Ticket(Model):
    class Meta:
        is_table = True
        table_name = "instance_ticket"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, db_pk=True)
    state: str = Field(default="new", db_default="'new'")
    serial: int = Field(db_default="7")


class Watched(Model):
    class Meta:
        is_table = True
        table_name = "instance_watched"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    slug: str = ""
    _log: list[Any] = []

    async def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        self._log.append(("pre_save", is_create, update_fields))
        if self.name == "forbidden":
            raise ValueError("no such name")
        self.slug = self.name.lower()

    async def post_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        self._log.append(("post_save", is_create, update_fields, self.id is not None))

    async def pre_delete(self) -> None:
        self._log.append(("pre_delete",))
        if self.name == "kept":
            raise ValueError("this one stays")

    async def post_delete(self) -> None:
        self._log.append(("post_delete",))


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Owner, Pet, Ticket, Watched])
    return database


async def test_a_new_instance_is_inserted_with_its_key_filled_in(tables: AsyncDatabase) -> None:
    pet = Pet(name="Rex", age=3)
    assert await pet.save() is pet
    assert pet.id is not None
    assert await Pet.objects.get(id=pet.id) == pet
    another = await Pet(name="Mia").save()
    assert another.id != pet.id
    assert await Pet.objects.count() == 2


async def test_a_loaded_instance_is_updated(tables: AsyncDatabase) -> None:
    await Pet(name="Rex", age=3).save()
    pet = await Pet.objects.get(name="Rex")
    pet.age = 4
    await pet.save()
    assert [(each.name, each.age) for each in await Pet.objects.all()] == [("Rex", 4)]
    pet.age = 5
    await pet.save()
    assert (await Pet.objects.get(id=pet.id)).age == 5


async def test_only_changed_columns_are_written(tables: AsyncDatabase) -> None:
    await Pet(name="Rex", age=3, notes={"a": [1]}).save()
    one, other = await Pet.objects.get(name="Rex"), await Pet.objects.get(name="Rex")
    one.age = 9
    other.notes["a"].append(2)
    await one.save()
    await other.save()
    stored = await Pet.objects.get(name="Rex")
    assert (stored.age, stored.notes) == (9, {"a": [1, 2]})
    third = await Pet.objects.get(name="Rex")
    await Pet.objects.filter(id=stored.id).update(age=1)
    await third.save()  # nothing was changed: nothing is written
    assert (await Pet.objects.get(name="Rex")).age == 1


async def test_update_fields(tables: AsyncDatabase) -> None:
    owner = await Owner(name="Ann").save()
    pet = await Pet(name="Rex").save()
    pet.age, pet.nick, pet.owner = 5, "R", owner
    await pet.save(update_fields=["nick"])
    assert (await Pet.objects.get(id=pet.id)).model_dump(include={"age", "nick", "owner_id"}) == {
        "age": 0, "nick": "R", "owner_id": None,
    }  # fmt: skip
    await pet.save(update_fields=["owner"])
    assert (await Pet.objects.get(id=pet.id)).owner_id == owner.id  # type: ignore[attr-defined]
    pet.owner_id = None  # type: ignore[attr-defined]
    await pet.save(update_fields=["owner_id"])
    assert (await Pet.objects.get(id=pet.id)).owner_id is None  # type: ignore[attr-defined]
    assert (await Pet.objects.get(id=pet.id)).age == 0
    await pet.save()
    assert (await Pet.objects.get(id=pet.id)).age == 5
    for wrong in (["nik"], ["age", "nothing"]):
        with pytest.raises(FieldError) as caught:
            await pet.save(update_fields=wrong)
        assert wrong[-1] in str(caught.value)
    with pytest.raises(FieldError):
        await owner.save(update_fields=["pets"])


async def test_a_given_key_means_update(tables: AsyncDatabase) -> None:
    with pytest.raises(NotFoundError) as caught:
        await Pet(id=77, name="Rex").save()
    assert caught.value.model is Pet
    assert await Pet.objects.count() == 0
    await Pet.objects.create(id=77, name="Rex")
    await Pet(id=77, name="Max", age=2).save()
    assert [(pet.id, pet.name, pet.age) for pet in await Pet.objects.all()] == [(77, "Max", 2)]
    gone = await Pet.objects.get(id=77)
    await Pet.objects.filter(id=77).delete()
    gone.age = 3
    with pytest.raises(NotFoundError):
        await gone.save()


async def test_a_key_from_a_factory_means_insert_once(tables: AsyncDatabase) -> None:
    ticket = Ticket()
    await ticket.save()
    assert (await Ticket.objects.get(id=ticket.id)).state == "new"
    ticket.state = "done"
    await ticket.save()
    assert [(each.id, each.state) for each in await Ticket.objects.all()] == [(ticket.id, "done")]
    with pytest.raises(NotFoundError):
        await Ticket(id=uuid.uuid4()).save()


async def test_the_database_fills_in_its_defaults(tables: AsyncDatabase) -> None:
    ticket = await Ticket().save()
    assert ticket.serial == 7
    assert (await Ticket.objects.get(id=ticket.id)).serial == 7
    assert (await Ticket.objects.create(serial=8)).serial == 8


async def test_refresh(tables: AsyncDatabase) -> None:
    pet = await Pet(name="Rex", age=3).save()
    await Pet.objects.filter(id=pet.id).update(age=8, nick="R")
    pet.name = "forgotten"
    assert await pet.refresh() is pet
    assert (pet.name, pet.age, pet.nick) == ("Rex", 8, "R")
    await Pet.objects.filter(id=pet.id).update(age=9, nick="S")
    await pet.refresh(["age"])
    assert (pet.age, pet.nick) == (9, "R")
    await Pet.objects.filter(id=pet.id).delete()
    with pytest.raises(NotFoundError):
        await pet.refresh()
    with pytest.raises(ManagerError):
        await Pet(name="new").refresh()


async def test_delete(tables: AsyncDatabase) -> None:
    pet = await Pet(name="Rex").save()
    await Pet(name="Mia").save()
    assert await pet.delete() == 1
    assert [each.name for each in await Pet.objects.all()] == ["Mia"]
    assert await pet.delete() == 0
    with pytest.raises(ManagerError):
        await Pet(name="new").delete()
    assert await Pet.objects.count() == 1


async def test_a_refused_save_changes_nothing(tables: AsyncDatabase) -> None:
    await Pet(name="Rex").save()
    other = await Pet(name="Mia", age=1).save()
    other.name, other.age = "Rex", 2
    with pytest.raises(UniqueViolationError):
        await other.save()
    stored = await Pet.objects.get(id=other.id)
    assert (stored.name, stored.age) == ("Mia", 1)
    other.name = "Mio"
    await other.save()
    assert (await Pet.objects.get(id=other.id)).age == 2


async def test_assigned_values_are_validated_on_save(tables: AsyncDatabase) -> None:
    pet = await Pet(name="Rex").save()
    pet.age = -1
    with pytest.raises((ValidationError, OxydeError)):
        await pet.save()
    pet.age, pet.name = 1, "x" * 21
    with pytest.raises((ValidationError, OxydeError)):
        await pet.save()
    stored = await Pet.objects.get(id=pet.id)
    assert (stored.name, stored.age) == ("Rex", 0)


async def test_a_foreign_key_by_instance_and_by_column(tables: AsyncDatabase) -> None:
    ann, ben = await Owner(name="Ann").save(), await Owner(name="Ben").save()
    pet = await Pet(name="Rex", owner=ann).save()
    assert pet.owner_id == ann.id  # type: ignore[attr-defined]
    loaded = await Pet.objects.get(id=pet.id)
    assert loaded.owner is None
    assert loaded.owner_id == ann.id  # type: ignore[attr-defined]
    loaded.owner = ben
    await loaded.save()
    assert (await Pet.objects.get(id=pet.id)).owner_id == ben.id  # type: ignore[attr-defined]
    await Pet(name="Mia", owner_id=ann.id).save()  # type: ignore[call-arg]
    assert await Pet.objects.filter(owner=ann).values_list("name", flat=True) == ["Mia"]
    assert await Pet.objects.filter(owner__in=[ann, ben]).count() == 2
    loaded.owner = None
    await loaded.save()
    assert await Pet.objects.filter(owner=None).values_list("name", flat=True) == ["Rex"]


async def test_hooks_run_around_writes(tables: AsyncDatabase) -> None:
    row = Watched(name="Some Name")
    await row.save()
    assert row._log == [("pre_save", True, None), ("post_save", True, None, True)]
    assert (await Watched.objects.get(id=row.id)).slug == "some name"
    row._log.clear()
    row.name = "Other"
    await row.save(update_fields=["name"])
    assert [entry[:2] for entry in row._log] == [("pre_save", False), ("post_save", False)]
    assert row._log[0][2] is not None
    assert "name" in row._log[0][2]
    stored = await Watched.objects.get(id=row.id)
    assert stored.name == "Other"
    row._log.clear()
    await row.delete()
    assert row._log == [("pre_delete",), ("post_delete",)]
    created = await Watched.objects.create(name="Third")
    assert created._log == [("pre_save", True, None), ("post_save", True, None, True)]
    assert (await Watched.objects.get(id=created.id)).slug == "third"


async def test_hooks_run_in_get_or_create_and_not_in_bulk(tables: AsyncDatabase) -> None:
    row, created = await Watched.objects.get_or_create(name="One")
    assert created
    assert row.slug == "one"
    again, created = await Watched.objects.get_or_create(name="One")
    assert not created
    assert again._log == []
    updated, created = await Watched.objects.update_or_create(name="One", defaults={"name": "Two"})
    assert not created
    assert updated.slug == "two"
    assert (await Watched.objects.get(id=row.id)).slug == "two"
    (bulk,) = await Watched.objects.bulk_create([Watched(name="Bulk")])
    assert bulk._log == []
    assert (await Watched.objects.get(name="Bulk")).slug == ""


async def test_an_error_in_a_hook_prevents_the_write(tables: AsyncDatabase) -> None:
    with pytest.raises(ValueError, match="no such name"):
        await Watched(name="forbidden").save()
    with pytest.raises(ValueError, match="no such name"):
        await Watched.objects.create(name="forbidden")
    assert await Watched.objects.count() == 0
    kept = await Watched(name="kept").save()
    with pytest.raises(ValueError, match="this one stays"):
        await kept.delete()
    assert await Watched.objects.count() == 1


async def test_using_and_client_together_are_refused(tables: AsyncDatabase) -> None:
    pet = Pet(name="Rex")
    with pytest.raises(OxydeError):
        await pet.save(using="default", client=tables)  # type: ignore[arg-type]
    await pet.save(client=tables)  # type: ignore[arg-type]
    await pet.refresh(using="default")
    with pytest.raises(OxydeError):
        await pet.delete(using="default", client=tables)  # type: ignore[arg-type]
    assert await Pet.objects.count(using="default") == 1
