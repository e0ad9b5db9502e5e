"""Raw SQL that ends a transaction: refused, or reported at once; nothing runs outside unnoticed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from support.servers import Server

from oxyde import Field, Model, atomic, create_tables, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, OxydeError, TransactionError


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "raw_ends_entry"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50)


class Later(Model):
    class Meta:
        is_table = True
        table_name = "raw_ends_later"

    id: int | None = Field(default=None, db_pk=True)


@pytest.fixture
async def entries(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    await create_tables(models=[Entry])
    yield database
    await db.drop_tables(models=[Entry, Later])


async def texts() -> list[str]:
    return sorted([entry.text for entry in await Entry.objects.all()])


ENDS = ("COMMIT", "rollback", "/* a */ BEGIN", "-- a\nSTART TRANSACTION", "; commit")


@pytest.mark.parametrize("sql", ENDS)
@pytest.mark.parametrize("nested", [False, True])
async def test_a_statement_that_ends_the_transaction_is_refused(
    entries: AsyncDatabase, sql: str, nested: bool
) -> None:
    with pytest.raises(TransactionError, match="would end the transaction") as caught:
        async with atomic():
            await Entry.objects.create(text="before")
            async with atomic() if nested else contextlib.nullcontext():
                await execute_raw(sql)
    assert caught.value.hint is not None
    assert "set_rollback()" in caught.value.hint
    assert await texts() == []


@pytest.mark.parametrize("sql", ENDS)
async def test_a_block_continues_after_a_refusal(entries: AsyncDatabase, sql: str) -> None:
    async with atomic():
        await Entry.objects.create(text="first")
        with contextlib.suppress(TransactionError):
            await execute_raw(sql)
        await Entry.objects.create(text="second")
    assert await texts() == ["first", "second"]
    with pytest.raises(KeyError):
        async with atomic():
            with contextlib.suppress(TransactionError):
                await execute_raw(sql)
            await Entry.objects.create(text="third")
            raise KeyError
    assert await texts() == ["first", "second"]


async def test_own_savepoints_are_allowed(entries: AsyncDatabase) -> None:
    async with atomic():
        await Entry.objects.create(text="kept")
        await execute_raw("SAVEPOINT own")
        await Entry.objects.create(text="undone")
        await execute_raw("ROLLBACK TO SAVEPOINT own")
        await execute_raw("RELEASE SAVEPOINT own")
    assert await texts() == ["kept"]


@pytest.mark.databases("mysql", "mariadb")
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE raw_ends_other (id int)",
        "ALTER TABLE raw_ends_entry ADD COLUMN more int",
        "DROP TABLE IF EXISTS raw_ends_other",
        "TRUNCATE raw_ends_entry",
        "LOCK TABLES raw_ends_entry READ",
        "ANALYZE TABLE raw_ends_entry",
    ],
)
async def test_statements_that_commit_implicitly_are_refused(
    entries: AsyncDatabase, sql: str
) -> None:
    with pytest.raises(TransactionError, match="would end the transaction"):
        async with atomic():
            await Entry.objects.create(text="before")
            await execute_raw(sql)
    assert await texts() == []


@pytest.mark.databases("mysql", "mariadb")
async def test_create_tables_in_a_block_that_wrote_is_refused(entries: AsyncDatabase) -> None:
    with pytest.raises(TransactionError, match="`CREATE TABLE` would end"):
        async with atomic():
            await Entry.objects.create(text="before")
            await create_tables(models=[Later])
    with pytest.raises(TransactionError, match="`CREATE TABLE` would end"):
        async with atomic(), atomic():
            await create_tables(models=[Later])
    assert await texts() == []


async def test_what_follows_create_tables_is_in_the_block(entries: AsyncDatabase) -> None:
    with pytest.raises(KeyError):
        async with atomic():
            await create_tables(models=[Later])
            await Entry.objects.create(text="undone")
            raise KeyError
    assert await texts() == []
    async with atomic(isolation="serializable"):
        assert await texts() == []
        await create_tables(models=[Later])
        await Entry.objects.create(text="kept")
    assert await texts() == ["kept"]


@pytest.mark.databases("mysql", "mariadb")
async def test_temporary_tables_are_allowed(entries: AsyncDatabase) -> None:
    with pytest.raises(KeyError):
        async with atomic():
            await Entry.objects.create(text="before")
            await execute_raw("CREATE TEMPORARY TABLE raw_ends_scratch (id int)")
            await execute_raw("DROP TEMPORARY TABLE raw_ends_scratch")
            raise KeyError
    assert await texts() == []


@pytest.mark.databases("mysql", "mariadb")
@pytest.mark.parametrize(
    "sql",
    [
        "CALL raw_ends_commits()",
        "CALL raw_ends_begins()",
        "/*!50000 COMMIT */",
        "/*! ALTER TABLE raw_ends_entry COMMENT 'x' */",
    ],
)
async def test_a_transaction_that_was_ended_is_noticed_at_once(
    entries: AsyncDatabase, server: Server, sql: str
) -> None:
    server.execute("CREATE PROCEDURE raw_ends_commits() BEGIN COMMIT; END")
    server.execute("CREATE PROCEDURE raw_ends_begins() BEGIN START TRANSACTION; END")
    try:
        for swallow in (False, True):
            with pytest.raises(TransactionError, match="ended its transaction") as caught:
                async with atomic():
                    await Entry.objects.create(text="committed")
                    with contextlib.suppress(OxydeError) if swallow else contextlib.nullcontext():
                        await execute_raw(sql)
                    if swallow:
                        # This must not run outside of the transaction.
                        await Entry.objects.create(text="after")
            assert sql in str(caught.value)
        assert set(await texts()) == {"committed"}
        assert await execute_raw("SELECT 1 AS one") == [{"one": 1}]
    finally:
        server.execute("DROP PROCEDURE raw_ends_commits")
        server.execute("DROP PROCEDURE raw_ends_begins")


@pytest.mark.databases("mysql", "mariadb")
async def test_a_procedure_that_keeps_the_transaction_runs_inside(
    entries: AsyncDatabase, server: Server
) -> None:
    server.execute(
        "CREATE PROCEDURE raw_ends_adds(t varchar(50)) "
        "BEGIN INSERT INTO raw_ends_entry (text) VALUES (t); END"
    )
    try:
        async with atomic():
            await execute_raw("SAVEPOINT own")
            await execute_raw("CALL raw_ends_adds(?)", ["undone"])
            await execute_raw("ROLLBACK TO SAVEPOINT own")
            await execute_raw("CALL raw_ends_adds(?)", ["kept"])
        assert await texts() == ["kept"]
        with pytest.raises(DatabaseError):
            async with atomic():
                await execute_raw("CALL raw_ends_adds(?)", ["undone"])
                await execute_raw("CALL raw_ends_missing()")
        assert await texts() == ["kept"]
    finally:
        server.execute("DROP PROCEDURE raw_ends_adds")
