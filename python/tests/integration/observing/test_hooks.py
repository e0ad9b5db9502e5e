"""`db.on_query` and `db.on_event`: what runs, and what the pools do."""

from __future__ import annotations

import asyncio
import logging

import pytest
from support.correspondence import Account, Letter

from oxyde import Count, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, OxydeError
from oxyde.observe import Event, Statement


async def test_statements(letters: AsyncDatabase) -> None:
    seen: list[Statement] = []
    with db.on_query(seen.append) as subscription:
        await Letter.objects.filter(title__startswith="Ann").order_by("id").all()
        await Letter.objects.filter(id=0).update(title="x")
        await Account.objects.create(name="Dee", password="hidden")
        await Letter.objects.filter(id=0).delete()
        async with atomic():
            await Letter.objects.count()
        assert subscription.hook == seen.append
    await Letter.objects.all()
    kinds = [statement.kind for statement in seen]
    assert kinds == ["select", "update", "insert", "delete", "begin", "select", "commit"]
    select, _, insert, _, begin, count, _ = seen
    assert (select.model, select.table, select.rows) == ("Letter", "mail_letter", 3)
    assert select.columns == ["Letter.title"]
    assert select.database == "default"
    assert 0 < select.seconds < 10
    assert select.pool_wait < select.seconds
    assert not select.in_transaction
    assert count.in_transaction
    assert begin.model is None
    assert insert.parameters == ["Dee", "***"]
    assert select.place is not None
    assert select.place.filename == __file__
    assert select.place.function == "test_statements"
    assert select.fingerprint != count.fingerprint
    assert len(select.fingerprint) == 16
    assert select.error is None


async def test_failed_statements(letters: AsyncDatabase) -> None:
    seen: list[Statement] = []
    with db.on_query(seen.append), pytest.raises(DatabaseError):
        await execute_raw("SELECT nothing FROM mail_letter")
    [statement] = seen
    assert isinstance(statement.error, DatabaseError)
    assert statement.rows is None
    seen.clear()


async def test_all_ways_to_run_a_statement(letters: AsyncDatabase) -> None:
    seen: list[Statement] = []
    with db.on_query(seen.append):
        async for _ in Letter.objects.iterate(chunk_size=2):
            pass
        await Letter.objects.raw("SELECT * FROM mail_letter")
        await Letter.objects.filter(id=1).explain()
        await Account.objects.annotate(n=Count("letters")).values_list("n")
        async with atomic() as block:
            async for _ in Letter.objects.iterate(chunk_size=2, client=block):
                pass
            await Letter.objects.bulk_update([], ["title"])
    assert [statement.kind for statement in seen] == [
        "select",
        "select",
        "explain",
        "select",
        "begin",
        "select",
        "commit",
    ]


async def test_a_hook_that_fails_changes_nothing(
    letters: AsyncDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Statement] = []

    def fail(statement: Statement) -> None:
        raise ZeroDivisionError

    with db.on_query(fail), db.on_query(seen.append):
        assert len(await Letter.objects.all()) == 9
    assert len(seen) == 1
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "a hook failed" in record.getMessage()


async def test_a_hook_may_run_queries_of_its_own(letters: AsyncDatabase) -> None:
    tasks: list[asyncio.Task[int]] = []

    def count(statement: Statement) -> None:
        if not tasks:
            tasks.append(asyncio.get_running_loop().create_task(_count()))

    with db.on_query(count):
        await Letter.objects.all()
        assert await tasks[0] == 9


async def _count() -> int:
    return await Letter.objects.count()


def test_refused() -> None:
    with pytest.raises(TypeError, match="a hook is a function"):
        db.on_query(3)  # type: ignore[arg-type]


async def test_hooks_are_called_for_every_thread(letters: AsyncDatabase, url: str) -> None:
    seen: list[Statement] = []

    async def other() -> None:
        database = AsyncDatabase(url, name="elsewhere")
        await database.connect()
        await Letter.objects.count(client=database)
        await database.disconnect()

    with db.on_query(seen.append):
        await asyncio.to_thread(asyncio.run, other())
    assert [statement.database for statement in seen] == ["elsewhere"]


async def _events_of(url: str, settings: PoolSettings) -> list[Event]:
    seen: list[Event] = []
    with db.on_event(seen.append):
        async with db.connect(url, settings=settings):
            await execute_raw("SELECT 1")
            with pytest.raises(DatabaseError):
                await execute_raw("SELECT nothing FROM nowhere")
            await asyncio.gather(*[execute_raw("SELECT 1") for _ in range(3)])
    return seen


async def test_events(url: str) -> None:
    seen = await _events_of(url, PoolSettings(max_connections=2))
    kinds = [event.kind for event in seen]
    assert kinds.count("acquire") == 5
    assert kinds.count("release") == 5
    [error] = [event for event in seen if event.kind == "error"]
    assert error.message is not None
    assert "no" in error.message.lower()
    assert all(event.seconds is not None for event in seen if event.kind == "acquire")
    assert {event.database for event in seen} == {"default"}


async def test_events_of_connections(url: str) -> None:
    seen: list[Event] = []
    async with db.connect(url, settings=PoolSettings(max_connections=3)):
        with db.on_event(seen.append):
            async with atomic():
                await asyncio.gather(*[_outside() for _ in range(2)])
            await asyncio.sleep(0.05)
        count = len(seen)
        await execute_raw("SELECT 1")
        await asyncio.sleep(0.05)
        assert len(seen) == count
    opened = [event for event in seen if event.kind == "connect"]
    assert opened
    assert all(event.seconds and event.seconds > 0 for event in opened)


async def _outside() -> None:
    with db.detached():
        await execute_raw("SELECT 1")


@pytest.mark.databases("sqlite")
async def test_on_event_needs_the_loop(letters: AsyncDatabase) -> None:
    def elsewhere() -> None:
        with pytest.raises(OxydeError, match="outside of the event loop"):
            db.on_event(print)

    await asyncio.to_thread(elsewhere)


async def test_statistics(letters: AsyncDatabase) -> None:
    before = db.stats()["default"]
    await Letter.objects.count()
    with pytest.raises(DatabaseError):
        await execute_raw("SELECT nothing FROM nowhere")
    after = db.stats()["default"]
    assert after.statements - before.statements == 2
    assert after.errors - before.errors == 1
    assert after.acquired - before.acquired == 2
    assert after.size >= after.idle >= 1
    assert (after.in_use, after.waiting, after.timeouts) == (0, 0, 0)
    assert after.max == 10
    assert after.plans_kept > 0
    await Letter.objects.filter(title="x", id=7).exists()
    compiled = db.stats()["default"].plans_compiled
    await Letter.objects.filter(title="y", id=8).exists()
    assert db.stats()["default"].plans_compiled == compiled
    assert after.opened >= 1


async def test_prometheus(letters: AsyncDatabase) -> None:
    lines = db.prometheus().splitlines()
    assert "# TYPE oxyde_statements_total counter" in lines
    assert 'oxyde_pool_max_connections{database="default"} 10' in lines
    samples = [line for line in lines if not line.startswith("#")]
    has_server = db.stats()["default"].host is not None
    assert len({line.split("{")[0] for line in samples}) == len(samples) == 17 + has_server


async def test_stopping_twice(letters: AsyncDatabase) -> None:
    subscription = db.on_query(print)
    subscription.stop()
    subscription.stop()
