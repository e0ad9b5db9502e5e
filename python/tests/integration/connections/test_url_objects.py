"""Addresses as other libraries have them, and where passwords are not: in the variables of our
frames."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import AnyUrl, MySQLDsn, PostgresDsn, Secret, SecretStr, TypeAdapter
from sqlalchemy import make_url
from yarl import URL

from oxyde import AsyncDatabase, PoolSettings, db, execute_raw
from oxyde.exceptions import DatabaseConnectionError, OxydeError

PASSWORD = "oPen5e5ame"


def _with_password(url: str) -> str:
    """The address with a user that the server refuses."""
    split = urlsplit(url)
    return urlunsplit(split._replace(netloc=f"nobody:{PASSWORD}@{split.hostname}:{split.port}"))


def _dsn(url: str) -> Any:
    kind: Any = PostgresDsn if url.startswith("postgres") else MySQLDsn
    return TypeAdapter(kind).validate_python(url)


def _with_driver(url: str) -> Any:
    scheme, _, rest = url.partition("://")
    return make_url(f"{scheme}+driver://{rest}")


def _secret(url: str) -> Any:
    return Secret(AnyUrl(url))


_FORMS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "SecretStr": SecretStr,
    "yarl": URL,
    "SQLAlchemy": make_url,
    "SQLAlchemy with a driver": _with_driver,
}
_OF_SERVERS: dict[str, Callable[[str], Any]] = {
    **_FORMS,
    "AnyUrl": AnyUrl,
    "dsn": _dsn,
    "Secret": _secret,
}


@pytest.mark.parametrize("form", _FORMS)
async def test_every_form_opens(url: str, form: str) -> None:
    given = _FORMS[form](url)
    await db.init(given)
    assert await execute_raw("SELECT 1 AS one") == [{"one": 1}]
    await db.close()
    async with db.connect(first=given) as database:
        assert database.name == "first"
    opened = await AsyncDatabase(given, name="second")
    assert opened.url.partition("://")[2] == url.partition("://")[2]
    await opened.disconnect()


@pytest.mark.databases("postgres", "mysql")
@pytest.mark.parametrize("form", ["AnyUrl", "dsn", "Secret"])
async def test_pydantic_forms_open(url: str, form: str) -> None:
    async with db.connect(_OF_SERVERS[form](url)):
        assert await execute_raw("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize("form", ["SecretStr", "yarl"])
def test_a_lifespan_takes_them(url: str, form: str) -> None:
    app = FastAPI(lifespan=db.lifespan(_FORMS[form](url)))

    @app.get("/one")
    async def one() -> list[dict[str, Any]]:
        return await execute_raw("SELECT 1 AS one")

    with TestClient(app) as http:
        assert http.get("/one").json() == [{"one": 1}]


def _shown(error: BaseException | None) -> list[str]:
    """What a report of an error shows: its text, and the variables of our frames."""
    found: list[str] = []
    while error is not None:
        found += [str(error), repr(error), "".join(traceback.format_exception(error))]
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__", "").partition(".")[0] == "oxyde":
                found += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
        error = error.__cause__ or error.__context__
    return found


_SETTINGS = PoolSettings(acquire_timeout=5)


async def _init(given: Any) -> None:
    await db.init(given, settings=_SETTINGS)


async def _init_named(given: Any) -> None:
    await db.init(main=given, settings=_SETTINGS)


async def _connect(given: Any) -> None:
    async with db.connect(given, settings=_SETTINGS):
        pass


async def _lifespan(given: Any) -> None:
    async with db.lifespan(given, settings=_SETTINGS)(None):
        pass


async def _database(given: Any) -> None:
    await AsyncDatabase(given, settings=_SETTINGS)


_WAYS = (_init, _init_named, _connect, _lifespan, _database)


@pytest.mark.databases("postgres", "mysql", "mariadb")
@pytest.mark.parametrize("form", _OF_SERVERS)
async def test_no_variable_has_the_password_of_a_refused_login(url: str, form: str) -> None:
    for open_it in _WAYS:
        with pytest.raises(DatabaseConnectionError) as caught:
            await open_it(_OF_SERVERS[form](_with_password(url)))
        shown = _shown(caught.value)
        assert len(shown) > 5
        assert not [each for each in shown if PASSWORD in each]


@pytest.mark.databases("sqlite")
async def test_no_variable_has_the_password_of_a_wrong_address(url: str) -> None:
    wrong: list[Any] = [
        f"oracle://user:{PASSWORD}@host/db",
        f"postgresql://user:{PASSWORD}@host:notaport/db",
        f"postgresql://user:{PASSWORD}@127.0.0.1:1/db?max_connections=many",
        SecretStr(f"{PASSWORD}@host"),
        {"password": PASSWORD},
        [f"postgresql://user:{PASSWORD}@host/db"],
        URL,
    ]
    for given in wrong:
        for open_it in _WAYS:
            with pytest.raises(OxydeError) as caught:
                await open_it(given)
            assert not [each for each in _shown(caught.value) if PASSWORD in each], given


@pytest.mark.databases("sqlite")
async def test_no_variable_has_the_password_of_other_mistakes(url: str) -> None:
    good = f"postgresql://user:{PASSWORD}@127.0.0.1:1/db"
    mistakes: list[Callable[[], Any]] = [
        lambda: db.init(good, default=good),
        lambda: db.connect(good, default=good),
        lambda: AsyncDatabase(good, settings=5),  # type: ignore[arg-type]
        lambda: db.lifespan(None),
        lambda: db.init(),
        lambda: db.init(good, router=5),  # type: ignore[arg-type]
    ]
    for make in mistakes:
        with pytest.raises((OxydeError, TypeError)) as caught:
            await make()
        assert not [each for each in _shown(caught.value) if PASSWORD in each]
    with contextlib.suppress(OxydeError):
        await db.close()
