"""Several databases by name, `using=`, `client=`, and the lifespan of a web application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import ManagerError, OxydeError


class Event(Model):
    class Meta:
        is_table = True
        table_name = "databases_event"

    id: int | None = Field(default=None, db_pk=True)
    kind: str


class Label(Model):
    class Meta:
        is_table = True
        table_name = "databases_label"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Place(Model):
    class Meta:
        is_table = True
        table_name = "databases_place"

    id: int | None = Field(default=None, db_pk=True)
    event: Event | None = None
    labels: list[Label] = Field(db_m2m=True)


@pytest.fixture
async def both(url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The tested database as `default`, a SQLite file as `archive`."""
    await db.init(default=url, archive=f"sqlite:///{tmp_path / 'archive.db'}")
    for name in ("default", "archive"):
        await db.create_tables(models=[Event, Label, Place], using=name)
    yield url
    await db.close()


async def test_every_verb_takes_using(both: str) -> None:
    here = await Event.objects.create(kind="here")
    there = await Event.objects.create(kind="there", using="archive")
    await Event.objects.bulk_create([{"kind": "bulk"}] * 3, using="archive")
    assert await Event.objects.count() == 1
    assert await Event.objects.count(using="archive") == 4
    assert (await Event.objects.get(kind="there", using="archive")).id == there.id
    assert [event.kind for event in await Event.objects.all()] == ["here"]
    assert len(await Event.objects.filter(kind="bulk").all(using="archive")) == 3
    assert await Event.objects.filter(kind="bulk").update(kind="moved", using="archive") == 3
    assert await Event.objects.filter(kind="moved").exists(using="archive")
    assert not await Event.objects.filter(kind="moved").exists()
    assert await Event.objects.filter(kind="moved").delete(using="archive") == 3
    assert (await execute_raw("SELECT kind FROM databases_event", using="archive")) == [
        {"kind": "there"}
    ]
    _event, created = await Event.objects.get_or_create(kind="new", using="archive")
    assert created
    assert here.kind == "here"
    assert await Event.objects.filter(kind="new").count() == 0


async def test_an_instance_goes_back_to_where_it_came_from(both: str) -> None:
    await Event.objects.create(kind="a", using="archive")
    event = await Event.objects.get(kind="a", using="archive")
    event.kind = "b"
    await event.save()
    assert await Event.objects.filter(kind="b").count(using="archive") == 1
    await event.refresh()
    assert await event.delete() == 1
    assert await Event.objects.count(using="archive") == 0


async def test_transactions_are_of_one_database(both: str) -> None:
    with pytest.raises(ValueError, match="back"):
        async with atomic(using="archive"):
            await Event.objects.create(kind="gone", using="archive")
            await Event.objects.create(kind="stays", using="default")
            raise ValueError("back")
    assert await Event.objects.count(using="archive") == 0
    assert await Event.objects.values_list("kind", flat=True) == ["stays"]


async def test_a_client_instead_of_a_name(both: str) -> None:
    archive = db.get_connection("archive")
    await Event.objects.create(kind="a", client=archive)
    assert await Event.objects.count(client=archive) == 1
    with pytest.raises(OxydeError):
        await Event.objects.count(client=archive, using="archive")


async def test_an_unknown_name_says_which_there_are(both: str) -> None:
    for attempt in (
        lambda: Event.objects.count(using="archiv"),
        lambda: execute_raw("SELECT 1", using="archiv"),
        lambda: db.create_tables(models=[Event], using="archiv"),
    ):
        with pytest.raises(OxydeError) as caught:
            await attempt()
        assert "archiv" in str(caught.value)
        assert "archive" in str(caught.value)


async def test_connect_is_a_block(url: str) -> None:
    async with db.connect(url) as database:
        assert isinstance(database, AsyncDatabase)
        assert database.connected
        await db.create_tables(models=[Event])
        await Event.objects.create(kind="a")
    assert not database.connected
    with pytest.raises(OxydeError):
        await Event.objects.count()


async def test_opening_again_replaces_the_pool(url: str) -> None:
    await db.init(url)
    first = db.get_connection()
    await db.init(url, settings=PoolSettings(max_connections=2))
    assert not first.connected
    assert db.get_connection().settings.max_connections == 2
    await db.close()
    await db.close()


