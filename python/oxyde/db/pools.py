"""Pools: a database per tenant, each opened when it is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
import re
from collections.abc import AsyncIterator
from types import TracebackType
from urllib.parse import quote

from oxyde.db.address import Address, DatabaseUrl, address_of, hide_password
from oxyde.db.pool import AsyncDatabase
from oxyde.db.running import is_without_loop
from oxyde.db.seats import Seat, Seats
from oxyde.db.settings import PoolSettings
from oxyde.db.use import Use
from oxyde.exceptions import DatabaseConnectionError, OxydeError, TenantNotFoundError

__all__ = ["Pools", "PoolsStats", "PoolsTenant"]

_TENANT = "{tenant}"
# Nothing that has a meaning in a URL, or in the path of a file.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}", re.ASCII)
# What servers answer that do not have a database: PostgreSQL, MySQL and MariaDB, SQLite.
_UNKNOWN = ("3D000", "1049", "14")


@dataclasses.dataclass(frozen=True, slots=True)
class PoolsStats:
    """The state of `Pools`, and what they have done.

    Attributes:
        max: how many pools may be open.
        open: open pools.
        busy: those of them that blocks use.
        waiting: blocks that wait for a pool.
        opened: pools that were opened.
        closed: pools that were closed for others, or since they were idle.
        timeouts: blocks that failed by `timeout`.
    """

    max: int
    open: int
    busy: int
    waiting: int
    opened: int
    closed: int
    timeouts: int


class Pools:
    """A database per tenant: pools that are opened when they are asked for, and closed when others
    need their place::

        pools = db.Pools("postgresql://app@db/{tenant}", max_pools=50, max_connections=100)

        async with pools.tenant("t42"):
            await Invoice.objects.create(total=100)  # in the database t42

    On all servers; each tenant of SQLite has a file. Never are more than `max_pools` open, nor can
    all together have more than `max_connections` connections: each has an equal part of them, or
    `settings.max_connections`, which lets fewer pools be open. When there is no room, the pool
    is closed that was not used for longest; pools that a block uses stay open.

    ``async with pools:`` closes them at the end, and so do ``FastAPI(lifespan=pools.lifespan)``,
    `close` and `oxyde.db.close`. They are usable again afterwards.

    Args:
        url: the URL, with ``{tenant}`` where the name of a tenant stands.
        max_pools: how many pools may be open.
        max_connections: how many connections they may have together.
        idle: seconds after which the connections of a tenant that is not used are closed.
        timeout: seconds to wait while all pools are in use; None means ``acquire_timeout`` of the
            settings.
        settings: the settings of each pool.
        name: the databases are named ``name/tenant``, in `oxyde.db.stats` and in messages.

    Raises:
        OxydeError: an argument is invalid.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        *,
        max_pools: int = 50,
        max_connections: int = 100,
        idle: float = 60.0,
        timeout: float | None = None,
        settings: PoolSettings | None = None,
        name: str = "tenant",
    ) -> None:
        address = address_of(url, name)
        # The frames of a traceback show their variables: none has a password.
        del url
        if isinstance(address, OxydeError):
            raise address
        self._template = _template(address)
        for what, count in (("max_pools", max_pools), ("max_connections", max_connections)):
            if type(count) is not int or count < 1:
                raise OxydeError(f"Pools: {what} is a whole number from 1 up, not {count!r}")
        if settings is not None and not isinstance(settings, PoolSettings):
            raise OxydeError(f"Pools: settings= takes a PoolSettings, not {settings!r:.80}")
        if settings is None:
            settings = PoolSettings(max_connections=max(1, max_connections // max_pools))
        most = min(max_pools, max_connections // settings.max_connections)
        if most < 1:
            raise OxydeError(
                f"Pools: each pool may have {settings.max_connections} connections, and all "
                f"together {max_connections}",
                hint="raise max_connections, or lower that of the settings",
            )
        _check_seconds("idle", idle)
        if timeout is not None:
            _check_seconds("timeout", timeout)
        self._settings = dataclasses.replace(settings, idle_timeout=float(idle))
        self._name = name
        self._seats = Seats(most, idle, settings.acquire_timeout if timeout is None else timeout)

    def __repr__(self) -> str:
        stats = self.stats()
        url = hide_password(self._template.reveal())
        return f"<Pools {self._name!r} {url} ({stats.open} of {stats.max} open)>"

    def tenant(self, name: str) -> PoolsTenant:
        """Let everything in a block run on the database of a tenant, as `oxyde.db.use` does:
        queries that name no database, and transactions::

            async with pools.tenant("t42"): ...

        The pool is opened if it is not, and stays open for the block. Inside a block of another
        tenant, this one is valid. Tasks that are started in the block belong to it, and must end
        before it does.

        Args:
            name: letters, digits, ``_``, ``-`` and ``.``, up to 63 of them.

        Raises:
            TenantNotFoundError: the name has other characters, which would change the URL; on
                entering: there is no such database.
            OxydeError: the name is not a string.
            PoolTimeoutError: on entering: all pools are in use, and none became free in time.
            DatabaseConnectionError: on entering: the server cannot be reached.
        """
        if not isinstance(name, str):
            raise OxydeError(f"a tenant is named by a string, not by {name!r:.100}")
        if not _NAME.fullmatch(name):
            raise TenantNotFoundError(
                f"{name!r:.100} is not the name of a tenant",
                tenant=name,
                hint="names have letters, digits, `_`, `-` and `.`, up to 63, and do not begin "
                "with `-` or `.`",
            )
        return PoolsTenant(self, name)

    def stats(self) -> PoolsStats:
        """What the pools do; `oxyde.db.stats` has the connections of each."""
        return PoolsStats(**self._seats.counts())

    async def close(self) -> None:
        """Close all pools, also of blocks that are open. Closing twice is fine."""
        await _close(self._seats.clear())

    async def __aenter__(self) -> Pools:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @contextlib.asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """A lifespan for FastAPI or Starlette: ``FastAPI(lifespan=pools.lifespan)``."""
        async with self:
            yield

    async def _enter(self, tenant: str) -> Seat:
        """Take the seat of a tenant, with an open pool."""
        granted = await self._seats.take(tenant)
        seat = granted.seat
        if not granted.must_open:
            return seat
        try:
            await _close(self._seats.evicted())
            database = await self._open(tenant)
        except BaseException as error:
            self._seats.failed(seat, error)
            raise
        if not self._seats.opened(seat, database):
            await database.disconnect()
            raise OxydeError(f"the pools were closed while that of tenant {tenant!r} was opened")
        return seat

    async def _open(self, tenant: str) -> AsyncDatabase:
        url = Address(self._template.reveal().replace(_TENANT, tenant))
        database = AsyncDatabase(url, name=f"{self._name}/{tenant}", settings=self._settings)
        try:
            await database.connect()
        except DatabaseConnectionError as error:
            if error.code not in _UNKNOWN:
                raise
            raise TenantNotFoundError(
                f"there is no database of tenant {tenant!r}: {error.args[0]}",
                tenant=tenant,
                hint="create it (`oxyde create-database`) and its tables (`oxyde migrate`)",
            ) from error
        return database

    def _leave(self, seat: Seat) -> None:
        self._seats.leave(seat)


class PoolsTenant:
    """The result of `Pools.tenant`: an asynchronous context manager."""

    __slots__ = ("_open", "_pools", "_tenant")

    def __init__(self, pools: Pools, tenant: str) -> None:
        self._pools = pools
        self._tenant = tenant
        self._open: tuple[Seat, Use] | None = None

    async def __aenter__(self) -> AsyncDatabase:
        if self._open is not None:
            raise OxydeError(
                f"this block of tenant {self._tenant!r} is already open",
                hint="call tenant() for each block",
            )
        seat = await self._pools._enter(self._tenant)
        database = seat.database
        assert database is not None
        use = Use(database.name)
        use.__enter__()
        self._open = (seat, use)
        return database

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        opened, self._open = self._open, None
        if opened is None:
            raise OxydeError(f"this block of tenant {self._tenant!r} is not open")
        seat, use = opened
        try:
            use.__exit__(kind, error, trace)
        finally:
            self._pools._leave(seat)


def _template(address: Address) -> Address:
    """The URL with ``{tenant}``, which URL objects have percent-encoded."""
    text = address.reveal().replace(quote(_TENANT), _TENANT)
    if _TENANT not in text:
        raise OxydeError(
            f"Pools: the URL {hide_password(text)} has no {_TENANT}",
            hint=f"write it where the name of the tenant stands: postgresql://db/{_TENANT}",
        )
    if text.lower().startswith("sqlite:") and not re.search(r"[?&]mode=", text):
        # A file that does not exist is a tenant that does not exist.
        text += f"{'&' if '?' in text else '?'}mode=rw"
    return Address(text)


def _check_seconds(what: str, seconds: object) -> None:
    if type(seconds) not in (int, float) or not (math.isfinite(seconds) and seconds > 0):  # type: ignore[arg-type, operator]
        raise OxydeError(f"Pools: {what} is above zero seconds, not {seconds!r}")


# Tasks that close pools; an event loop refers to its tasks weakly.
_closing: set[asyncio.Task[None]] = set()


async def _close(databases: list[AsyncDatabase]) -> None:
    """Close all of them, even if the task that waits is cancelled."""
    if is_without_loop() or not databases:
        await _close_each(databases)
        return
    task = asyncio.create_task(_close_each(databases))
    _closing.add(task)
    task.add_done_callback(_closing.discard)
    await asyncio.shield(task)


async def _close_each(databases: list[AsyncDatabase]) -> None:
    for database in databases:
        # Errors of a pool that is given up are irrelevant.
        with contextlib.suppress(OxydeError):
            await database.disconnect()
