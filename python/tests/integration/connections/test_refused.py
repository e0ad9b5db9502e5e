"""Databases that cannot be opened: the error names the target and what failed, not the password."""

from __future__ import annotations

import socket
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from oxyde import Field, Model, PoolSettings, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseConnectionError, OxydeError

PASSWORD = "s3cr3t-hunter2"


class Narrow(Model):
    class Meta:
        is_table = True
        table_name = "unopened_narrow"

    id: int | None = Field(default=None, db_pk=True)
    short: str | None = Field(default=None, max_length=5)


def with_password(url: str, **parts: str) -> str:
    """The address with a user and a password, and other parts changed."""
    split = urlsplit(url)
    netloc = f"nobody:{PASSWORD}@{split.hostname}:{parts.pop('port', split.port)}"
    return urlunsplit(split._replace(netloc=netloc, **parts))


async def refused(url: str, **settings: Any) -> str:
    """Opening it fails; everything that the user may see of the error."""
    with pytest.raises(OxydeError) as caught:
        await db.init(url, settings=PoolSettings(acquire_timeout=5, **settings))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert PASSWORD not in shown
    with pytest.raises(OxydeError):
        db.get_connection()
    return str(caught.value)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_refused_login(url: str) -> None:
    with pytest.raises(DatabaseConnectionError):
        await db.init(with_password(url))
    message = await refused(with_password(url))
    assert "nobody" in message


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_no_server(url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message = await refused(with_password(url, port=str(port)))
    assert str(port) in message
    await refused(with_password(url).replace("127.0.0.1", "no-such-host.invalid"))


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_no_such_database(url: str) -> None:
    message = await refused(urlunsplit(urlsplit(url)._replace(path="/no_such_database")))
    assert "no_such_database" in message


@pytest.mark.databases("sqlite")
async def test_files_that_cannot_be_opened(tmp_path: Path, flavour: str) -> None:
    assert "missing" in await refused(f"sqlite:///{tmp_path}/missing/folder/file.db")
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"this is no database at all, only some text in a file" * 100)
    await refused(f"sqlite:///{noise}")
    assert noise.read_bytes().startswith(b"this is no database")
    await refused(f"sqlite:///{tmp_path}")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("url", [
    "", "nonsense", f"oracle://user:{PASSWORD}@host/db", f"postgresql//user:{PASSWORD}@host",
    f"postgresql://user:{PASSWORD}@host:notaport/db", "://", f"postgresql://user:{PASSWORD}@[::1/db",
    f"postgresql://user:{PASSWORD}@127.0.0.1:1/db?max_connections=many",
    f"postgresql://user:{PASSWORD}@127.0.0.1:1/db?sslmode=perhaps",
    f"mysql://user:{PASSWORD}@127.0.0.1:1/db?nonsense=1",
    f"postgresql://user:{PASSWORD}/x@host/db", f"postgresql://user:1/{PASSWORD}@host/db",
    f"postgresql://user:{PASSWORD}#x@host/db", f"mysql://user:1#{PASSWORD}@host/db",
    f"postgresql://user:{PASSWORD}?x@host/db", f"mysql://user:1?{PASSWORD}@host/db",
    f"postgresql://user:x@{PASSWORD}/y@host/db", f"mysql://user:1?{PASSWORD}=x@host/db",
    f"postgresql:user:{PASSWORD}@host/db", f"mysql:/user:{PASSWORD}@host/db",
    f"user:{PASSWORD}@host/db", f"{PASSWORD}@host/db", PASSWORD,
])  # fmt: skip
async def test_wrong_addresses(url: str) -> None:
    message = await refused(url)
    assert message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://user:{PASSWORD}@host/db?password={PASSWORD}", "//user:***@host/db "),
        (f"postgresql://user@host/db?password=a@{PASSWORD}", "//*** "),
        (f"postgresql://user:{PASSWORD}/x@host/db", "//user:***@host/db "),
        (f"postgresql://user:1/{PASSWORD}#@host:5433/db", "//user:***@host:5433/db "),
        (f"postgresql://user:x@{PASSWORD}/y@host/db", "//user:***@host/db "),
        (f"mysql://user:{PASSWORD}?x@host/db", "//*** "),
        (f"mysql://user:{PASSWORD}", "//user:*** "),
        (f"mysql:user:{PASSWORD}@host/db", " *** "),
        (f"user:{PASSWORD}@host/db", " *** "),
        (PASSWORD, " *** "),
        ("mysql://host:3307/db", "mysql://host:3307/db "),
        ("postgresql:///db?host=/run/postgresql", "postgresql:///db "),
    ],
)
def test_the_password_is_in_no_repr(url: str, shown: str) -> None:
    database = AsyncDatabase(url)
    assert PASSWORD not in repr(database)
    assert PASSWORD not in str(database)
    assert shown in repr(database)


async def test_a_query_before_init() -> None:
    for attempt in (
        lambda: Narrow.objects.all(),
        lambda: Narrow.objects.create(short="a"),
        lambda: Narrow(short="a").save(),
        lambda: db.create_tables(models=[Narrow]),
    ):
        with pytest.raises(OxydeError) as caught:
            await attempt()
        assert "db.init" in str(caught.value)


async def test_a_setting_given_in_place_of_a_url() -> None:
    wrong: Any = {"query_timeout": 5.0}
    with pytest.raises(
        OxydeError, match=r"URL of the database `query_timeout`.*not float"
    ) as caught:
        await db.init("sqlite://:memory:", **wrong)
    assert "settings=PoolSettings" in str(caught.value)
