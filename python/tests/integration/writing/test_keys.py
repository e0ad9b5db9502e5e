"""Keys: composite, of other types, foreign ones to a unique column, to itself, in cycles."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from support.servers import Server
from support.values_of import values_of

from oxyde import Field, Model, PoolSettings, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldError,
    ForeignKeyViolationError,
    NotFoundError,
    OxydeError,
    UniqueViolationError,
)


class Stay(Model):
    class Meta:
        is_table = True
        table_name = "keys_stay"

    room: str = Field(max_length=10, db_pk=True)
    day: dt.date = Field(db_pk=True)
    guest: str
    nights: int = 1


class Country(Model):
    class Meta:
        is_table = True
        table_name = "keys_country"

    code: str = Field(max_length=2, db_pk=True)
    name: str
    dial: int = Field(db_unique=True)


class City(Model):
    class Meta:
        is_table = True
        table_name = "keys_city"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    country: Country = Field(db_on_delete="CASCADE")
    phone: Country | None = Field(default=None, db_fk="dial", db_on_delete="SET NULL")


class Node(Model):
    class Meta:
        is_table = True
        table_name = "keys_node"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    parent: Node | None = Field(default=None, db_on_delete="CASCADE")
    children: list[Node] = Field(db_reverse_fk="parent")


class Hen(Model):
    class Meta:
        is_table = True
        table_name = "keys_hen"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    hatched_from: Egg | None = Field(default=None, db_on_delete="SET NULL")


class Egg(Model):
    class Meta:
        is_table = True
        table_name = "keys_egg"

    id: int | None = Field(default=None, db_pk=True)
    laid_by: Hen | None = Field(default=None, db_on_delete="SET NULL")


class Person(Model):
    class Meta:
        is_table = True
        table_name = "keys_person"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Passport(Model):
    class Meta:
        is_table = True
        table_name = "keys_passport"

    person: Person = Field(db_pk=True, db_on_delete="CASCADE")
    number: str


async def test_a_composite_key(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Stay])
    day = dt.date(2024, 5, 17)
    first = await Stay.objects.create(room="12", day=day, guest="Ann")
    await Stay.objects.create(room="12", day=day + dt.timedelta(days=1), guest="Ben")
    await Stay.objects.create(room="13", day=day, guest="Cleo")
    with pytest.raises(UniqueViolationError):
        await Stay.objects.create(room="12", day=day, guest="Dag")
    loaded = await Stay.objects.get(room="12", day=day)
    assert loaded == first
    loaded.nights = 3
    await loaded.save()
    await loaded.refresh()
    stays = await Stay.objects.order_by("room", "day").values_list("guest", "nights")
    assert stays == [("Ann", 3), ("Ben", 1), ("Cleo", 1)]
    assert await loaded.delete() == 1
    assert sorted(await Stay.objects.values_list("guest", flat=True)) == ["Ben", "Cleo"]
    with pytest.raises(NotFoundError):
        await Stay(room="99", day=day, guest="x").save()
    assert (await Stay.objects.first()).room == "12"  # type: ignore[union-attr]


async def test_a_changed_key_moves_the_row(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Stay])
    day = dt.date(2024, 5, 17)
    await Stay.objects.bulk_create(
        [{"room": room, "day": day, "guest": room} for room in ("1", "2")]
    )
    stay = await Stay.objects.get(room="1")
    stay.room = "3"
    await stay.save()
    assert sorted(await Stay.objects.values_list("room", "guest")) == [("2", "2"), ("3", "1")]


@pytest.mark.parametrize(
    "key", [uuid.UUID(int=5), "text key", dt.date(2024, 1, 1), Decimal("1.50")]
)
async def test_keys_of_other_types(database: AsyncDatabase, key: object) -> None:
    annotation = type(key)
    options = {"max_length": 30} if annotation is str else {}
    if annotation is Decimal:
        options = {"max_digits": 6, "decimal_places": 2}
    namespace = {
        "__annotations__": {"key": annotation, "note": str},
        "__module__": __name__,
        "__qualname__": "Keyed",
        "Meta": type("Meta", (), {"is_table": True, "table_name": "keys_keyed"}),
        "key": Field(db_pk=True, **options),
    }
    keyed = type(Model)("Keyed", (Model,), namespace)
    await db.create_tables(models=[keyed])
    row = await keyed.objects.create(key=key, note="a")
    assert values_of(await keyed.objects.get(key=key)) == values_of(row)
    row.note = "b"
    await row.save()
    assert (await keyed.objects.get(key=key)).note == "b"
    assert await keyed.objects.in_bulk([key]) == {key: row}
    assert await row.delete() == 1


async def test_a_foreign_key_to_a_text_key_and_to_a_unique_column(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Country, City])
    norway = await Country.objects.create(code="no", name="Norway", dial=47)
    await Country.objects.create(code="se", name="Sweden", dial=46)
    oslo = await City.objects.create(name="Oslo", country=norway, phone=norway)
    assert (oslo.country_id, oslo.phone_id) == ("no", 47)  # type: ignore[attr-defined]
    found = await City.objects.join("country", "phone").get(name="Oslo")
    assert found.phone is not None
    assert (found.country.name, found.phone.name) == ("Norway", "Norway")
    assert await City.objects.filter(phone__name="Norway").count() == 1
    assert await City.objects.filter(phone=norway).count() == 1
    assert await City.objects.filter(country__code="no").count() == 1
    with pytest.raises(ForeignKeyViolationError):
        await City.objects.create(name="x", country_id="xx")
    with pytest.raises(ForeignKeyViolationError):
        await City.objects.filter(name="Oslo").update(phone_id=1)
    await City.objects.filter(name="Oslo").update(country_id="se")
    assert await norway.delete() == 1
    assert (await City.objects.get(name="Oslo")).phone_id is None  # type: ignore[attr-defined]


async def test_a_table_that_refers_to_itself(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Node])
    root = await Node.objects.create(name="root")
    left = await Node.objects.create(name="left", parent=root)
    await Node.objects.create(name="leaf", parent=left)
    leaf = await Node.objects.join("parent__parent").get(name="leaf")
    assert leaf.parent is not None
    assert leaf.parent.parent is not None
    assert leaf.parent.parent.name == "root"
    assert await Node.objects.filter(parent__parent__name="root").values_list(
        "name", flat=True
    ) == ["leaf"]
    assert await Node.objects.filter(children__name="leaf").values_list("name", flat=True) == [
        "left"
    ]
    assert await root.delete() == 1
    assert await Node.objects.count() == 0


async def test_tables_that_refer_to_each_other(database: AsyncDatabase, server: Server) -> None:
    await db.create_tables(models=[Hen, Egg])
    hen = await Hen.objects.create(name="Agda")
    egg = await Egg.objects.create(laid_by=hen)
    hen.hatched_from = egg
    await hen.save()
    found = await Hen.objects.join("hatched_from__laid_by").get(name="Agda")
    assert found.hatched_from is not None
    assert found.hatched_from.laid_by is not None
    assert found.hatched_from.laid_by.name == "Agda"
    with pytest.raises(ForeignKeyViolationError):
        await Egg.objects.create(laid_by_id=999)
    await db.drop_tables(models=[Hen, Egg])
    await db.create_tables(models=[Egg, Hen])
    assert await Hen.objects.count() == 0


async def test_a_foreign_key_that_is_the_key(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Person, Passport])
    ann = await Person.objects.create(name="Ann")
    await Passport.objects.create(person=ann, number="N1")
    passport = await Passport.objects.join("person").get(person=ann)
    assert passport.person.name == "Ann"
    passport.number = "N2"
    await passport.save()
    assert (await Passport.objects.get(person_id=ann.id)).number == "N2"
    with pytest.raises(UniqueViolationError):
        await Passport.objects.create(person=ann, number="N3")
    await ann.delete()
    assert await Passport.objects.count() == 0


@pytest.mark.databases("sqlite")
def test_keys_that_cannot_work_are_refused_when_the_class_is_made(flavour: str) -> None:
    with pytest.raises(OxydeError, match="key"):

        class NoKey(Model):
            class Meta:
                is_table = True

            name: str

        _ = NoKey._db_meta

    with pytest.raises(FieldError):

        class NullableKey(Model):
            class Meta:
                is_table = True

            code: str | None = Field(default=None, db_pk=True)

        _ = NullableKey._db_meta

    with pytest.raises(FieldError):

        class TwoOfOne(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            one: str = Field(db_column="same")
            other: str = Field(db_column="same")

        _ = TwoOfOne._db_meta


class Ticket(Model):
    class Meta:
        is_table = True
        table_name = "keys_ticket"

    code: str | None = Field(default=None, max_length=40, db_pk=True, db_default="(UUID())")
    name: str


@pytest.mark.databases("mysql", "mariadb")
async def test_keys_by_an_expression_of_the_database(url: str) -> None:
    """MySQL does not tell them, so that they are asked for: for many rows at once."""
    await db.init(url, settings=PoolSettings(max_connections=1))
    try:
        await db.create_tables(models=[Ticket])
        one = await Ticket.objects.create(name="one")
        assert one.code is not None
        assert len(one.code) == 36
        before = await selects()
        made = await Ticket.objects.bulk_create([{"name": str(n)} for n in range(237)])
        assert await selects() - before < 20
        assert len({ticket.code for ticket in made}) == 237
        stored = {ticket.code: ticket.name for ticket in await Ticket.objects.all()}
        assert stored.pop(one.code) == "one"
        assert stored == {ticket.code: str(n) for n, ticket in enumerate(made)}
        mixed = await Ticket.objects.bulk_create([{"name": "a"}, {"code": "b", "name": "b"}])
        assert (await Ticket.objects.get(name="a")).code == mixed[0].code
        assert mixed[1].code == "b"
    finally:
        await db.close()


async def selects() -> int:
    """How many SELECTs the one connection has run."""
    (row,) = await execute_raw("SHOW SESSION STATUS LIKE 'Com_select'")
    return int(row["Value"])
