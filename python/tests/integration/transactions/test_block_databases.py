"""With several databases: a query runs in the block that is open, or is refused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from oxyde import Field, Model, atomic, db, execute_raw
from oxyde.db import get_active_transaction, transaction
from oxyde.exceptions import ManagerError, OxydeError, TransactionError
from oxyde.queries import prefetch_related


class Site(Model):
    class Meta:
        is_table = True
        table_name = "blocks_site"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=30, db_unique=True)
    n: int = 0
    labels: list[Mark] = Field(db_m2m=True)
    pages: list[Page] = Field(db_reverse_fk="site")


class Mark(Model):
    class Meta:
        is_table = True
        table_name = "blocks_mark"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=30)


class Page(Model):
    class Meta:
        is_table = True
        table_name = "blocks_page"

    id: int | None = Field(default=None, db_pk=True)
    site: Site | None = None


class Extra(Model):
    class Meta:
        is_table = True
        table_name = "blocks_extra"

    id: int | None = Field(default=None, db_pk=True)
    n: int = 0


class Stop(Exception):
    pass


@pytest.fixture
async def both(url: str, tmp_path: Path) -> AsyncIterator[None]:
    """A SQLite file as `default`, the tested database as `s1`; one row in each."""
    await db.init(default=f"sqlite:///{tmp_path / 'default.db'}", s1=url)
    for name in ("default", "s1"):
        await db.create_tables(models=[Site, Mark, Page], using=name)
        await Site.objects.create(name=name, using=name)
    yield
    await db.close()


async def contents() -> tuple[list[Any], list[Any]]:
    """The sites of both, and how much else there is."""

    async def of(name: str) -> list[Any]:
        sites = await Site.objects.order_by("name").values_list("name", "n").all(using=name)
        return [*sites, await Mark.objects.count(using=name), await Page.objects.count(using=name)]

    return await of("default"), await of("s1")


async def saved() -> None:
    await Site(name="new").save()


async def inserted_from() -> None:
    await Site.objects.insert_from(
        Site.objects.filter(name="s1").annotate(new=_new_name()).values_list("new", "n"),
        ["name", "n"],
    )


def _new_name() -> Any:
    from oxyde import Concat
    from oxyde.queries import Value

    return Concat("name", Value("-new"))


async def iterated() -> None:
    async for site in Site.objects.iterate():
        site.n = 5
        await site.save()


async def related() -> None:
    site = await Site.objects.get()
    mark = await Mark.objects.create(name="m")
    await site.labels_set.add(mark)
    await site.labels_set.create(name="n")
    await site.pages_set.create()
    await prefetch_related([site], "labels", "pages")
    assert len(site.labels) == 2
    assert len(site.pages) == 1


async def raw_rows() -> None:
    (site,) = await Site.objects.raw("SELECT id, name, n FROM blocks_site")
    site.n = 5
    await site.save()


WRITING: dict[str, Callable[[], Awaitable[Any]]] = {
    "create": lambda: Site.objects.create(name="new"),
    "save": saved,
    "bulk_create": lambda: Site.objects.bulk_create([{"name": "new"}]),
    "get_or_create": lambda: Site.objects.get_or_create(name="new"),
    "update_or_create": lambda: Site.objects.update_or_create(name="s1", defaults={"n": 5}),
    "upsert": lambda: Site.objects.upsert(name="new", unique_fields=["name"]),
    "update": lambda: Site.objects.update(n=5),
    "increment": lambda: Site.objects.increment("n"),
    "delete": lambda: Site.objects.delete(),
    "insert_from": inserted_from,
    "execute_raw": lambda: execute_raw("UPDATE blocks_site SET n = 5"),
    "iterate": iterated,
    "related": related,
    "raw": raw_rows,
}


@pytest.mark.parametrize("name", WRITING)
async def test_without_a_name_a_query_is_a_part_of_the_block(both: None, name: str) -> None:
    before = await contents()
    with contextlib.suppress(Stop):
        async with atomic("s1"):
            assert await Site.objects.values_list("name", flat=True) == ["s1"]
            await WRITING[name]()
            raise Stop
    assert await contents() == before
    async with atomic("s1"):
        await WRITING[name]()
    after = await contents()
    assert after[0] == before[0]
    assert after[1] != before[1]


async def test_reading_verbs(both: None) -> None:
    async with atomic("s1"):
        assert (await Site.objects.get()).name == "s1"
        assert await Site.objects.filter(name="s1").exists()
        assert await Site.objects.filter(name="s1").count() == 1
        assert await execute_raw("SELECT name FROM blocks_site") == [{"name": "s1"}]
        assert Site.objects.sql()[0] == Site.objects.sql(using="s1")[0]
        # A name that is given is what is asked.
        assert (await Site.objects.get(using="default")).name == "default"
        assert (await Site.objects.using("default").get()).name == "default"
        assert (await Site.objects.get(client=db.get_connection("default"))).name == "default"
        assert (await Site.objects.raw("SELECT id, name, n FROM blocks_site", using="default"))[
            0
        ].name == "default"


async def test_tables_are_made_in_the_block(both: None) -> None:
    async with atomic("s1"):
        await db.create_tables(models=[Extra])
        await Extra.objects.create(n=1)
    assert await Extra.objects.count(using="s1") == 1
    with pytest.raises(OxydeError):
        await Extra.objects.count(using="default")


async def test_the_active_transaction_is_the_innermost(both: None) -> None:
    assert get_active_transaction() is None
    async with atomic("s1") as block:
        assert get_active_transaction() is block
        assert get_active_transaction("s1") is block
        assert get_active_transaction("default") is None
        await Site.objects.update(n=5)
        transaction.set_rollback()
        with pytest.raises(TransactionError, match="'default'"):
            transaction.set_rollback(using="default")
    assert (await Site.objects.get(using="s1")).n == 0
    async with atomic("default") as first, atomic("s1") as second:
        assert get_active_transaction() is second
        async with atomic("default") as third:
            assert get_active_transaction() is third
            assert third.outer is first
            assert (await Site.objects.get()).name == "default"
        assert get_active_transaction() is second


async def test_a_nested_block_without_a_name(both: None) -> None:
    async with atomic("s1") as block:
        async with atomic() as inner:
            assert inner.outer is block
            await Site.objects.update(n=5)
            inner.set_rollback()
        assert (await Site.objects.get()).n == 0

    @atomic
    async def decorated() -> None:
        await Site.objects.create(name="new")

    with contextlib.suppress(Stop):
        async with atomic("s1"):
            await decorated()
            raise Stop
    assert await Site.objects.count(using="s1") == 1
    assert await Site.objects.count(using="default") == 1


async def test_two_blocks_and_rows_of_both(both: None) -> None:
    here, there = await Site.objects.get(), await Site.objects.get(using="s1")
    with contextlib.suppress(Stop):
        async with atomic(), atomic("s1"):
            here.n = there.n = 5
            await here.save()
            await there.save()
            await here.refresh()
            raise Stop
    assert (await Site.objects.get()).n == 0
    assert (await Site.objects.get(using="s1")).n == 0
    await here.save()
    await there.save()
    assert (await Site.objects.get()).n == 5
    assert (await Site.objects.get(using="s1")).n == 5


async def saved_elsewhere(site: Site) -> None:
    site.n = 5
    await site.save()


ON_ROWS: dict[str, Callable[[Site], Awaitable[Any]]] = {
    "save": saved_elsewhere,
    "delete": lambda site: site.delete(),
    "refresh": lambda site: site.refresh(),
    "add": lambda site: site.labels_set.add(1),
    "remove": lambda site: site.labels_set.remove(1),
    "clear": lambda site: site.labels_set.clear(),
    "related create": lambda site: site.pages_set.create(),
    "related all": lambda site: site.pages_set.all(),
    "prefetch_related": lambda site: prefetch_related([site], "pages"),
}


@pytest.mark.parametrize("name", ON_ROWS)
async def test_a_row_of_another_database_is_refused(both: None, name: str) -> None:
    site = await Site.objects.get()
    before = await contents()
    async with atomic("s1"):
        with pytest.raises(TransactionError) as caught:
            await ON_ROWS[name](site)
    message = str(caught.value)
    assert "'default'" in message
    assert "'s1'" in message
    assert "Site" in message
    assert "using='default'" in message
    assert await contents() == before
    # Outside of the block, and with a name inside of it, the row is where it was.
    async with atomic("s1"):
        site.n = 7
        await site.save(using="default")
        await site.refresh(using="default")
        with db.detached():
            site.n = 8
            await site.save()
    assert (await Site.objects.get()).n == 8
    assert (await Site.objects.get(using="s1")).n == 0


async def test_bulk_update_of_rows_of_another_database(both: None) -> None:
    rows = await Site.objects.all()
    rows[0].n = 5
    with pytest.raises(ManagerError, match="'default'"):
        async with atomic("s1"):
            await Site.objects.bulk_update(rows, ["n"])
    there = await Site.objects.all(using="s1")
    there[0].n = 6
    with pytest.raises(ManagerError, match="'s1'"):
        await Site.objects.bulk_update(there, ["n"])
    assert await contents() == ([("default", 0), 0, 0], [("s1", 0), 0, 0])
    await Site.objects.bulk_update(there, ["n"], using="s1")
    assert await contents() == ([("default", 0), 0, 0], [("s1", 6), 0, 0])


async def test_two_names_of_one_database(url: str) -> None:
    await db.init(default=url, again=url)
    await db.create_tables(models=[Site, Mark, Page])
    site = await Site.objects.create(name="one")
    with contextlib.suppress(Stop):
        async with atomic("again"):
            site.n = 5
            await site.save()
            assert (await Site.objects.get()).n == 5
            raise Stop
    assert (await Site.objects.get()).n == 0
    await db.close()


# -- with a router ---------------------------------------------------------------------------


@pytest.fixture
async def routed(tmp_path: Path) -> AsyncIterator[None]:
    names = ("primary", "replica", "shard")
    await db.init(
        **{name: f"sqlite:///{tmp_path / name}.db" for name in names},
        router=db.Router(reads=["replica"], writes="primary", sticky=0.2),
    )
    for name in names:
        await db.create_tables(models=[Site, Mark, Page], using=name)
        await Site.objects.create(name=name, using=name)
    # Until reads no longer have to see that.
    await asyncio.sleep(0.25)
    yield
    await db.close()


@pytest.mark.databases("sqlite")
async def test_a_block_that_is_none_of_the_routers(routed: None) -> None:
    async with atomic("shard"):
        for attempt, home in (
            (lambda: Site.objects.all(), "replica"),
            (lambda: Site.objects.create(name="new"), "primary"),
            (lambda: atomic().__aenter__(), "primary"),
        ):
            with pytest.raises(TransactionError) as caught:
                await attempt()
            message = str(caught.value)
            assert repr(home) in message
            assert "'shard'" in message
            assert "using='shard'" in message
        await Site.objects.create(name="new", using="shard")
        assert await Site.objects.count(using="shard") == 2
    assert await Site.objects.count(using="primary") == 1


@pytest.mark.databases("sqlite")
async def test_a_block_on_a_replica_reads_only(routed: None) -> None:
    async with atomic("replica", read_only=True):
        assert (await Site.objects.get()).name == "replica"
        with pytest.raises(TransactionError, match="this write to 'primary'"):
            await Site.objects.create(name="new")
        row = await Site.objects.get(using="primary")
        with pytest.raises(TransactionError, match="'primary'"):
            await row.save()


@pytest.mark.databases("sqlite")
async def test_rows_of_a_replica_in_a_block_on_the_primary(routed: None) -> None:
    row = await Site.objects.get()
    assert row.name == "replica"
    row.name = "changed"
    with contextlib.suppress(Stop):
        async with atomic():
            await row.save()
            assert (await Site.objects.get()).name == "changed"
            raise Stop
    assert (await Site.objects.get(using="primary")).name == "primary"


@pytest.mark.databases("sqlite")
async def test_after_a_block_that_wrote_the_primary_is_read(routed: None) -> None:
    async with atomic():
        await Site.objects.create(name="new")
        await asyncio.sleep(0.3)
    assert await Site.objects.count() == 2
