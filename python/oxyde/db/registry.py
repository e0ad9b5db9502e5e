"""The databases of this process by name, and where a query runs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from oxyde.db.pool import AsyncDatabase
from oxyde.db.router import Router
from oxyde.db.transaction import active_executor
from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = [
    "check_same_database",
    "disconnect_all",
    "get_connection",
    "home_of",
    "one_database",
    "register_connection",
    "resolve",
    "route_by",
]

_databases: dict[str, AsyncDatabase] = {}
_router: Router | None = None


def route_by(router: Router | None) -> None:
    """Send queries that name no database where the router says; None sends them to ``default``.

    Raises:
        OxydeError: the router names a database that is not registered.
    """
    global _router
    if router is not None:
        for name in (router.writes, *router.reads):
            get_connection(name)
    _router = router


def home_of(name: str) -> str:
    """Where a row that was read from database `name` is written back to."""
    return name if _router is None else _router.home(name)


def one_database(one: str, other: str) -> bool:
    """Whether rows under two names can refer to each other: the names are one, those of a primary
    and its replica, or of one URL. (Of a name that is not registered nothing is known.)"""
    if one == other or home_of(one) == home_of(other):
        return True
    first, second = _databases.get(one), _databases.get(other)
    if first is None or second is None:
        return True
    in_memory = first.url in ("sqlite://", "sqlite:///:memory:")
    return first.url == second.url and not in_memory


def check_same_database(inner: str, home: str, outer: str, name: str) -> None:
    """Refuse a query that has to run on one database as a part of one that runs on another.

    Args:
        inner: what it is, for the error; it runs on the database `home`.
        outer: what it is a part of, which runs on the database `name`.

    Raises:
        OxydeError: they are two, or `home` is not known.
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
    """Make a database known under its name; returns the one that it replaced, if any.

    Raises:
        OxydeError: another database has this name and `overwrite` is false.
    """
    known = _databases.get(database.name)
    if known is not None and known is not database and not overwrite:
        raise OxydeError(
            f"a database named {database.name!r} is registered already: {known!r}",
            hint="give another name, or overwrite=True",
        )
    _databases[database.name] = database
    return known if known is not database else None


def forget(database: AsyncDatabase, *, restore: AsyncDatabase | None = None) -> None:
    """Take a database off the register, and put the one back that it had replaced."""
    if _databases.get(database.name) is database:
        if restore is None:
            del _databases[database.name]
        else:
            _databases[database.name] = restore


def get_connection(name: str = "default") -> AsyncDatabase:
    """The database of this name. ``await get_connection()`` also connects it if need be.

    Raises:
        OxydeError: no database has this name.
    """
    database = _databases.get(name)
    if database is None:
        raise _unknown(name)
    return database


async def disconnect_all() -> None:
    """Close every pool. All are closed, even if one of them cannot be closed cleanly."""
    route_by(None)
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
    """Where a query runs: the transaction that is open on the database, else its pool.

    Args:
        using: a database's name; when None the router chooses, or it is ``default``.
        client: a database or transaction, instead of a name.
        write: whether the query changes or locks rows; only the router asks.

    Raises:
        OxydeError: both are given, the name is unknown, or nothing was initialised.
        TransactionError: the transaction of this task has ended.
    """
    if client is not None:
        if using is not None:
            raise OxydeError("using= and client= were both given", hint="give one of them")
        if not isinstance(client, AsyncDatabase):
            return client
        return active_executor(client.name, client) or client
    if using is not None:
        name = using
    elif _router is None:
        name = "default"
    else:
        primary = _databases.get(_router.writes)
        active = None if primary is None else active_executor(_router.writes, primary)
        if active is not None:
            return active
        name = _router.choose(write=write)
    database = _databases.get(name)
    if database is None:
        raise _unknown(name)
    return active_executor(name, database) or database


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
        hint=f"did you mean {close[0]!r}?" if close else f"there are: {known}",
    )
