"""Databases without `await`: `init`, `close`, `connect` and transactions, with the arguments of
`oxyde.db`. Both share the pools: what one has opened, the other can use."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from oxyde._core import drive
from oxyde.db import (
    AsyncDatabase,
    DatabaseStats,
    DatabaseUrl,
    Gap,
    Notification,
    PoolSettings,
    PoolsStats,
    Router,
    Settings,
    ShardKey,
    Shards,
    crc32,
    detached,
    detect_n_plus_one,
    get_active_transaction,
    get_connection,
    not_repeatable,
    on_commit,
    on_query,
    primary,
    prometheus,
    shard,
    since,
    sql_comment,
    stats,
    token,
    use,
)
from oxyde.db import connect as _connect
from oxyde.db import on_event as _on_event
from oxyde.sync import transaction
from oxyde.sync.generated.databases import close, init, notify
from oxyde.sync.generated.functions import create_tables, disconnect_all, drop_tables
from oxyde.sync.listening import Listening, listen
from oxyde.sync.pools import Pools
from oxyde.sync.transactions import atomic, retrying, session, tenant

if TYPE_CHECKING:
    from oxyde.observe.events import Event
    from oxyde.observe.hooks import Subscription

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
    "listen",
    "not_repeatable",
    "notify",
    "on_commit",
    "on_event",
    "on_query",
    "primary",
    "prometheus",
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


def connect(
    url: DatabaseUrl | None = None,
    /,
    *,
    settings: Settings | None = None,
    router: Router | None = None,
    shards: Shards | None = None,
    **urls: DatabaseUrl,
) -> contextlib.AbstractContextManager[AsyncDatabase]:
    """Open databases for the duration of a ``with`` block; yields the default one (or the first).

    Args and Raises: as for `oxyde.db.init`.
    """
    opening = _connect(url, settings=settings, router=router, shards=shards, **urls)
    del url, urls
    return _connected(opening)


@contextlib.contextmanager
def _connected(
    opening: contextlib.AbstractAsyncContextManager[AsyncDatabase],
) -> Iterator[AsyncDatabase]:
    database = drive(_entered(opening), "connect()")
    try:
        yield database
    finally:
        drive(_left(opening), "connect()")


async def _entered(opening: contextlib.AbstractAsyncContextManager[AsyncDatabase]) -> AsyncDatabase:
    return await opening.__aenter__()


async def _left(opening: contextlib.AbstractAsyncContextManager[AsyncDatabase]) -> None:
    await opening.__aexit__(None, None, None)


def on_event(hook: Callable[[Event], object]) -> Subscription[Event]:
    """Call a function with each event of the pools, in a thread of Oxyde; see `oxyde.db.on_event`.

    Raises:
        TypeError: `hook` cannot be called.
    """
    return drive(_subscribed(hook), "on_event()")


async def _subscribed(hook: Callable[[Event], object]) -> Subscription[Event]:
    return _on_event(hook)