async def test_no_database_is_an_error() -> None:
    with pytest.raises(OxydeError):
        await db.init()
    with pytest.raises(OxydeError) as caught:
        await Event.objects.count()
    assert "init" in str(caught.value)


def test_the_lifespan_of_an_application(url: str) -> None:
    async def prepare() -> None:
        async with db.connect(url):
            await db.create_tables(models=[Event])

    asyncio.run(prepare())
    app = FastAPI(lifespan=db.lifespan(url))

    @app.post("/events")
    async def create(event: Event) -> Event:
        return await Event.objects.create(instance=event)

    @app.get("/events")
    async def read() -> list[Event]:
        return await Event.objects.order_by("id").all()

    @app.post("/fail")
    async def fail() -> None:
        async with atomic():
            await Event.objects.create(kind="undone")
            raise RuntimeError("after the write")

    async def use(number: int) -> None:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            made = await client.post("/events", json={"kind": f"a{number}"})
            assert made.json()["kind"] == f"a{number}"
            assert (await client.post("/events", json={"kind": 5})).status_code == 422
            assert (await client.post("/fail")).status_code == 500
            events: list[dict[str, Any]] = (await client.get("/events")).json()
            assert [event["kind"] for event in events] == [f"a{n}" for n in range(number + 1)]

    for number in range(2):  # an application that is started twice in one process
        asyncio.run(use(number))


def test_event_loops_one_after_another(url: str) -> None:
    async def work(number: int) -> int:
        async with db.connect(url):
            if number == 0:
                await db.create_tables(models=[Event])
            await asyncio.gather(*(Event.objects.create(kind=str(number)) for _ in range(5)))
            return await Event.objects.count()

    assert [asyncio.run(work(number)) for number in range(3)] == [5, 10, 15]


async def test_rows_do_not_refer_to_another_database(both: str) -> None:
    far = await Event.objects.create(kind="far", using="archive")
    near = await Event.objects.create(kind="near")
    with pytest.raises(ManagerError, match=r"Place\.event.*'archive'.*'default'"):
        await Place.objects.create(event=far)
    with pytest.raises(ManagerError, match="archive"):
        await Place.objects.bulk_create([Place(event=near), Place(event=far)])
    assert await Place.objects.count() == 0
    place = await Place.objects.create(event=near)
    place.event = await Event.objects.using("archive").get(kind="far")
    with pytest.raises(ManagerError, match="archive"):
        await place.save()
    await place.refresh()
    assert place.event_id == near.id  # type: ignore[attr-defined]
    label = await Label.objects.create(name="far", using="archive")
    with pytest.raises(ManagerError, match=r"labels.*archive"):
        await place.labels_set.add(label)  # type: ignore[attr-defined]
    assert await place.labels_set.count() == 0  # type: ignore[attr-defined]


async def test_names_of_one_url_are_one_database(url: str, tmp_path: Path) -> None:
    await db.init(default=url, again=url)
    try:
        await db.create_tables(models=[Event, Label, Place])
        event = await Event.objects.create(kind="a", using="again")
        assert (await Place.objects.create(event=event)).event_id == event.id  # type: ignore[attr-defined]
    finally:
        await db.close()


@pytest.mark.databases("postgres")
async def test_a_schema_for_each_tenant(url: str) -> None:
    await db.init(url)
    await execute_raw("CREATE SCHEMA tenant_a")
    await execute_raw("CREATE SCHEMA tenant_b")
    await db.close()
    split = "&" if "?" in url else "?"
    await db.init(
        default=f"{url}{split}pg_search_path=tenant_a", b=f"{url}{split}pg_search_path=tenant_b"
    )
    try:
        for name in ("default", "b"):
            await db.create_tables(models=[Event], using=name)
            await Event.objects.bulk_create([{"kind": name}] * 1500, using=name)
        assert await Event.objects.distinct().values_list("kind", flat=True) == ["default"]
        assert await Event.objects.using("b").filter(kind="b").count() == 1500
        found = await execute_raw(
            "SELECT table_schema FROM information_schema.tables WHERE table_name = $1 ORDER BY 1",
            [Event.get_table_name()],
        )
        assert [row["table_schema"] for row in found] == ["tenant_a", "tenant_b"]
    finally:
        await db.close()
    with pytest.raises(OxydeError, match="pg_search_path"):
        await db.init(url, settings=PoolSettings(pg_search_path="a", pg_pooler="transaction"))
