"""create, get_or_create, update_or_create and upsert, also when several do it at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from pydantic import ValidationError, computed_field

from oxyde import F, Field, Model, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, MultipleObjectsReturned, OxydeError, UniqueViolationError


class Item(Model):
    class Meta:
        is_table = True
        table_name = "creating_item"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=30, db_unique=True)
    label: str = "plain"
    count: int = Field(default=0, ge=0)
    price: Decimal = Field(default=Decimal("0.00"), max_digits=8, decimal_places=2)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def shown(self) -> str:
        return f"{self.code} ({self.label})"


@pytest.fixture
async def items(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Item])
    return database


async def test_create(items: AsyncDatabase) -> None:
    item = await Item.objects.create(code="a", price=Decimal("1.50"))
    assert item.id is not None
    assert item.shown == "a (plain)"
    assert await Item.objects.get(code="a") == item
    given = Item(code="b", count=3)
    assert await Item.objects.create(instance=given) is given
    assert given.id is not None
    assert await Item.objects.create(id=500, code="c") == await Item.objects.get(id=500)
    after = await Item.objects.create(code="d")
    assert after.id is not None
    assert after.id not in (item.id, given.id, 500)


async def test_create_needs_one_of_instance_and_values(items: AsyncDatabase) -> None:
    with pytest.raises((OxydeError, TypeError)):
        await Item.objects.create()
    with pytest.raises((OxydeError, TypeError)):
        await Item.objects.create(instance=Item(code="a"), code="b")
    assert await Item.objects.count() == 0


async def test_create_validates(items: AsyncDatabase) -> None:
    for wrong in (
        {"code": "x", "count": -1},
        {"code": "x" * 31},
        {"label": "no code"},
        {"code": None},
    ):
        with pytest.raises((ValidationError, OxydeError)):
            await Item.objects.create(**wrong)
    assert (await Item.objects.create(code="lax", count="5")).count == 5
    assert await Item.objects.count() == 1


async def test_computed_fields_are_never_written(items: AsyncDatabase) -> None:
    item = await Item.objects.create(code="a")
    with pytest.raises((FieldError, ValidationError)):
        await Item.objects.filter(id=item.id).update(shown="x")
    with pytest.raises(OxydeError):
        await Item.objects.filter(shown="a (plain)").all()


async def test_get_or_create(items: AsyncDatabase) -> None:
    item, created = await Item.objects.get_or_create(code="a", defaults={"label": "first"})
    assert created
    assert (item.code, item.label) == ("a", "first")
    again, created = await Item.objects.get_or_create(code="a", defaults={"label": "second"})
    assert not created
    assert again == item
    await Item.objects.create(code="b", label="first")
    with pytest.raises(MultipleObjectsReturned):
        await Item.objects.get_or_create(label="first")
    # The row is there, but not as it was asked for: neither found nor made.
    with pytest.raises(UniqueViolationError):
        await Item.objects.get_or_create(code="a", label="other")
    assert await Item.objects.count() == 2


async def test_update_or_create(items: AsyncDatabase) -> None:
    item, created = await Item.objects.update_or_create(code="a", defaults={"count": 1})
    assert created
    assert item.count == 1
    again, created = await Item.objects.update_or_create(
        code="a", defaults={"count": 2, "label": "x"}
    )
    assert not created
    assert (again.id, again.count, again.label) == (item.id, 2, "x")
    stored = await Item.objects.get(code="a")
    assert (stored.count, stored.label) == (2, "x")
    with pytest.raises((ValidationError, OxydeError)):
        await Item.objects.update_or_create(code="a", defaults={"count": -1})
    assert (await Item.objects.get(code="a")).count == 2


async def test_get_or_create_at_once(items: AsyncDatabase) -> None:
    for round_ in range(10):
        done = await asyncio.gather(
            *(Item.objects.get_or_create(code=f"round {round_}") for _ in range(8))
        )
        assert len({item.id for item, _ in done}) == 1
        assert sum(created for _, created in done) == 1
    assert await Item.objects.count() == 10


async def test_update_or_create_at_once(items: AsyncDatabase) -> None:
    for round_ in range(10):
        done = await asyncio.gather(
            *(
                Item.objects.update_or_create(code=f"round {round_}", defaults={"count": number})
                for number in range(8)
            )
        )
        assert len({item.id for item, _ in done}) == 1
        assert sum(created for _, created in done) == 1
    assert await Item.objects.count() == 10


async def test_a_clash_inside_a_transaction_leaves_it_usable(items: AsyncDatabase) -> None:
    await Item.objects.create(code="a")
    async with atomic():
        item, created = await Item.objects.get_or_create(code="a")
        assert not created
        await Item.objects.create(code="b")
        found, created = await Item.objects.update_or_create(code="a", defaults={"count": 5})
        assert (found.id, created) == (item.id, False)
    assert await Item.objects.order_by("code").values_list("code", "count") == [("a", 5), ("b", 0)]


async def test_upsert(items: AsyncDatabase) -> None:
    first = await Item.objects.upsert(code="a", count=1, label="first")
    assert first.id is not None
    again = await Item.objects.upsert(code="a", count=2, label="second", unique_fields=["code"])
    assert (again.id, again.count, again.label) == (first.id, 2, "second")
    kept = await Item.objects.upsert(code="a", count=3, label="third", update_fields=["count"])
    assert (kept.count, kept.label) == (3, "second")
    counted = await Item.objects.upsert(code="a", count=1, update={"count": F("count") + 10})
    assert counted.count == 13
    new = await Item.objects.upsert(code="b", count=1, update={"count": F("count") + 10})
    assert new.count == 1
    assert await Item.objects.order_by("code").values_list("code", "count", "label").all() == [
        ("a", 13, "second"),
        ("b", 1, "plain"),
    ]
    for wrong in (
        {"code": "a", "count": -1},
        {"code": "x" * 31},
        {"code": "a", "unique_fields": ["label"]},
        {"code": "a", "unique_fields": ["nothing"]},
        {"code": "a", "update_fields": ["nothing"]},
        {"count": 1},
    ):
        with pytest.raises((OxydeError, ValidationError)):
            await Item.objects.upsert(**wrong)
    assert await Item.objects.count() == 2


async def test_upserts_at_once_are_all_counted(items: AsyncDatabase) -> None:
    await asyncio.gather(
        *(
            Item.objects.upsert(code="hits", count=1, update={"count": F("count") + 1})
            for _ in range(40)
        )
    )
    assert (await Item.objects.get(code="hits")).count == 40
