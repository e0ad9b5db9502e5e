"""Faults under their own names: time limits, locks, read-only places, too many connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, create_tables, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    DatabaseError,
    LockTimeoutError,
    QueryTimeoutError,
    ReadOnlyError,
    TooManyConnectionsError,
    UniqueViolationError,
)


class Named(Model):
    class Meta:
        is_table = True
        table_name = "error_named"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=20)


@pytest.fixture
async def row(database: AsyncDatabase) -> AsyncIterator[Named]:
    await create_tables(models=[Named])
    yield await Named.objects.create(text="a")
    await db.drop_tables(models=[Named])


async def test_a_write_in_a_read_only_transaction(row: Named) -> None:
    with pytest.raises(ReadOnlyError) as caught:
        async with atomic(read_only=True):
            await Named.objects.create(text="b")
    assert caught.value.retryable is False
    assert caught.value.code
    assert await Named.objects.count() == 1


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_lock_that_is_taken(row: Named) -> None:
    async with atomic():
        await Named.objects.filter(id=row.id).for_update().get()
        with pytest.raises(LockTimeoutError) as caught, db.detached():
            async with atomic():
                await Named.objects.filter(id=row.id).for_update(nowait=True).get()
    assert caught.value.retryable is True
    assert caught.value.code


async def test_an_error_has_its_sqlstate_and_host(row: Named, flavour: str) -> None:
    with pytest.raises(UniqueViolationError) as twice:
        await Named.objects.create(id=row.id, text="b")
    with pytest.raises(DatabaseError) as missing:
        async with atomic():
            await execute_raw("SELECT * FROM error_missing")
    states = {
        "postgres": ("23505", "42P01"),
        "mysql": ("23000", "42S02"),
        "mariadb": ("23000", "42S02"),
        "sqlite": (None, None),
    }
    assert (twice.value.sqlstate, missing.value.sqlstate) == states[flavour]
    for error in (twice.value, missing.value):
        assert (error.host is None) == (flavour == "sqlite")
        assert error.retryable is False


@pytest.mark.databases("postgres")
async def test_a_statement_whose_table_changed_is_prepared_again(
    row: Named, server: Server
) -> None:
    async def read() -> int:
        async with atomic():
            return len((await execute_raw("SELECT * FROM error_named"))[0])

    assert await read() == 2
    server.execute("ALTER TABLE error_named ADD COLUMN more int")
    with pytest.raises(DatabaseError) as caught:
        await read()
    assert caught.value.sqlstate == "0A000"
    assert caught.value.retryable is True
    assert await read() == 3


@pytest.mark.databases("postgres")
async def test_a_connection_to_a_read_only_server_is_not_used_again(row: Named, url: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    # Only sessions that begin afterwards are read-only.
    await execute_raw(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await db.init(failed=url, settings=PoolSettings(max_connections=1))
    await execute_raw(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    try:
        with pytest.raises(ReadOnlyError):
            await Named.objects.create(text="b", using="failed")
        await Named.objects.create(text="c", using="failed")
    finally:
        await db.get_connection("failed").disconnect()


LONG = (
    "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
    "information_schema.columns c"
)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_time_limit_of_the_server(row: Named, flavour: str) -> None:
    limited = {
        "postgres": ("SELECT pg_sleep(5)::text", "57014"),
        "mysql": (LONG.replace("SELECT", "SELECT /*+ MAX_EXECUTION_TIME(50) */", 1), "3024"),
        "mariadb": (f"SET STATEMENT max_statement_time = 0.05 FOR {LONG}", "1969"),
    }
    sql, code = limited[flavour]
    with pytest.raises(QueryTimeoutError) as caught:
        async with atomic():
            if flavour == "postgres":
                await execute_raw("SET LOCAL statement_timeout = '50ms'")
            await execute_raw(sql)
    assert caught.value.code == code
    assert caught.value.retryable is False
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, DatabaseError)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_too_many_connections(server: Server, url: str, flavour: str) -> None:
    if flavour == "postgres":
        server.execute("CREATE ROLE error_names LOGIN CONNECTION LIMIT 0")
    else:
        server.execute("CREATE USER error_names WITH MAX_USER_CONNECTIONS 1")
        server.execute("GRANT ALL ON *.* TO error_names")
    parts = urlsplit(url)
    limited = urlunsplit(parts._replace(netloc=f"error_names@{parts.netloc.rpartition('@')[2]}"))
    try:
        with pytest.raises(TooManyConnectionsError) as caught:
            await db.init(limited, settings=PoolSettings(max_connections=2))
            async with atomic():
                await execute_raw("SELECT 1 AS n")
                with db.detached():
                    await execute_raw("SELECT 1 AS n")
        assert caught.value.retryable is True
        assert caught.value.code in ("53300", "1226")
    finally:
        await db.close()
        kind = "ROLE" if flavour == "postgres" else "USER"
        server.execute(f"DROP {kind} error_names")
