"""Databases: `init`, `close`, `connect`, `lifespan` and transactions.

The names in `__all__` are public; the modules are internal.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from oxyde.db import transaction
from oxyde.db.address import Address, DatabaseUrl, address_of
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
from oxyde.db.pools import Pools, PoolsStats
from oxyde.db.registry import (
    check_router,
    check_shards,
    disconnect_all,
    get_connection,
    known_shards,
    primary_name,
    register_connection,
    route_to_replicas,
    shard_by,
)
from oxyde.db.router import Router
from oxyde.db.schema import create_tables, drop_tables
from oxyde.db.session import session
from oxyde.db.settings import PoolSettings
from oxyde.db.shards import Shard, ShardKey, Shards, crc32
from oxyde.db.tenant import tenant
from oxyde.db.tokens import since, token
from oxyde.db.transaction import (
    atomic,
    detached,
    get_active_transaction,
    not_repeatable,
    on_commit,
    retrying,
)
from oxyde.db.use import Use
from oxyde.exceptions import OxydeError
from oxyde.observe.comments import sql_comment

__all__ = [
    "AsyncDatabase",
    "DatabaseStats",
    "DatabaseUrl",
    "Gap",
    "Listening",
    "Notification",
    "PoolSettings",
    "Pools",
    "PoolsStats",
    "Router",
    "ShardKey",
    "Shards",
    "atomic",
    "close",
    "connect",
    "crc32",
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
    "primary",
    "prometheus",
    "register_connection",
    "retrying",
    "session",
    "shard",
    "since",
    "sql_comment",
    "stats",
    "tenant",
    "token",
    "transaction",
    "use",
]

Settings = PoolSettings | Mapping[str, PoolSettings]


async def init(
    url: DatabaseUrl | None = None,
    /,
    *,
    settings: Settings | None = None,
    router: Router | None = None,
    shards: Shards | None = None,
    **urls: DatabaseUrl,
) -> None:
    """Open one database, or several by name; all of them or none.

    ``await db.init("postgresql://…")`` names it ``default``;
    ``await db.init(default="…", analytics="…")`` names each. An existing database with one of these
    names is replaced, and its pool closed.

    Args:
        url: the URL of the default database: a string, a `SecretStr`, or a URL of Pydantic
            (`PostgresDsn`), yarl or SQLAlchemy.
        settings: settings for all, or a mapping from name to settings.
        router: chooses the database of queries that name none. Its replicas may be away.
        shards: the databases over which the rows are divided.
        urls: URLs by name.

    Raises:
        OxydeError: no URL is given.
        DatabaseConnectionError: a server cannot be reached or rejects the login.
    """
    named = _named(url, urls)
    # The frames of a traceback show their variables: none has a password.
    del url, urls
    check_shards(shards, router)
    await _open(_checked(named), settings, router)
    await route_to_replicas(router)
    shard_by(shards)


async def close() -> None:
    """Close every pool. Closing twice is fine."""
    await disconnect_all()


def connect(
    url: DatabaseUrl | None = None,
    /,
    *,
    settings: Settings | None = None,
    router: Router | None = None,
    shards: Shards | None = None,
    **urls: DatabaseUrl,
) -> contextlib.AbstractAsyncContextManager[AsyncDatabase]:
    """Open databases for the duration of a block; yields the default one (or the first).

    Args and Raises: as for `init`.
    """
    named = _named(url, urls)
    del url, urls
    return _connected(_checked(named), settings, router, shards)


@contextlib.asynccontextmanager
async def _connected(
    addresses: dict[str, Address],
    settings: Settings | None,
    router: Router | None,
    shards: Shards | None,
) -> AsyncIterator[AsyncDatabase]:
    check_shards(shards, router)
    databases = await _open(addresses, settings, router)
    try:
        if router is not None:
            await route_to_replicas(router)
        if shards is not None:
            shard_by(shards)
        yield next((each for each in databases if each.name == "default"), databases[0])
    finally:
        if router is not None:
            await route_to_replicas(None)
        if shards is not None:
            shard_by(None)
        for database in reversed(databases):
            await database.disconnect()


def lifespan(
    url: DatabaseUrl | None = None,
    /,
    *,
    settings: Settings | None = None,
    router: Router | None = None,
    shards: Shards | None = None,
    **urls: DatabaseUrl,
) -> Callable[[Any], contextlib.AbstractAsyncContextManager[None]]:
    """A lifespan for FastAPI or Starlette: ``FastAPI(lifespan=db.lifespan("postgresql://…"))``.

    Args and Raises: as for `init`.
    """
    named = _named(url, urls)
    del url, urls
    addresses = _checked(named)

    @contextlib.asynccontextmanager
    async def manage(app: object) -> AsyncIterator[None]:
        async with _connected(addresses, settings, router, shards):
            yield

    return manage


def _named(
    url: DatabaseUrl | None, urls: Mapping[str, DatabaseUrl]
) -> dict[str, Address | OxydeError]:
    """The addresses by name, or what is wrong with them: nothing is raised while a frame has the
    URLs."""
    named: dict[str, Address | OxydeError] = {}
    if url is not None:
        named["default"] = address_of(url, "default")
    for name, each in urls.items():
        named[name] = address_of(each, name)
    if url is not None and "default" in urls:
        named["default"] = OxydeError(
            "the default database is given twice", hint="give it by position or as default="
        )
    return named


def _checked(named: Mapping[str, Address | OxydeError]) -> dict[str, Address]:
    found: dict[str, Address] = {}
    for name, each in named.items():
        if isinstance(each, OxydeError):
            raise each
        found[name] = each
    if not found:
        raise OxydeError(
            "no database is given", hint='call `await db.init("postgresql://…")` with an address'
        )
    return found


def use(name: str) -> Use:
    """Let all queries in a block that name no database, and transactions, run on this one::

        async with db.use("replica"):
            ...

    Inside a transaction that is entered after it, queries run in that.

    Args:
        name: the name of a database.

    Raises:
        OxydeError: no database has this name.
    """
    get_connection(name)
    return Use(name)


def primary() -> Use:
    """The same for the database to which the router sends writes, or else ``default``: reads in the
    block see all that is committed."""
    return use(primary_name())


def shard(key: ShardKey) -> Shard:
    """Let all queries in a block that name no database, and transactions, run on the shard with the
    rows of this key::

        async with db.shard(tenant_id):
            ...

    Args:
        key: a whole number, a string or a UUID.

    Raises:
        OxydeError: there are no shards, or the key is of another type.
        TransactionError: on entering, inside a transaction on another shard.
    """
    return Shard(known_shards(), key)


async def _open(
    addresses: Mapping[str, Address], settings: Settings | None, router: Router | None
) -> list[AsyncDatabase]:
    check_router(router)
    later = set() if router is None else {*router.reads} - {router.writes}
    databases = [
        AsyncDatabase(address, name=name, settings=_settings_of(name, settings), overwrite=True)
        for name, address in addresses.items()
    ]
    opened: list[AsyncDatabase] = []
    try:
        for database in databases:
            if database.name in later:
                replaced = register_connection(database, overwrite=True)
                opened.append(database)
                if replaced is not None:
                    await replaced.disconnect()
            else:
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
    if not isinstance(settings, Mapping):
        raise OxydeError(
            f"settings= takes a PoolSettings, or a dict of them by name, not {settings!r:.80}"
        )
    return settings.get(name)
