"""Long answers, whose rows become instances while others are still on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import field_validator

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError, RowValidationError
from oxyde.queries import F, Power, Value

ROWS = 6_000
OWNERS = 7
# Scores that no instance may have, now and then.
FORBIDDEN: set[int] = set()


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "owner_of_many"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40)
    items: list[Item] = Field(db_reverse_fk="owner")


class Item(Model):
    class Meta:
        is_table = True
        table_name = "item_of_many"

    id: int | None = Field(default=None, db_pk=True)
    owner: Owner | None = None
    score: int

    @field_validator("score")
    @classmethod
    def _allowed(cls, score: int) -> int:
        if score in FORBIDDEN:
            raise ValueError("a forbidden score")
        return score


@pytest.fixture
def forbidden() -> Iterator[set[int]]:
    yield FORBIDDEN
    FORBIDDEN.clear()


@pytest.fixture(autouse=True)
async def items(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Owner, Item])
    await Owner.objects.bulk_create([Owner(id=n, name=f"owner {n}") for n in range(1, OWNERS + 1)])
    await Item.objects.bulk_create(
        [Item(id=n, owner_id=1 + n % OWNERS, score=-n) for n in range(1, ROWS + 1)]
    )


async def test_every_kind_of_row_in_order() -> None:
    query = Item.objects.order_by("-id")
    keys = list(range(ROWS, 0, -1))
    assert [item.id for item in await query.all()] == keys
    assert await query.values_list("id", flat=True) == keys
    assert await query.values_list("id", "score") == [(key, -key) for key in keys]
    assert await query.values("id") == [{"id": key} for key in keys]


async def test_a_joined_row_is_one_instance_in_all_parts() -> None:
    items = await Item.objects.join("owner").order_by("id")
    owners = {id(item.owner): item.owner for item in items}
    assert len(owners) == OWNERS
    assert all(item.owner is not None and item.owner.id == item.owner_id for item in items)


async def test_prefetched_rows_come_to_their_owners() -> None:
    owners = await Owner.objects.prefetch("items").order_by("id")
    for owner in owners:
        keys = sorted(item.id or 0 for item in owner.items)
        assert keys == [n for n in range(1, ROWS + 1) if 1 + n % OWNERS == owner.id]


async def test_a_late_row_that_is_invalid(forbidden: set[int]) -> None:
    for late in (ROWS, ROWS // 2, 300):
        forbidden.add(-late)
        with pytest.raises(RowValidationError, match="a forbidden score"):
            await Item.objects.order_by("id")
        forbidden.clear()
        assert len(await Item.objects.all()) == ROWS


@pytest.mark.databases("postgres")
async def test_a_late_row_that_the_server_cannot_compute() -> None:
    # Only the last rows are too large for a double.
    query = Item.objects.annotate(part=Power(Value(1.126), F("id"))).order_by("id")
    with pytest.raises(OxydeError, match="out of range"):
        await query
    assert len(await Item.objects.all()) == ROWS


async def test_cancelled_while_rows_arrive(database: AsyncDatabase) -> None:
    for pause in (0.0, 0.001, 0.003, 0.006):
        task = asyncio.create_task(Item.objects.join("owner").all())
        await asyncio.sleep(pause)
        if task.cancel():
            with pytest.raises(asyncio.CancelledError):
                await task
    assert database.status()["in_use"] == 0
    assert len(await Item.objects.all()) == ROWS


async def test_others_get_their_turn_beside_a_task_that_never_waits() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def ask() -> None:
        while True:
            await Item.objects.get(id=1)

    counting = asyncio.create_task(count())
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(ask(), 0.3)
    counting.cancel()
    assert turns > 20
