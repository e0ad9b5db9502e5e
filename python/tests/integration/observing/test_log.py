"""The logger `oxyde.sql`: every statement, where it was asked for, and nothing secret."""

from __future__ import annotations

import logging
import re

import pytest
from support.correspondence import MODELS, Account, Letter

from oxyde import PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, UniqueViolationError

HERE = "test_log.py"


def texts(log: pytest.LogCaptureFixture) -> list[str]:
    """The messages of `oxyde.sql`, oldest first."""
    return [each.getMessage() for each in log.records if each.name == "oxyde.sql"]


async def test_nothing_is_logged_unless_asked(
    letters: AsyncDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await Letter.objects.all()
    assert texts(caplog) == []


async def test_a_statement(letters: AsyncDatabase, sql_log: pytest.LogCaptureFixture) -> None:
    await Letter.objects.filter(title="Ann 0").all()
    [text] = texts(sql_log)
    assert re.match(
        r"default \d+\.\d\d ms \(\d+\.\d\d waiting for a connection\), 1 row: SELECT ", text
    )
    assert "mail_letter" in text
    assert re.search(rf"\[[0-9a-f]{{16}}\] at .*{HERE}:\d+ \(test_a_statement\)$", text)
    assert "Ann 0" not in text
    [record] = sql_log.records
    assert record.levelno == logging.DEBUG
    assert record.statement.model == "Letter"  # type: ignore[attr-defined]


async def test_blocks(letters: AsyncDatabase, sql_log: pytest.LogCaptureFixture) -> None:
    async with atomic():
        async with atomic():
            await Letter.objects.filter(id=1).update(title="new")
        with pytest.raises(ZeroDivisionError):
            async with atomic():
                _ = 1 / 0
    with pytest.raises(ZeroDivisionError):
        async with atomic():
            _ = 1 / 0
    found = [re.split(r": ", text, maxsplit=1)[1].split(" [")[0] for text in texts(sql_log)]
    assert [text.split(" oxyde_")[0].split(' "')[0].split(" `")[0] for text in found] == [
        "BEGIN",
        "SAVEPOINT",
        "UPDATE",
        "RELEASE SAVEPOINT",
        "SAVEPOINT",
        "ROLLBACK TO SAVEPOINT",
        "COMMIT",
        "BEGIN",
        "ROLLBACK",
    ]
    assert all(HERE in text for text in texts(sql_log))


async def test_prefetches_and_bulk_writes(
    letters: AsyncDatabase, sql_log: pytest.LogCaptureFixture
) -> None:
    accounts = await Account.objects.prefetch("letters__stamps").all()
    assert len(texts(sql_log)) == 3
    sql_log.clear()
    new = [Letter(title=f"bulk {number}", account=accounts[0]) for number in range(1200)]
    await Letter.objects.bulk_create(new)
    [text] = [text for text in texts(sql_log) if "BEGIN" not in text and "COMMIT" not in text]
    assert "1200 rows: " in text
    assert "[1200 rows given]" in text
    assert ("COPY " if letters.backend == "postgres" else "INSERT ") in text


async def test_raw_sql_and_errors(
    letters: AsyncDatabase, sql_log: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DatabaseError) as caught:
        await execute_raw("SELECT nothing FROM mail_letter")
    [text] = texts(sql_log)
    assert f"failed ({type(caught.value).__name__}): SELECT nothing FROM mail_letter" in text
    assert caught.value.statement == "SELECT nothing FROM mail_letter"
    assert caught.value.model is None
    assert HERE in str(caught.value.place)


async def test_errors_name_statement_model_and_place(letters: AsyncDatabase) -> None:
    with pytest.raises(UniqueViolationError) as caught:
        await Account.objects.create(name="Ann", password="very secret")
    error = caught.value
    assert error.statement is not None
    assert error.statement.startswith("INSERT INTO ")
    assert error.model is Account
    assert HERE in str(error.place)
    notes = "\n".join(getattr(error, "__notes__", []))
    assert "very secret" not in str(error) + notes + error.statement


async def test_parameters_only_when_asked_and_never_secrets(
    url: str, sql_log: pytest.LogCaptureFixture
) -> None:
    async with db.connect(url, settings=PoolSettings(log_parameters=True)):
        await db.create_tables(models=MODELS)
        account = await Account.objects.create(name="Ann", password="hunter2")
        await Account.objects.filter(name="Ann", password="hunter2").exists()
        await Account.objects.filter(id=account.id).update(password="hunter2")
        await Letter.objects.filter(account__password__startswith="hunter2").all()
        await Account.objects.bulk_create([Account(name="Bob", password="hunter2")])  # type: ignore[arg-type]
        account.password = "hunter2"  # type: ignore[assignment]
        await account.save()
        logged = "\n".join(texts(sql_log))
        assert "hunter2" not in logged
        assert "['Ann', '***']" in logged
        await db.drop_tables(models=MODELS)


async def test_slow_queries(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with db.connect(url, settings=PoolSettings(slow_query=1e-9)):
        await execute_raw("SELECT 1")
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert record.getMessage().startswith("slow query: default ")
    caplog.clear()
    async with db.connect(url, settings=PoolSettings(slow_query=60)):
        await execute_raw("SELECT 1")
        assert caplog.records == []


async def test_the_wait_for_a_connection_is_told_apart(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    import asyncio

    settings = PoolSettings(slow_query=0.05, max_connections=1)
    async with db.connect(url, settings=settings) as database:
        begun, leave = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async with atomic():
                await execute_raw("SELECT 1")
                begun.set()
                await leave.wait()

        holder = asyncio.create_task(hold())
        await begun.wait()
        waiting = asyncio.create_task(database.fetch_raw("SELECT 2", [], []))
        await asyncio.sleep(0.1)
        leave.set()
        await asyncio.gather(holder, waiting)
        [text] = [text for text in texts(caplog) if "SELECT 2" in text]
        found = re.search(r"([\d.]+) ms \(([\d.]+) waiting", text)
        assert found
        assert 50 < float(found[2]) <= float(found[1])
        stats = db.stats()["default"]
        assert stats.waits >= 1
        assert stats.wait_seconds > 0.05


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="slow_query is above zero seconds"):
        PoolSettings(slow_query=0)


async def test_a_query_prints_its_sql(letters: AsyncDatabase) -> None:
    query = Letter.objects.filter(title="secret title").order_by("id")
    assert str(query) == query.sql()[0]
    assert "secret title" not in str(query)
