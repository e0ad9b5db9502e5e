"""Settings of a transaction: they end with it, whatever happens."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, TransactionError, UnsupportedFeatureError

ASK = "SELECT current_setting('app.tenant', true) AS tenant"


async def tenant() -> str | None:
    found: str | None = (await execute_raw(ASK))[0]["tenant"]
    return found or None


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    ("given", "found"),
    [("7", "7"), (7, "7"), (True, "true"), (1.5, "1.5"), ("o'\\\"é\n", "o'\\\"é\n")],
)
async def test_a_setting_ends_with_its_block(
    database: AsyncDatabase, given: Any, found: str
) -> None:
    async with atomic(settings={"app.tenant": given}):
        assert await tenant() == found
        async with atomic():
            assert await tenant() == found
    assert await tenant() is None
    with pytest.raises(RuntimeError, match="enough"):
        async with atomic(settings={"app.tenant": given}):
            raise RuntimeError("enough")
    assert await tenant() is None


@pytest.mark.databases("postgres")
async def test_the_connection_is_not_replaced_or_reset(database: AsyncDatabase) -> None:
    asked = "SELECT pg_backend_pid() AS pid"
    pids = set()
    for number in range(3):
        async with atomic(settings={"app.tenant": number, "statement_timeout": "5s"}):
            pids.add((await execute_raw(asked))[0]["pid"])
    assert len(pids) == 1


@pytest.mark.databases("postgres")
async def test_it_decorates_a_function(database: AsyncDatabase) -> None:
    @atomic(settings={"app.tenant": "a"})
    async def ask() -> str | None:
        return await tenant()

    assert [await ask(), await tenant(), await ask()] == ["a", None, "a"]


@pytest.mark.databases("postgres")
async def test_a_setting_that_the_server_refuses(database: AsyncDatabase) -> None:
    with pytest.raises(DatabaseError, match="no_such_setting"):
        async with atomic(settings={"app.tenant": "a", "no_such_setting": "1"}):
            pytest.fail("entered")
    assert db.get_active_transaction() is None
    assert await tenant() is None


@pytest.mark.databases("postgres")
async def test_a_nested_block_has_none_of_its_own(database: AsyncDatabase) -> None:
    async with atomic(settings={"app.tenant": "outer"}):
        with pytest.raises(TransactionError, match="nested"):
            async with atomic(settings={"app.tenant": "inner"}):
                pytest.fail("entered")
        assert await tenant() == "outer"


@pytest.mark.parametrize(
    "settings",
    [{"a b": "1"}, {"": "1"}, {'a"; DROP TABLE t; --': "1"}, {"a.b": None}, {"a.b": "\0"}, "a=1"],
)
async def test_what_is_not_a_setting(settings: Any) -> None:
    with pytest.raises(TransactionError, match="setting"):
        atomic(settings=settings)


@pytest.mark.databases("mysql", "mariadb", "sqlite")
async def test_other_databases_have_none(database: AsyncDatabase) -> None:
    with pytest.raises(UnsupportedFeatureError, match="not PostgreSQL"):
        async with atomic(settings={"app.tenant": "a"}):
            pytest.fail("entered")
    assert db.get_active_transaction() is None
