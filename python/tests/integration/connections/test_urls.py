"""Database URLs: who connects, to what, and the parameters of the databases' own clients."""

from __future__ import annotations

import getpass
import os
import pwd
import socket
import time
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.servers import Server

from oxyde import PoolSettings, db, execute_raw
from oxyde.exceptions import DatabaseConnectionError, OxydeError


def without_user(url: str) -> str:
    """The URL with nobody in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_query(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"


async def one(url: str, sql: str) -> object:
    """The value that a query gives over a pool of its own."""
    async with db.connect(probe=url):
        (row,) = await execute_raw(sql, using="probe")
        return next(iter(row.values()))


def me() -> str:
    """The user of this process, as the operating system has it."""
    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_without_a_user_it_is_that_of_the_system(
    url: str, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGUSER", raising=False)
    # Names of the environment are not asked: libpq and the others go by the process.
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "somebody")
    assert getpass.getuser() == "somebody"
    try:
        user = await one(without_user(url), "SELECT CURRENT_USER AS name")
    except DatabaseConnectionError as error:
        # It may not log in here; the server then names it.
        assert f'"{me()}"' in str(error) or f"'{me()}'" in str(error)
    else:
        assert str(user).split("@")[0] == me()


@pytest.mark.databases("postgres")
async def test_the_environment_names_the_user(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", "nobody_of_this_name")
    with pytest.raises(DatabaseConnectionError, match="nobody_of_this_name"):
        await one(without_user(url), "SELECT 1")
    expected = urlsplit(url).username
    assert await one(url, "SELECT current_user::text") == expected


@pytest.mark.databases("postgres")
async def test_without_a_database_it_is_named_like_the_user(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGDATABASE", raising=False)
    parts = urlsplit(url)
    if parts.username != "postgres":
        pytest.skip("the user of these tests has no database of its own")
    bare = urlunsplit(parts._replace(path=""))
    assert await one(bare, "SELECT current_database()::text") == "postgres"


@pytest.mark.databases("postgres")
async def test_parameters_of_libpq(url: str) -> None:
    query = (
        "connect_timeout=5&options=-c%20statement_timeout%3D1234%20-c%20search_path%3Da%2Cb"
        "&target_session_attrs=read-write&channel_binding=prefer&gssencmode=disable"
        "&client_encoding=utf8&application_name=probe&sslmode=prefer"
    )
    probe = with_query(url, query)
    assert await one(probe, "SELECT current_setting('statement_timeout')") == "1234ms"
    assert await one(probe, "SELECT current_setting('search_path')") == "a,b"
    assert await one(probe, "SELECT current_setting('application_name')") == "probe"


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("target_session_attrs=standby", "the server is a primary"),
        ("target_session_attrs=read-only", "the server is writable"),
        (
            "target_session_attrs=read-write&options=-c%20default_transaction_read_only%3Don",
            "the server is read-only",
        ),
        ("target_session_attrs=any_of_them", "is not one of any"),
        ("channel_binding=require", "not support channel binding"),
        ("service=main", "does not read service files"),
        ("passfile=/etc/pass", "does not read password files"),
        ("keepalives_interval=10", "fixed pauses"),
        ("gssencmode=require", "does not support GSSAPI"),
        ("client_encoding=latin1", "UTF-8"),
        ("sslrootcert=system&sslmode=require", "sslmode=require"),
        ("options=search_path%3Dx", "cannot read"),
        ("conect_timeout=3", "unknown setting `conect_timeout`"),
    ],
)
async def test_parameters_that_are_refused(url: str, query: str, reason: str) -> None:
    with pytest.raises(OxydeError) as caught:
        await one(with_query(url, query), "SELECT 1")
    assert reason in str(caught.value)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_connect_timeout(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        there = f"{user}@127.0.0.1:{deaf.getsockname()[1]}"
        silent = urlunsplit(parts._replace(netloc=there))
        for address, settings in (
            (with_query(silent, "connect_timeout=1"), PoolSettings()),
            (silent, PoolSettings(connect_timeout=1.0)),
        ):
            began = time.monotonic()
            with pytest.raises(DatabaseConnectionError, match=r"within 1 s \(connect_timeout\)"):
                await db.init(address, settings=settings)
            assert 0.9 < time.monotonic() - began < 4


@pytest.mark.databases("postgres")
async def test_several_hosts(url: str) -> None:
    """The first one does not listen (see also scale/)."""
    address = url.rpartition("@")[2].partition("/")[0]
    for target, role in (("primary", "primary"), ("prefer-standby", "primary")):
        several = url.replace(address, f"127.0.0.1:1,{address}")
        await db.init(f"{several}?target_session_attrs={target}")
        stats = db.stats()["default"]
        assert (stats.host, stats.role) == (address, role)
        await db.close()
    for wrong, message in (
        ("postgresql://me@a:1,b:x/d", "port in the database URL is not a number"),
        ("postgresql://me@a,,b/d", "one of the hosts in the database URL is empty"),
        ("postgresql://me@h/d?host=a,b&port=1,2,3", "3 ports for 2 hosts"),
        ("mysql://me@a,b/d?socket=/run/x", "several hosts and a socket"),
        ("mysql://me@a,b/d?target_session_attrs=main", "is not one of any"),
    ):
        with pytest.raises(OxydeError, match=message):
            await db.init(wrong)
    with pytest.raises(OxydeError) as caught:
        await db.init("postgresql+asyncpg://me@h/d")
    assert "postgresql://" in str(caught.value.hint)


@pytest.mark.databases("mysql")
async def test_a_password_without_tls(url: str, server: Server) -> None:
    """MySQL's default way to log in, for a user whose password the server has not cached."""
    server.execute("DROP USER IF EXISTS 'oxyde_sha2'@'%'")
    server.execute("CREATE USER 'oxyde_sha2'@'%' IDENTIFIED WITH caching_sha2_password BY 'a/b c'")
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
        for password in ("a%2Fb%20c", "wrong"):
            there = f"mysql://oxyde_sha2:{password}@{host}/information_schema?ssl_mode=disable"
            if password == "wrong":
                with pytest.raises(DatabaseConnectionError, match="Access denied"):
                    await db.init(there)
            else:
                await db.init(there)
                assert await execute_raw("SELECT 1 AS n") == [{"n": 1}]
                await db.close()
    finally:
        server.execute("DROP USER 'oxyde_sha2'@'%'")
