"""A server that no longer answers costs its callers no more than their own limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from support.proxy import Proxy

from oxyde import PoolSettings, db, execute_raw

pytestmark = pytest.mark.databases("postgres", "mysql", "mariadb")

SIZE = 5


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[Proxy]:
    with Proxy(url) as proxy:
        settings = PoolSettings(max_connections=SIZE, acquire_timeout=2)
        await db.init(proxy.url, settings=settings)
        sleep = "pg_sleep(0.1)::text" if url.startswith("postgres") else "SLEEP(0.1)"
        await asyncio.gather(*(execute_raw(f"SELECT {sleep} AS slept") for _ in range(SIZE)))
        assert db.get_connection().status()["size"] == SIZE
        # From now on, they are tested before they are used.
        await asyncio.sleep(1.1)
        yield proxy
        await db.close()


async def test_a_new_connection_replaces_many_that_do_not_answer(proxy: Proxy) -> None:
    proxy.strike("half-open")
    started = time.monotonic()
    assert await execute_raw("SELECT 7 AS n") == [{"n": 7}]
    assert time.monotonic() - started < 2
    answers = await asyncio.gather(*(execute_raw("SELECT 8 AS n") for _ in range(2 * SIZE)))
    assert answers == [[{"n": 8}]] * (2 * SIZE)
    for _ in range(160):  # until the tests have ended
        if db.get_connection().status()["size"] <= SIZE:
            break
        await asyncio.sleep(0.05)
    assert db.get_connection().status()["size"] <= SIZE


async def test_connections_that_answer_are_kept(proxy: Proxy) -> None:
    answers = await asyncio.gather(*(execute_raw("SELECT 9 AS n") for _ in range(2 * SIZE)))
    assert answers == [[{"n": 9}]] * (2 * SIZE)
    assert db.get_connection().status() == {"size": SIZE, "idle": SIZE, "in_use": 0, "waiting": 0}


async def test_a_pool_is_closed_in_time(proxy: Proxy) -> None:
    proxy.strike("half-open")
    waiting = asyncio.ensure_future(execute_raw("SELECT 1 AS n"))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(db.close(), 3)
    done, _ = await asyncio.wait([waiting], timeout=5)
    assert done
    # An answer over a new connection, or that the pool is closed.
    waiting.exception()


async def test_connecting_can_be_left(url: str) -> None:
    with Proxy(url) as proxy:
        proxy.welcome = "half-open"
        started = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(db.init(proxy.url), 0.5)
        assert time.monotonic() - started < 2
