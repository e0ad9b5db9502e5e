"""listen() and notify(): every notification, in order, and gaps that are told."""

from __future__ import annotations

import asyncio
import gc

import pytest
from support.servers import Server

from oxyde import atomic, db
from oxyde.db import AsyncDatabase, Gap, Notification
from oxyde.exceptions import OxydeError, UnsupportedFeatureError

on_postgres = pytest.mark.databases("postgres")


def _listeners(server: Server) -> list[int]:
    rows = server.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'LISTEN%%'"
    )
    return [pid for (pid,) in rows]


async def _one_listens(server: Server) -> None:
    for _ in range(500):
        if _listeners(server):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody listens")


async def _none_left(server: Server) -> None:
    for _ in range(200):
        if not _listeners(server):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(_listeners(server))


@on_postgres
async def test_what_is_sent_is_heard(server: Server, database: AsyncDatabase) -> None:
    async with db.listen("Orders", 'it\'s; odd "x"') as notes:
        for number in range(300):
            await db.notify("Orders", f"é {number}")
        server.execute("""NOTIFY "it's; odd ""x\"\"\"""")
        server.execute("NOTIFY elsewhere, 'no'")
        async with atomic() as block:
            await db.notify("Orders", "undone")
            block.set_rollback()
        heard: list[tuple[str, str]] = []
        async with atomic():
            await db.notify("Orders", "done")
            with pytest.raises((TimeoutError, asyncio.TimeoutError)):
                await asyncio.wait_for(_until(notes, "done", heard), 0.5)
        # Sent by the commit.
        await asyncio.wait_for(_until(notes, "done", heard), 5)
    sent = [("Orders", f"é {number}") for number in range(300)]
    assert heard == [*sent, ('it\'s; odd "x"', ""), ("Orders", "done")]
    await _none_left(server)
    assert database.status()["in_use"] == 0


async def _until(notes: db.Listening, payload: str, heard: list[tuple[str, str]]) -> None:
    async for note in notes:
        assert isinstance(note, Notification)
        assert note.process > 0
        heard.append((note.channel, note.payload))
        if note.payload == payload:
            return


@on_postgres
async def test_a_timeout_loses_nothing(server: Server, database: AsyncDatabase) -> None:
    heard: list[str] = []

    async def send() -> None:
        for number in range(60):
            await db.notify("c", str(number))
            await asyncio.sleep(0.001 * (number % 4))
        await db.notify("c", "end")

    async with db.listen("c") as notes:
        sending = asyncio.create_task(send())
        while not heard or heard[-1] != "end":
            try:
                note = await asyncio.wait_for(anext(notes), 0.002)
            except (TimeoutError, asyncio.TimeoutError):
                continue
            assert isinstance(note, Notification)
            heard.append(note.payload)
        await sending
    assert heard == [*(str(number) for number in range(60)), "end"]


@on_postgres
async def test_a_gap_is_told(server: Server, database: AsyncDatabase) -> None:
    async with db.listen("c") as notes:
        await db.notify("c", "before")
        before = await anext(notes)
        assert isinstance(before, Notification) and before.payload == "before"
        for _ in range(3):
            pids = _listeners(server)
            assert len(pids) == 1
            server.execute("SELECT pg_terminate_backend(%s)", [pids[0]])
            await db.notify("c", "lost")
            found = await asyncio.wait_for(anext(notes), 10)
            assert found == Gap()
            await db.notify("c", "after")
            after = await asyncio.wait_for(anext(notes), 10)
            assert isinstance(after, Notification) and after.payload == "after"
    await _none_left(server)


@on_postgres
async def test_left_and_closed(server: Server, database: AsyncDatabase) -> None:
    async def leave() -> None:
        await db.notify("c", "one")

    notes = db.listen("c")
    waiting = asyncio.ensure_future(anext(notes))
    await _one_listens(server)
    await leave()
    first = await waiting
    assert isinstance(first, Notification) and first.payload == "one"
    del notes, waiting
    gc.collect()
    await _none_left(server)
    # Released while a cancelled call is kept.
    notes = db.listen("c")
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        await asyncio.wait_for(anext(notes), 0.2)
    del notes
    gc.collect()
    await _none_left(server)
    # The pool is closed while somebody waits.
    notes = db.listen("c")
    waiting = asyncio.ensure_future(anext(notes))
    await _one_listens(server)
    await db.close()
    with pytest.raises(OxydeError):
        await asyncio.wait_for(waiting, 5)
    await notes.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(notes)
    await _none_left(server)


@on_postgres
async def test_bad_input(database: AsyncDatabase) -> None:
    for channels in ((), ("",), ("a\0",), ("x" * 64,), (5,)):
        with pytest.raises(OxydeError):
            db.listen(*channels)  # type: ignore[arg-type]
    with pytest.raises(OxydeError, match="7999"):
        await db.notify("c", "x" * 8000)
    await db.notify("c", "x" * 7999)


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_elsewhere_it_is_refused(database: AsyncDatabase) -> None:
    with pytest.raises(UnsupportedFeatureError, match="PostgreSQL"):
        db.listen("c")
    with pytest.raises(UnsupportedFeatureError, match="PostgreSQL"):
        await db.notify("c")
