"""Databases: `init`, `close`, `connect`, `lifespan` and transactions.

The names in `__all__` are public; the modules are internal.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from oxyde.db import transaction
from oxyde.db.listening import Gap, Listening, Notification, listen, notify
from oxyde.db.monitoring import (
    DatabaseStats,
    detect_n_plus_one,
    on_event,
    on_query,
    prometheus,
    stats,
)
from oxyde.db.pool import AsyncDatabase
from oxyde.db.registry import disconnect_all, get_connection, register_connection, route_by
from oxyde.db.router import Router
from oxyde.db.schema import create_tables, drop_tables
from oxyde.db.settings import PoolSettings
from oxyde.db.transaction import (
    atomic,
    detached,
    get_active_transaction,
    not_repeatable,
    on_commit,
    retrying,
)
from oxyde.exceptions import OxydeError
from oxyde.observe.comments import sql_comment

__all__ = [
    "AsyncDatabase",
    "DatabaseStats",
    "Gap",
    "Listening",
    "Notification",
    "PoolSettings",
    "Router",
    "atomic",
    "close",
    "connect",
    "create_tables",
    "detached",
    "detect_n_plus_one",
    "disconnect_all",
    "drop_tables",
    "get_active_transaction",
    "get_connection",
    "init",
    "lifespan",
    "listen",
    "not_repeatable",
    "notify",
    "on_commit",
    "on_event",
    "on_query",
    "prometheus",
    "register_connection",
    "retrying",
    "sql_comment",
    "stats",
    "transaction",
]

Settings = PoolSettings | Mapping[str, PoolSettings]


async def init(
    url: str | None = None,
    /,
    *,
    settings: Settings | None = None,
    router: Router | None = None,
    **urls: str,
) -> None:
    """Open one database, or several by name; all of them or none.

    ``await db.init("postgresql://…")`` names it ``default``;
    ``await db.init(default="…", analytics="…")`` names each. An existing database with one of these
    names is replaced, and its pool closed.

    Args:
        url: the URL of the default database.
        settings: settings for all, or a mapping from name to settings.
        router: chooses the database of queries that name none.
        urls: URLs by name.

    Raises:
        OxydeError: no URL is given.
        DatabaseConnectionError: a server cannot be reached or rejects the login.
    """
    await _open(_named(url, urls), settings)
    route_by(router)


async def close() -> None:
    """Close every pool. Closing twice is fine."""
    await disconnect_all()


@contextlib.asynccontextmanager
async def connect(
    url: str | None = None, /, *, settings: Settings | None = None, **urls: str
) -> AsyncIterator[AsyncDatabase]:
    """Open databases for the duration of a block; yields the default one (or the first)."""
    databases = await _open(_named(url, urls), settings)
    try:
        yield next((each for each in databases if each.name == "default"), databases[0])
    finally:
        for database in reversed(databases):
            await database.disconnect()


def lifespan(
    url: str | None = None, /, *, settings: Settings | None = None, **urls: str
) -> Callable[[Any], contextlib.AbstractAsyncContextManager[None]]:
    """A lifespan for FastAPI or Starlette: ``FastAPI(lifespan=db.lifespan("postgresql://…"))``."""
    named = _named(url, urls)

    @contextlib.asynccontextmanager
    async def manage(app: object) -> AsyncIterator[None]:
        async with connect(settings=settings, **named):
            yield

    return manage


def _named(url: str | None, urls: Mapping[str, str]) -> dict[str, str]:
    if url is not None and "default" in urls:
        raise OxydeError(
            "the default database is given twice", hint="give it by position or as default="
        )
    named = ({} if url is None else {"default": url}) | dict(urls)
    if not named:
        raise OxydeError(
            "no database is given", hint='call `await db.init("postgresql://…")` with an address'
        )
    for name, given in named.items():
        if not isinstance(given, str):
            raise OxydeError(
                f"the URL of the database `{name}` must be a string, not {type(given).__name__}",
                hint="pass settings as `settings=PoolSettings(…)`",
            )
    return named


async def _open(urls: Mapping[str, str], settings: Settings | None) -> list[AsyncDatabase]:
    databases = [
        AsyncDatabase(url, name=name, settings=_settings_of(name, settings), overwrite=True)
        for name, url in urls.items()
    ]
    opened: list[AsyncDatabase] = []
    try:
        for database in databases:
            await database.connect()
            opened.append(database)
    except BaseException:
        for database in opened:
            await database.disconnect()
        raise
    return databases


def _settings_of(name: str, settings: Settings | None) -> PoolSettings | None:
    if settings is None or isinstance(settings, PoolSettings):
        return settings
    return settings.get(name)
