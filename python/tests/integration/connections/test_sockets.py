"""Small messages are sent at once: no socket waits for an acknowledgement of the one before. A host
that was cut off is noticed."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from oxyde import AsyncDatabase, db, execute_raw
from oxyde.db import PoolSettings


def _connected(port: int) -> Iterator[socket.socket]:
    """Copies of this process's sockets that are connected to the port."""
    for number in map(int, os.listdir("/dev/fd")):
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            copy = socket.socket(fileno=os.dup(number))
        except OSError:  # closed meanwhile
            continue
        with copy:
            try:
                peer = copy.getpeername()
            except OSError:
                continue
            if isinstance(peer, tuple) and peer[1] == port:
                yield copy


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def _delayed(port: int) -> list[int]:
    return [
        copy.fileno()
        for copy in _connected(port)
        if not copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    ]


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_no_socket_delays_small_messages(url: str) -> None:
    await db.init(url, settings=PoolSettings(min_connections=3, max_connections=5))
    try:
        # A connection that is just being opened has the option a moment later.
        for _ in range(100):
            opened = {copy.getsockname() for copy in _connected(_port(url))}
            if len(opened) >= 3 and _delayed(_port(url)) == []:
                break
            await asyncio.sleep(0.05)
        assert len(opened) >= 3
        assert _delayed(_port(url)) == []
    finally:
        await db.close()


@pytest.mark.databases("postgres")
async def test_a_listener_does_not_delay_small_messages(url: str, database: AsyncDatabase) -> None:
    before = len(list(_connected(_port(url))))
    async with db.listen("sockets"):
        assert len(list(_connected(_port(url)))) == before + 1
        assert _delayed(_port(url)) == []


@pytest.mark.alone
@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_statements_of_different_text_do_not_wait(url: str) -> None:
    settings = PoolSettings(min_connections=1, max_connections=1, statement_cache_size=10)
    await db.init(url, settings=settings)
    try:
        times: list[float] = []
        for number in range(60):
            started = time.perf_counter()
            sql = f"SELECT {number} AS n{number}"
            assert await execute_raw(sql) == [{f"n{number}": number}]
            times.append(time.perf_counter() - started)
        # A delayed acknowledgement takes 40 ms; a busy machine delays a few statements, not half.
        assert sorted(times)[len(times) // 2] < 0.02
    finally:
        await db.close()


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="options of Linux")


def _limits(port: int) -> set[tuple[bool, int, int]]:
    """Whether each socket probes a silent host, after how many seconds; when it gives up (ms)."""
    return {
        (
            bool(copy.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)),
            copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
        )
        for copy in _connected(port)
    }


@LINUX
@pytest.mark.databases("postgres", "mysql", "mariadb")
@pytest.mark.parametrize("mode", ["disable", "prefer"])
async def test_a_host_that_was_cut_off_is_noticed_within_30_seconds(url: str, mode: str) -> None:
    await db.init(f"{url}?ssl_mode={mode}", settings=PoolSettings(max_connections=3))
    try:
        await asyncio.gather(*(execute_raw("SELECT 1 AS one") for _ in range(6)))
        ((probes, after, give_up),) = _limits(_port(url))
        assert probes
        assert 0 < after < 30
        assert 0 < give_up < 30_000
    finally:
        await db.close()


@LINUX
@pytest.mark.databases("postgres")
async def test_a_listener_notices_a_host_that_was_cut_off(url: str) -> None:
    await db.init(url, settings=PoolSettings(keepalive=3, tcp_user_timeout=7))
    try:
        async with db.listen("sockets"):
            assert _limits(_port(url)) == {(True, 3, 7_000)}
    finally:
        await db.close()


@LINUX
@pytest.mark.databases("mysql")
async def test_the_limits_of_a_socket_can_be_turned_off(url: str) -> None:
    await db.init(url, settings=PoolSettings(keepalive=None, tcp_user_timeout=None))
    try:
        ((probes, _, give_up),) = _limits(_port(url))
        assert (probes, give_up) == (False, 0)
    finally:
        await db.close()
