"""The router: reads on replicas, writes on the primary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oxyde import Field, Model, atomic, db, execute_raw
from oxyde.exceptions import DatabaseConnectionError, OxydeError


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
    # Until reads no longer have to see that.
    await asyncio.sleep(0.25)
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


@pytest.mark.parametrize("asked_before", [False, True])
async def test_a_task_sees_what_its_children_wrote(databases: None, asked_before: bool) -> None:
    if asked_before:
        assert await names() in (["first"], ["second"])
    await asyncio.gather(*(City.objects.create(name=f"new {n}") for n in range(2)))
    assert len(await names()) == 3
    await asyncio.sleep(0.25)
    await asyncio.wait_for(City.objects.create(name="another"), 5)
    assert await asyncio.create_task(names()) == await names()
    assert len(await names()) == 4


async def test_the_time_counts_from_the_commit(databases: None) -> None:
    async with atomic("primary"):
        await City.objects.create(name="new")
        await asyncio.sleep(0.25)
    assert await names() == ["primary", "new"]
    await asyncio.sleep(0.25)
    async with atomic():
        assert await names() == ["primary", "new"]
    assert await names() in (["first"], ["second"]), "it only read"
    await City.objects.filter(name="new").delete(using="primary")
    assert await names() == ["primary"]


async def test_use_and_primary(databases: None) -> None:
    async with db.use("second"):
        assert await names() == ["second"]
        async with atomic():
            await City.objects.create(name="new")
            assert await names() == ["second", "new"]
            async with db.use("first"):
                assert await names() == ["first"]
        async with atomic("first"):
            assert await names() == ["first"]
        assert await names() == ["second", "new"]
    with db.primary():
        assert await names() == ["primary"]
    assert (await names())[0] in ("first", "second")
    with pytest.raises(OxydeError, match="no database is named"):
        db.use("third")


async def test_a_read_only_block_is_on_a_replica(databases: None) -> None:
    async with atomic(read_only=True):
        assert (await names())[0] in ("first", "second")
        with pytest.raises(OxydeError, match="the router sends this write to 'primary'"):
            await City.objects.create(name="new")


async def test_a_replica_that_is_away(tmp_path: Path) -> None:
    """The application starts; the replica is used once it is there."""
    file = tmp_path / "replica.db"
    router = db.Router(reads=["replica"], writes="primary", sticky=0, cooldown=0.05)
    urls = {
        "primary": f"sqlite:///{tmp_path / 'primary'}.db",
        "replica": f"sqlite:///{file}?mode=rw",
    }
    async with db.connect(**urls, router=router):
        await db.create_tables(models=[City], using="primary")
        await City.objects.create(name="primary")
        assert await names() == ["primary"]
        assert "replica" not in db.stats()
        await execute_raw("VACUUM INTO ?", [str(file)], using="primary")
        await asyncio.sleep(0.2)
        await names()
        await asyncio.sleep(0.2)
        await City.objects.create(name="only here", using="replica")
        assert await names() == ["primary", "only here"]
    assert db.stats() == {}


async def test_without_a_fallback(tmp_path: Path) -> None:
    router = db.Router(reads=["replica"], writes="primary", sticky=0, fallback=None)
    urls = {
        "primary": f"sqlite:///{tmp_path / 'primary'}.db",
        "replica": f"sqlite:///{tmp_path / 'replica'}.db?mode=rw",
    }
    lifespan = db.lifespan(**urls, router=router)
    async with lifespan(None):
        await db.create_tables(models=[City], using="primary")
        with pytest.raises(DatabaseConnectionError, match="no replica of replica"):
            await names()
        with db.primary():
            assert await names() == []


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
    with pytest.raises(OxydeError, match="cooldown"):
        db.Router(reads=["a"], cooldown=0)
    with pytest.raises(OxydeError, match="fallback"):
        db.Router(reads=["a"], fallback="any")  # type: ignore[arg-type]
