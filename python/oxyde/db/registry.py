"""The databases of this process by name, and where a query runs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from oxyde.db import own_writes
from oxyde.db.active import active_executor, innermost
from oxyde.db.replica_choice import check_replication
from oxyde.db.replica_reads import connect_replicas, reader, stop_waking
from oxyde.db.router import Router
from oxyde.db.shards import Shards
from oxyde.db.use import entered, used
from oxyde.exceptions import OxydeError, TransactionError

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.pool import AsyncDatabase

__all__ = [
    "check_router",
    "check_same_database",
    "check_shards",
    "databases",
    "disconnect_all",
    "each_shard",
    "get_connection",
    "home_of",
    "known_shards",
    "note_write",
    "one_database",
    "primary_name",
    "register_connection",
    "resolve",
    "resolve_home",
    "route_by",
    "route_to_replicas",
    "router_here",
    "shard_by",
]

_databases: dict[str, AsyncDatabase] = {}
_router: Router | None = None
_shards: Shards | None = None


def check_router(router: Router | None) -> None:
    """Check that it is a router.

    Raises:
        OxydeError: it is something else.
    """
    if router is not None and not isinstance(router, Router):
        raise OxydeError(f"router= takes a Router, not {router!r:.80}")


def route_by(router: Router | None) -> None:
    """Route queries that name no database with this router; None routes them to ``default``.

    Raises:
        OxydeError: the router names a database that is not registered.
    """
    global _router
    check_router(router)
    if router is not None:
        for name in (router.writes, *router.reads):
            get_connection(name)
        router.begin()
    for database in _databases.values():
        is_primary = router is not None and database.name == router.writes
        database.router = router if is_primary else None
    own_writes.forget()
    _router = router


async def route_to_replicas(router: Router | None) -> None:
    """The same as `route_by`, and connect its replicas; those that are away are tried again later.

    Raises:
        OxydeError: the router names a database that is not registered.
        UnsupportedFeatureError: the servers do not tell what the router asks them.
    """
    await stop_waking()
    route_by(router)
    if router is not None:
        try:
            _check_hosts(router)
            await connect_replicas(router, _databases)
            await check_replication(router, _databases)
        except BaseException:
            route_by(None)
            raise


def _check_hosts(router: Router) -> None:
    """Refuse replicas whose connections may lead to different servers, if it matters which one.

    Raises:
        OxydeError: a replica has several hosts.
    """
    for name in router.reads if router.asks else ():
        if "," in (_databases[name].host or ""):
            raise OxydeError(
                f"the replica {name!r} has several hosts, and a router with sticky='position' or "
                "max_lag must know which server it asks",
                hint="name a database for each of them: r1=…, r2=…, Router(reads=['r1', 'r2'])",
            )


def check_shards(shards: Shards | None, router: Router | None) -> None:
    """Check that they are shards, and that no router is given beside them.

    Raises:
        OxydeError: they are something else, or there is a router.
    """
    if shards is None:
        return
    if not isinstance(shards, Shards):
        raise OxydeError(f"shards= takes Shards, not {shards!r:.80}")
    if router is not None:
        raise OxydeError(
            "router= and shards= were both given: a router chooses among copies of the same rows",
            hint="leave one of them out; each shard's URL may name several hosts",
        )


def shard_by(shards: Shards | None) -> None:
    """Divide the rows over these shards; None ends that.

    Raises:
        OxydeError: a shard is not registered.
    """
    global _shards
    check_shards(shards, _router)
    if shards is not None:
        for name in shards.names:
            get_connection(name)
        if not entered:
            entered.append(shards)
    _shards = shards


def known_shards() -> Shards:
    """The shards of this process.

    Raises:
        OxydeError: there are none.
    """
    if _shards is None:
        raise OxydeError(
            "the rows are not divided over shards",
            hint='await db.init(s0="…", s1="…", shards=db.Shards(["s0", "s1"]))',
        )
    return _shards


def each_shard(what: str) -> list[Executor]:
    """Where the parts of a read of all shards run.

    Args:
        what: the method, for errors.

    Raises:
        OxydeError: there are no shards.
        TransactionError: a transaction is open on one of them.
    """
    found = known_shards()
    found.check_no_block(what)
    return [get_connection(name) for name in found.names]


def primary_name() -> str:
    """The name of the database to which writes go."""
    return "default" if _router is None else _router.writes


def router_here() -> Router | None:
    """The router of this process."""
    return _router


async def note_write(database: AsyncDatabase, *, is_certain: bool = True) -> None:
    """Record that this task wrote to a database, so that its reads see that.

    Args:
        is_certain: whether the write is known to have taken effect.
    """
    router = database.router
    if router is None:
        return
    if is_certain:
        await router.note(database)
    else:
        own_writes.note_write()


def home_of(name: str) -> str:
    """The database to write a row to that was read from database `name`."""
    return name if _router is None else _router.home(name)


def one_database(one: str, other: str) -> bool:
    """Whether rows of two databases can refer to each other: they have the same name or URL, or are
    a primary and its replica. True if a name is not registered."""
    if one == other or home_of(one) == home_of(other):
        return True
    first, second = _databases.get(one), _databases.get(other)
    if first is None or second is None:
        return True
    in_memory = first.url in ("sqlite://", "sqlite:///:memory:")
    return first.url == second.url and not in_memory


def check_same_database(inner: str, home: str, outer: str, name: str) -> None:
    """Refuse a query for one database as part of a query on another.

    Args:
        inner: what it is, for the error; it runs on the database `home`.
        outer: what it is a part of, which runs on the database `name`.

    Raises:
        OxydeError: the databases differ, or `home` is unknown.
    """
    if home != name and home not in _databases:
        raise _unknown(home)
    if not one_database(home, name):
        raise OxydeError(
            f"{inner} is for the database {home!r}, and {outer} runs on {name!r}",
            hint=f"run both on one (using={home!r}), or give the values: fetch them first",
        )


def register_connection(
    database: AsyncDatabase, *, overwrite: bool = False
) -> AsyncDatabase | None:
    """Register a database under its name; return the one that it replaced, if any.

    Raises:
        OxydeError: another database has this name, and `overwrite` is false.
    """
    if not hasattr(database, "disconnect"):
        raise OxydeError(f"register_connection() takes an AsyncDatabase, not {database!r:.80}")
    known = _databases.get(database.name)
    taken = known is not None and known is not database and not known.gives_way
    if taken and not overwrite:
        raise OxydeError(
            f"a database named {database.name!r} is already registered: {known!r}",
            hint="give another name, or overwrite=True",
        )
    _databases[database.name] = database
    return known if known is not database else None


def forget(database: AsyncDatabase, *, restore: AsyncDatabase | None = None) -> None:
    """Unregister a database, and restore the one that it had replaced."""
    if _databases.get(database.name) is database:
        if restore is None:
            del _databases[database.name]
        else:
            _databases[database.name] = restore


def get_connection(name: str = "default") -> AsyncDatabase:
    """The database with this name. ``await get_connection()`` also connects it if necessary.

    Raises:
        OxydeError: no database has this name.
    """
    _check_name(name)
    database = _databases.get(name)
    if database is None:
        raise _unknown(name)
    return database


def databases() -> list[AsyncDatabase]:
    """All databases of this process."""
    return list(_databases.values())


async def disconnect_all() -> None:
    """Close every pool, even if one of them fails to close cleanly."""
    await stop_waking()
    route_by(None)
    shard_by(None)
    error: BaseException | None = None
    for database in list(_databases.values()):
        try:
            await database.disconnect()
        except BaseException as caught:
            error = error or caught
    if error is not None:
        raise error


def resolve(
    using: str | None = None, client: Executor | None = None, *, write: bool = True
) -> Executor:
    """Where a query runs: the open transaction on the database, else its pool.

    Args:
        using: a database's name; when None, that of the innermost open block, `use()` or
            `shard()`; outside of these the router's choice, or ``default``.
        client: a database or transaction, instead of a name.
        write: whether the query changes or locks rows; for the router.

    Raises:
        OxydeError: both are given, the name is unknown, no database was initialised, or the rows
            are divided over shards and none is named.
        TransactionError: the transaction of this task has ended, or the router chooses another
            database than that of the innermost open block.
    """
    if client is not None:
        if using is not None:
            raise OxydeError("using= and client= were both given", hint="give one of them")
        if not hasattr(client, "in_transaction"):
            raise OxydeError(
                f"client= takes a database or a transaction, not {client!r:.80}",
                hint="the name of a database goes into using=",
            )
        if client.in_transaction:
            return client
        return active_executor(client.name, client) or client
    if using is None and entered:
        using = used()
        if using is None and _shards is not None and innermost() is None:
            raise _shards.unnamed_error()
    if using is not None:
        _check_name(using)
        name = using
    else:
        block = innermost()
        if block is not None:
            if _router is not None:
                _router.check(block.name, block, write=write)
            return block
        if _router is not None and not write:
            replica = reader(_router, _databases)
            if replica is not None:
                return replica
        name = primary_name()
    database = _databases.get(name)
    if database is None:
        raise _unknown(name)
    return database if using is None else active_executor(name, database) or database


def resolve_home(database: str, what: str, *, write: bool = True) -> Executor:
    """Where a query on a row of `database` runs by default: on the row's database, in the block
    that is open there.

    Args:
        what: the row's name in errors.
        write: whether it may change the row, which must run on the primary.

    Raises:
        TransactionError: the innermost block is on another database and none is open on this one,
            so the query would not be part of a transaction.
    """
    home = home_of(database) if write else database
    block = innermost() if home in _databases else None
    if block is None or block.name == home:
        if block is None and _router is not None and home in _router.reads:
            # Any replica has the row; the one it was read from may not show this task's writes.
            return reader(_router, _databases) or _databases[_router.writes]
        return resolve(home)
    is_primary = home_of(block.name) == block.name
    if (is_primary or not write) and one_database(home, block.name):
        return block
    own = active_executor(home, _databases[home])
    if own is not None:
        return own
    raise TransactionError(
        f"{what} is a row of the database {home!r}, and {block.label} runs on another one: what "
        "is done to the row would be no part of the block",
        hint=f"say using={home!r} to confirm, or open a block there too: atomic({home!r})",
    )


def _check_name(name: str) -> None:
    if not isinstance(name, str):
        raise OxydeError(f"a database is named by a string, not by {name!r:.80}")


def _unknown(name: str) -> OxydeError:
    if not _databases:
        return OxydeError(
            f"no database is initialised (asked for {name!r})",
            hint='call `await db.init("postgresql://…")` first',
        )
    close = difflib.get_close_matches(name, _databases, n=1)
    known = ", ".join(repr(known) for known in _databases)
    return OxydeError(
        f"no database is named {name!r}",
        hint=f"did you mean {close[0]!r}?" if close else f"available: {known}",
    )
