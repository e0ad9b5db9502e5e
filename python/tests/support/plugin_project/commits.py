"""Tests with real transactions, after which the tables are as before."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.testclient import TestClient
from journal import Entry, Writer

from oxyde import AsyncDatabase, atomic, db, get_connection
from web import app

pytestmark = pytest.mark.oxyde(transaction=True)


async def seed(database: AsyncDatabase) -> None:
    """The rows of every test."""
    eve = await Writer.objects.create(name="Eve")
    first = await Entry.objects.create(text="seeded", writer=eve)
    await Entry.objects.create(text="an answer", writer=eve, answers=first)


@pytest.mark.parametrize("time", [1, 2])
async def test_it_begins_with_the_seed(time: int) -> None:
    assert [writer.name for writer in await Writer.objects.all()] == ["Eve"]
    seeded, answer = await Entry.objects.order_by("id").all()
    assert (seeded.text, answer.answers_id) == ("seeded", seeded.id)
    await Entry.objects.filter(id=answer.id).delete()
    writer = await Writer.objects.create(name="Ann")
    await Entry.objects.create(text="an answer", writer=writer, answers=seeded)
    await Writer.objects.filter(name="Eve").update(name="Eva")


@pytest.mark.oxyde(reset_sequences=True)
async def test_sequences_are_reset_after_it() -> None:
    await Writer.objects.bulk_create([Writer(name=f"{number}") for number in range(50)])


async def test_sequences_were_reset() -> None:
    writer = await Writer.objects.create(name="Ann")
    assert writer.id is not None
    assert writer.id <= 2


@pytest.mark.oxyde(transaction=False)
async def test_the_seed_in_a_rollback() -> None:
    assert await Entry.objects.count() == 2
    await Entry.objects.filter(text="an answer").delete()


async def test_connections_of_their_own() -> None:
    inside, outside = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with atomic():
            await Writer.objects.filter(name="Eve").count()
            inside.set()
            await outside.wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    if get_connection().backend != "sqlite":  # one file, one writer
        async with atomic():
            await Writer.objects.create(name="Ann")
            with db.detached():
                assert await Writer.objects.filter(name="Ann").count() == 0
    assert await Writer.objects.filter(name="Eve").count() == 1
    outside.set()
    await task


def test_a_lifespan_opens_a_pool() -> None:
    with TestClient(app) as client:
        assert client.post("/writers/Ann").status_code == 201
        assert client.get("/writers").json() == ["Ann", "Eve"]
        assert client.post("/entries").json() == 8


def test_and_leaves_nothing() -> None:
    assert TestClient(app).get("/writers").json() == ["Eve"]
