"""Classes of the user's own in columns: written, filtered by, read."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, ValidationError
from pydantic_core import core_schema
from support.own_types import Branch, Code, Hardware, Money, Route, Secret, Ulid, encrypt
from support.servers import Server
from support.values_of import values_of

from oxyde import (
    Count,
    F,
    Field,
    Max,
    Min,
    Model,
    atomic,
    create_tables,
    execute_raw,
    register_type,
)
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldLookupError,
    FieldLookupValueError,
    FieldValueError,
    RowValidationError,
)
from oxyde.queries import Case, Coalesce, Each, Subquery, Value, When


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "registered_owners"

    key: Ulid = Field(default_factory=Ulid.new, db_pk=True)
    name: str = ""
    purse: Money | None = None
    password: Secret | None = None
    items: list[Item] = Field(db_reverse_fk="owner")


class Item(Model):
    class Meta:
        is_table = True
        table_name = "registered_items"

    id: int | None = Field(default=None, db_pk=True)
    owner: Owner | None = None
    code: Annotated[Code, AfterValidator(lambda code: code)] | None = Field(
        default=None, db_unique=True
    )
    price: Money = Money("1.00")
    before: Money | None = None
    route: Route | None = None


@pytest.fixture
async def tables(database: AsyncDatabase) -> None:
    await create_tables(models=[Owner, Item])


@pytest.fixture
async def owners(tables: None) -> list[Owner]:
    """Three owners with the keys 1 to 3, and three items of the first two."""
    owners = await Owner.objects.bulk_create(
        [{"key": Ulid.of(n), "name": f"o{n}", "purse": Money(f"{n}.50")} for n in (1, 2)]
    )
    owners += await Owner.objects.bulk_create([Owner(key=Ulid.of(3), name="o3")])
    await Item.objects.bulk_create(
        [
            Item(owner=owners[0], code=Code("abc")),
            Item(owner=owners[0], code=Code("abd"), price=Money("2")),
            Item(owner=owners[1], code=Code("xyz"), price=Money("3")),
        ]
    )
    return owners


async def test_saves_and_reads(tables: None) -> None:
    owner = await Owner.objects.create(name="Ann", purse=Money("7.25"), password=Secret("äx"))
    loaded = await Owner.objects.get(key=owner.key)
    assert loaded == owner
    assert type(loaded.key) is Ulid
    assert type(loaded.password) is Secret
    loaded.purse = Money("8")
    loaded.password = None
    await loaded.save()
    again = await Owner.objects.get(key=owner.key)
    assert (again.purse, again.password, again.name) == (Money("8.00"), None, "Ann")
    await again.refresh()
    assert again.key == owner.key
    assert await again.delete() == 1


async def test_what_is_stored(tables: None, server: Server) -> None:
    await Owner.objects.create(key=Ulid.of(7), password=Secret("word"), purse=Money("1.5"))
    quote = "`" if server.flavour in ("mysql", "mariadb") else '"'
    ((key, password, purse),) = server.execute(
        f"SELECT {quote}key{quote}, password, purse FROM registered_owners"
    )
    assert bytes(key) == Ulid.of(7).raw
    assert password == encrypt(Secret("word"))
    assert Decimal(purse) == Decimal("1.5")


async def test_filters_by_values(owners: list[Owner]) -> None:
    async def names(**lookups: Any) -> list[str]:
        return await Owner.objects.filter(**lookups).order_by("key").values_list("name", flat=True)

    assert await names(key=Ulid.of(2)) == ["o2"]
    assert await names(key__in=[Ulid.of(1), Ulid.of(3)]) == ["o1", "o3"]
    assert await names(key__gt=Ulid.of(1)) == ["o2", "o3"]
    assert await names(key__between=(Ulid.of(1), Ulid.of(2))) == ["o1", "o2"]
    assert await names(purse__lt=Money("2")) == ["o1"]
    assert await names(purse__isnull=True) == ["o3"]
    assert await names(purse=None) == ["o3"]
    assert await names(items__price__gte=Money("3")) == ["o2"]
    assert await names(items__code=Code("abc")) == ["o1"]
    assert await Owner.objects.exclude(key=Ulid.of(1)).count() == 2
    assert await Item.objects.filter(owner=owners[0]).count() == 2
    assert await Item.objects.filter(owner_id=owners[1].key).count() == 1
    assert await Item.objects.filter(owner__in=owners).count() == 3
    assert await Item.objects.filter(owner__key=F("owner_id")).count() == 3
    keys = Owner.objects.filter(name="o1").values("key")
    assert await Item.objects.filter(owner_id__in=keys).count() == 2


async def test_text_lookups_take_text(owners: list[Owner]) -> None:
    assert await Item.objects.filter(code__startswith="ab").count() == 2
    assert await Item.objects.filter(code__icontains="YZ").count() == 1
    with pytest.raises(FieldLookupValueError):
        await Item.objects.filter(code__startswith=Code("ab")).all()
    with pytest.raises(FieldLookupError):
        await Item.objects.filter(price__startswith="1").all()


@pytest.mark.parametrize(
    ("lookups", "message"),
    [
        ({"key": b"\x01" * 16}, "give a Ulid"),
        ({"key__in": [Ulid.of(1), "x"]}, "give a Ulid"),
        ({"key__between": (Ulid.of(1), 2)}, "give a Ulid"),
        ({"purse__gt": 1}, "give a Money"),
        ({"items__code": Code("bad")}, "cannot encode Code.'bad'.: no such code"),
    ],
)
async def test_refuses_other_values_in_filters(lookups: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldLookupValueError, match=message):
        Owner.objects.filter(**lookups).sql()


async def test_values_are_decoded(owners: list[Owner]) -> None:
    rows = await Owner.objects.order_by("-key").values("key", "purse")
    assert rows == [
        {"key": Ulid.of(3), "purse": None},
        {"key": Ulid.of(2), "purse": Money("2.50")},
        {"key": Ulid.of(1), "purse": Money("1.50")},
    ]
    found = await Item.objects.order_by("id").values_list("code", "owner__key", "owner__purse")
    assert found[0] == (Code("abc"), Ulid.of(1), Money("1.50"))
    most = await Owner.objects.aggregate(most=Max("purse"), first=Min("name"), n=Count("key"))
    assert most == {"most": Money("2.50"), "first": "o1", "n": 3}
    prices = Item.objects.order_by("-price").values("price")[:1]
    annotated = await Owner.objects.annotate(
        same=F("purse"), dearest=Max("items__price"), of_all=Subquery(prices)
    ).order_by("key")
    assert [each.same for each in annotated] == [Money("1.50"), Money("2.50"), None]  # type: ignore[attr-defined]
    assert annotated[0].dearest == Money("2")  # type: ignore[attr-defined]
    assert annotated[2].of_all == Money("3")  # type: ignore[attr-defined]


async def test_values_in_expressions(owners: list[Owner]) -> None:
    query = Owner.objects.order_by("key")
    either = Coalesce(F("purse"), Money("0"))
    rows = await query.annotate(either=either, lone=Value(Ulid.of(9))).values_list("either", "lone")
    assert [row[0] for row in rows] == [Money("1.50"), Money("2.50"), Money("0")]
    assert {row[1] for row in rows} == {Ulid.of(9)}
    rich = Case(When(name="o3", then=Money("30")), default=F("purse"))
    await query.update(purse=rich)
    assert await query.values_list("purse", flat=True) == [Money("1.5"), Money("2.5"), Money("30")]
    await Owner.objects.bulk_update(owners, [], purse=Each(lambda owner: Money(len(owner.name))))
    assert await Owner.objects.filter(purse=Money("2")).count() == 3
    with pytest.raises(FieldValueError, match="the query cannot encode Code"):
        Value(Code("bad"))


@dataclasses.dataclass
class Row:
    key: Ulid
    purse: Money | None


class Report(Model):
    key: Ulid
    purse: Money | None


async def test_into_classes(owners: list[Owner]) -> None:
    query = Owner.objects.order_by("key")
    assert (await query.into(Row))[0] == Row(Ulid.of(1), Money("1.50"))
    assert (await query.into(Report))[2] == Report(key=Ulid.of(3), purse=None)


async def test_relations_by_key(owners: list[Owner]) -> None:
    items = await Item.objects.join("owner").order_by("id")
    assert [item.owner and item.owner.key for item in items] == [
        Ulid.of(1),
        Ulid.of(1),
        Ulid.of(2),
    ]
    assert items[0].owner is items[1].owner
    loaded = await Owner.objects.prefetch("items").order_by("key")
    assert [len(each.items) for each in loaded] == [2, 1, 0]
    by_key = await Owner.objects.in_bulk([Ulid.of(2), Ulid.of(9)])
    assert list(by_key) == [Ulid.of(2)]
    items[0].owner = owners[2]
    await items[0].save()
    assert (await Item.objects.get(id=items[0].id)).owner_id == Ulid.of(3)  # type: ignore[attr-defined]


async def test_bulk_writes(owners: list[Owner]) -> None:
    for owner in owners:
        owner.purse = Money("9.99")
    assert await Owner.objects.bulk_update(owners, ["purse"]) == 3
    assert await Owner.objects.filter(purse=Money("9.99")).count() == 3
    assert await Item.objects.filter(owner=owners[0]).update(before=F("price"), code=None) == 2
    item = await Item.objects.filter(before=Money("2")).get()
    assert item.before == item.price
    (changed,) = await Item.objects.filter(code=Code("xyz")).update(
        price=Money("4"), returning=True
    )
    assert changed.price == Money("4")
    await Owner.objects.bulk_create(
        [{"key": Ulid.of(1), "name": "new"}, {"key": Ulid.of(4), "name": "more"}],
        update_fields=["name"],
        unique_fields=["key"],
        update_conflicts=True,
    )
    assert (await Owner.objects.get(key=Ulid.of(1))).name == "new"
    assert await Owner.objects.count() == 4


async def test_many_rows(tables: None) -> None:
    made = [Owner(key=Ulid.of(n), purse=Money(n)) for n in range(1, 701)]
    await Owner.objects.bulk_create(made)
    loaded = await Owner.objects.order_by("key")
    assert values_of(loaded) == values_of(made)
    assert len(await Owner.objects.in_bulk([each.key for each in made])) == 700


async def test_upserts(tables: None) -> None:
    created, new = await Owner.objects.get_or_create(key=Ulid.of(5), defaults={"name": "a"})
    assert new
    found, new = await Owner.objects.get_or_create(key=Ulid.of(5), defaults={"name": "b"})
    assert (found, new) == (created, False)
    await Item.objects.create(code=Code("k"), owner=created)
    item, new = await Item.objects.update_or_create(
        code=Code("k"), defaults={"price": Money("6"), "owner": created}
    )
    assert (item.price, new) == (Money("6"), False)
    assert item.owner_id == Ulid.of(5)  # type: ignore[attr-defined]


async def test_values_that_change_in_place(tables: None) -> None:
    item = await Item.objects.create(route=Route([[0.0, 1.5]]))
    assert item.route is not None
    item.route.points.append([2.0, 2.0])
    await item.save()
    loaded = await Item.objects.get(id=item.id)
    assert loaded.route == Route([[0.0, 1.5], [2.0, 2.0]])
    async with atomic():
        await loaded.save()
    assert loaded.route is not None
    loaded.route.points.clear()
    await loaded.save()
    assert (await Item.objects.get(id=item.id)).route == Route([])


async def test_values_that_cannot_be_encoded(tables: None) -> None:
    with pytest.raises(FieldValueError, match=r"`Item.code` cannot encode Code\('bad'\): no such"):
        await Item.objects.create(code=Code("bad"))
    with pytest.raises(FieldValueError, match=r"Item.code"):
        await Item.objects.create(code=Code("x" * 27))
    with pytest.raises(FieldValueError, match=r"Item.price"):
        await Item.objects.update(price=Money("1.001"))
    with pytest.raises(ValidationError, match="instance of Money"):
        Item(price=Decimal(1))  # type: ignore[arg-type]
    item = Item()
    item.price = "1.00"  # type: ignore[assignment]
    with pytest.raises((FieldValueError, ValidationError), match="Money"):
        await item.save()


async def test_rows_that_cannot_be_decoded(owners: list[Owner]) -> None:
    await execute_raw("UPDATE registered_items SET code = 'worse' WHERE code = 'abd'")
    query = Item.objects.order_by("id")
    said = r"with id=2 is not valid: code: .*cannot be decoded: 'worse' \(KeyError\) \(it holds 'wo"
    with pytest.raises(RowValidationError, match=said) as caught:
        await query
    assert (caught.value.model, caught.value.key) == (Item, {"id": 2})
    (fault,) = caught.value.errors()
    assert (fault["type"], fault["loc"], fault["input"]) == ("decode_error", ("code",), "worse")
    assert len(await query.skip_invalid()) == 2
    kept: list[Any] = await query.unvalidated()
    assert [each.code for each in kept] == [Code("abc"), "worse", Code("xyz")]
    kept[1].code = Code("right")
    await kept[1].save()
    await execute_raw("UPDATE registered_items SET code = 'worse' WHERE code = 'abc'")
    with pytest.raises(RowValidationError, match="code: The stored value cannot be decoded"):
        await query.values_list("code")
    with pytest.raises(RowValidationError, match="`Item` with id=1"):
        await Owner.objects.prefetch("items")


def test_documents_have_what_is_stored() -> None:
    owner = Owner(key=Ulid.of(1), purse=Money("1.5"), password=Secret("a"))
    document = owner.model_dump(mode="json")
    assert document["key"] == "AAAAAAAAAAAAAAAAAAAAAQ=="
    assert document["purse"] == "1.5"
    assert Owner.model_validate_json(owner.model_dump_json()) == owner
    assert owner.model_dump()["key"] == Ulid.of(1)
    properties = Report.model_json_schema()["properties"]
    assert properties["key"] == {"format": "base64url", "title": "Key", "type": "string"}
    with pytest.raises(ValidationError, match="cannot be decoded: a key has 16 bytes, not 1"):
        Owner.model_validate_json('{"key": "AA=="}')


class Hot:
    """A class that Pydantic knows."""

    def __init__(self, degrees: int) -> None:
        self.degrees = degrees

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hot) and other.degrees == self.degrees

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        made = core_schema.no_info_after_validator_function(cls, core_schema.int_schema())
        return core_schema.union_schema([core_schema.is_instance_schema(cls), made])


def _tenths(hot: Hot) -> int:
    return hot.degrees * 10


def _from_tenths(tenths: int) -> Hot:
    return Hot(tenths // 10)


async def test_a_class_with_a_schema_keeps_it(database: AsyncDatabase) -> None:
    register_type(Hot, storage=int, encode=_tenths, decode=_from_tenths)

    class Oven(Model):
        class Meta:
            is_table = True
            table_name = "registered_ovens"

        id: int | None = Field(default=None, db_pk=True)
        heat: Hot

    await create_tables(models=[Oven])
    await Oven.objects.create(heat=20)
    assert (await Oven.objects.get(heat=Hot(20))).heat == Hot(20)
    assert await execute_raw("SELECT heat FROM registered_ovens") == [{"heat": 200}]


# -- types of PostgreSQL only ----------------------------------------------------------------------


@pytest.mark.databases("postgres")
async def test_ltree(server: Server, database: AsyncDatabase) -> None:
    server.execute("CREATE EXTENSION ltree")

    class Topic(Model):
        class Meta:
            is_table = True
            table_name = "registered_topics"

        path: Branch = Field(db_pk=True)
        other: Branch | None = None

    await create_tables(models=[Topic])
    top, deep = Branch("top"), Branch("top", "science", "stars")
    await Topic.objects.create(path=deep, other=top)
    await Topic.objects.bulk_create([Topic(path=Branch("a", str(n))) for n in range(600)])
    loaded = await Topic.objects.get(path=deep)
    assert (loaded.path, loaded.other) == (deep, top)
    assert await Topic.objects.filter(path__in=[top, deep]).count() == 1
    assert await Topic.objects.filter(path__gt=top).values_list("path", flat=True) == [deep]
    await Topic.objects.filter(path=deep).update(other=F("path"))
    assert (await Topic.objects.get(path=deep)).other == deep
    loaded.other = None
    await Topic.objects.bulk_update([loaded], ["other"])
    assert await Topic.objects.filter(other__isnull=False).count() == 0
    below = "SELECT count(*) AS n FROM registered_topics WHERE path <@ 'a'"
    assert await execute_raw(below) == [{"n": 600}]


@pytest.mark.databases("postgres")
async def test_binary_form_of_another_type(server: Server, database: AsyncDatabase) -> None:
    class Device(Model):
        class Meta:
            is_table = True
            table_name = "registered_devices"

        id: int | None = Field(default=None, db_pk=True)
        address: Hardware | None = None

    await create_tables(models=[Device])
    server.execute("INSERT INTO registered_devices (id, address) VALUES (1, '08:00:2b:01:02:03')")
    device = await Device.objects.get(id=1)
    assert device.address is not None
    assert device.address.raw == bytes.fromhex("08002b010203")
