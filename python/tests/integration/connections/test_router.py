"""The router: reads on replicas, writes on the primary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oxyde import Field, Model, atomic, db
from oxyde.exceptions import OxydeError


class City(Model):
    class Meta:
        is_table = True
        table_name = "router_city"

    id: int | None = Field(default=None, db_pk=True)
    name: str


@pytest.fixture
async def databases(tmp_path: Path) -> AsyncIterator[None]:
    """A primary and two replicas, each with a row that tells where it is from."""
    names = ("primary", "first", "second")
    await db.init(
        **{name: f"sqlite:///{tmp_path / name}.db" for name in names},
        router=db.Router(reads=["first", "second"], writes="primary", sticky=0.2),
    )
    for name in names:
        await db.create_tables(models=[City], using=name)
        await City.objects.create(name=name, using=name)
    yield
    await db.close()


async def names() -> list[str]:
    return [city.name for city in await City.objects.order_by("id").all()]


async def test_reads_take_turns_over_the_replicas(databases: None) -> None:
    assert sorted([await names(), await names(), await names(), await names()]) == [
        ["first"], ["first"], ["second"], ["second"]
    ]  # fmt: skip
    assert (await City.objects.get()).name in ("first", "second")
    assert await City.objects.filter(name="primary").count() == 0


async def test_a_task_reads_its_own_write_for_a_while(databases: None) -> None:
    await City.objects.create(name="new")
    assert await names() == ["primary", "new"]
    await asyncio.sleep(0.25)
    assert await names() in (["first"], ["second"])


async def test_another_task_is_not_held_to_the_primary(databases: None) -> None:
    await asyncio.create_task(City.objects.create(name="new"))
    assert await names() in (["first"], ["second"])


async def test_a_transaction_reads_and_locks_on_the_primary(databases: None) -> None:
    async with atomic():
        assert await names() == ["primary"]
        assert (await City.objects.for_update().get()).name == "primary"


async def test_a_row_of_a_replica_is_saved_on_the_primary(databases: None) -> None:
    row = await City.objects.get(using="first")
    assert row.name == "first"
    row.name = "changed"
    await row.save()
    assert [city.name for city in await City.objects.all(using="first")] == ["first"]
    assert [city.name for city in await City.objects.all(using="primary")] == ["changed"]


async def test_a_named_database_is_what_is_asked(databases: None) -> None:
    assert [city.name for city in await City.objects.all(using="second")] == ["second"]


async def test_a_router_to_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OxydeError, match="replica"):
        await db.init(f"sqlite:///{tmp_path / 'a'}.db", router=db.Router(reads=["replica"]))
    await db.close()
    with pytest.raises(OxydeError, match=r"Router\.reads"):
        db.Router(reads=[])
    with pytest.raises(OxydeError, match="sticky"):
        db.Router(reads=["a"], sticky=-1)
