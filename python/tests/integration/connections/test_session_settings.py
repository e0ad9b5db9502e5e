"""PoolSettings(session=…): settings of the server for every session of a pool."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.servers import Server

from oxyde import PoolSettings, db, execute_raw
from oxyde.exceptions import DatabaseError, OxydeError

MYSQL = pytest.mark.databases("mysql", "mariadb")
POSTGRES = pytest.mark.databases("postgres")


def _with(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"


@POSTGRES
async def test_on_postgres(url: str) -> None:
    session = {"statement_timeout": "7s", "app.tenant": "it's a \\ b", "enable_seqscan": False}
    read = (
        "SELECT current_setting('statement_timeout') AS a, current_setting('app.tenant') AS b, "
        "current_setting('enable_seqscan') AS c"
    )
    wanted = [{"a": "7s", "b": "it's a \\ b", "c": "off"}]
    async with db.connect(url, settings=PoolSettings(session=session)):
        assert await execute_raw(read) == wanted
        await execute_raw("SET statement_timeout = '3s'")
        await asyncio.gather(*(execute_raw("SELECT pg_sleep(0.02)") for _ in range(3)))
        assert await execute_raw(read) == wanted, "what raw SQL sets does not stay"
    async with db.connect(_with(url, "session=work_mem=4096,lock_timeout=5s")):
        rows = await execute_raw(
            "SELECT current_setting('work_mem') AS a, current_setting('lock_timeout') AS b"
        )
        assert rows == [{"a": "4MB", "b": "5s"}]


@MYSQL
async def test_on_mysql(url: str) -> None:
    session: dict[str, Any] = {"lock_wait_timeout": 7, "lc_time_names": "de_DE"}
    read = "SELECT @@lock_wait_timeout AS a, @@lc_time_names AS b"
    async with db.connect(url, settings=PoolSettings(session=session, max_connections=2)):
        assert await execute_raw(read) == [{"a": 7, "b": "de_DE"}]
        await execute_raw("SET lock_wait_timeout = 9")
        assert await execute_raw(read) == [{"a": 7, "b": "de_DE"}]
    async with db.connect(_with(url, "session=lock_wait_timeout%3D8")):
        assert await execute_raw("SELECT @@lock_wait_timeout AS a") == [{"a": 8}]


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_what_the_server_refuses(url: str) -> None:
    with pytest.raises((DatabaseError, OxydeError), match="no_such_setting"):
        await db.init(url, settings=PoolSettings(session={"no_such_setting": 1}))


@pytest.mark.databases("sqlite")
async def test_sqlite_has_no_sessions(url: str) -> None:
    with pytest.raises(OxydeError, match="setting `session`: does not apply to SQLite"):
        await db.init(url, settings=PoolSettings(session={"cache_size": 1}))


@POSTGRES
async def test_not_behind_a_pooler(url: str) -> None:
    settings = PoolSettings(session={"statement_timeout": 1}, pg_pooler="transaction")
    with pytest.raises(OxydeError, match="would be lost behind a pooler"):
        await db.init(url, settings=settings)


@MYSQL
async def test_what_oxyde_relies_on_is_refused(server: Server) -> None:
    with pytest.raises(OxydeError, match="Oxyde sets `sql_mode` itself"):
        await db.init(server.url, settings=PoolSettings(session={"sql_mode": ""}))


@pytest.mark.databases("sqlite")
def test_invalid_settings() -> None:
    for wrong in ({"a b": 1}, {"a": None}, {"a": "\0"}, 5):
        with pytest.raises(ValueError, match=r"PoolSettings\.session"):
            PoolSettings(session=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"PoolSettings\.commit_timeout"):
        PoolSettings(commit_timeout=0)
    hash(PoolSettings(session={"a": 1}))
