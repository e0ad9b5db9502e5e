"""AsyncDatabase: one database and its pool."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from oxyde.db.cursor import Cursor
from oxyde.db.operation import run
from oxyde.db.settings import PoolSettings
from oxyde.exceptions import DatabaseConnectionError, OxydeError

if TYPE_CHECKING:
    from oxyde._core import Listener, Operation, Plan, Pool, RawRows, Recipe, Rows

__all__ = ["AsyncDatabase", "PoolSettings"]

T = TypeVar("T")


class AsyncDatabase:
    """A database under a name. ``await database`` connects it if need be and returns it.

    Args:
        url: ``postgresql://``, ``mysql://``, ``mariadb://`` or ``sqlite://`` address. A query
            string may carry pool settings (``?max_connections=5``), which win over `settings`.
        name: the name for ``using=``.
        settings: the pool's settings.
        overwrite: whether ``connect()`` may take the place of another database of this name
            (which is then disconnected).
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "default",
        settings: PoolSettings | None = None,
        overwrite: bool = False,
    ) -> None:
        if not url:
            raise OxydeError(
                f"the address of database {name!r} is {url!r}",
                hint="give a URL such as postgresql://user:password@host/database",
            )
        if settings is not None and not isinstance(settings, PoolSettings):
            raise TypeError(f"settings is a PoolSettings, not {type(settings).__name__}")
        self._name = name
        self._url = url
        self._settings = settings or PoolSettings()
        self._overwrite = overwrite
        self._pool: Pool | None = None
        self._flavour = ""
        self._features: Mapping[str, bool] = {}

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<AsyncDatabase {self._name!r} {hide_password(self._url)} ({state})>"

    def __await__(self) -> Generator[Any, None, AsyncDatabase]:
        return self._ensure_connected().__await__()

    async def _ensure_connected(self) -> AsyncDatabase:
        if self._pool is None:
            await self.connect()
        return self

    @property
    def name(self) -> str:
        """The name for ``using=``."""
        return self._name

    @property
    def url(self) -> str:
        """The address as it was given, with the password."""
        return self._url

    @property
    def settings(self) -> PoolSettings:
        """The pool's settings."""
        return self._settings

    @property
    def connected(self) -> bool:
        """Whether the pool is open."""
        return self._pool is not None

    @property
    def backend(self) -> str:
        """The kind of database: ``postgres``, ``sqlite``, ``mysql`` or ``mariadb``."""
        return self.flavour

    @property
    def flavour(self) -> str:
        """The SQL flavour that plans are compiled for."""
        self._core()
        return self._flavour

    @property
    def features(self) -> Mapping[str, bool]:
        """What the database can do."""
        self._core()
        return self._features

    @property
    def in_transaction(self) -> bool:
        """False: statements on a pool commit by themselves."""
        return False

    @property
    def server_version(self) -> str:
        """The server's version as it tells it."""
        return self._core().server_version

    def status(self) -> dict[str, int]:
        """The pool's ``size``, ``idle``, ``in_use`` and ``waiting`` counts."""
        return self._core().status()

    async def connect(self) -> None:
        """Open the pool and register the database under its name. Connected already: nothing.

        Raises:
            DatabaseConnectionError: the server cannot be reached or refuses the login.
            OxydeError: a wrong URL, or another database of this name is registered.
        """
        from oxyde._core import Pool, features
        from oxyde.db.registry import forget, register_connection

        if self._pool is not None:
            return
        replaced = register_connection(self, overwrite=self._overwrite)
        try:
            pool = await run(Pool.open(self._url, self._name, self._settings.as_dict()))
        except BaseException as error:
            forget(self, restore=replaced)
            if isinstance(error, DatabaseConnectionError):
                where = f"database {self._name!r} at {hide_password(self._url)}"
                error.args = (f"{where}: {error.args[0]}", *error.args[1:])
            raise
        self._pool = pool
        self._flavour = pool.flavour
        self._features = features(pool.flavour)
        if replaced is not None:
            await replaced.disconnect()

    async def disconnect(self) -> None:
        """Close the pool and take the database off the register. Closed already: nothing."""
        from oxyde.db.registry import forget

        forget(self)
        pool, self._pool = self._pool, None
        if pool is not None:
            await run(pool.close())

    def _core(self) -> Pool:
        if self._pool is None:
            raise OxydeError(
                f"database {self._name!r} is not connected",
                hint="call `await db.init(...)` or `await database.connect()` first",
            )
        return self._pool

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that gives rows, and hydrate them by the recipe."""
        return await run(self._core().fetch(plan, values, recipe))

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time, over a connection of its own."""
        return Cursor(await run(self._core().open_cursor(plan, values, recipe, chunk)), _started)

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        return await run(self._core().execute(plan, values))

    async def bulk(
        self,
        plan: Plan,
        rows: Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none."""
        return await run(self._core().bulk(plan, rows, recipe, batch_size))

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text; `types` gives the column types that are known by name."""
        return await run(self._core().fetch_raw(sql, values, types))

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement, measured if `analyze`."""
        return await run(self._core().explain(plan, values, analyze))

    async def open_listener(self, channels: Sequence[str]) -> Listener:
        """Begin to hear what is sent to channels, over a further connection (`db.listen`)."""
        return await run(self._core().listen(list(channels)))

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements, in one transaction where the database can."""
        await run(self._core().script(statements))


async def _started(start: Callable[[], Operation[T]]) -> T:
    return await run(start())


def hide_password(url: str) -> str:
    """The URL with its password as ``***``; a URL that cannot be read is not shown at all."""
    try:
        parts = urlsplit(url)
        if parts.password is None:
            return url.partition("?")[0]
        user, _, host = parts.netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:***@{host}"
    except ValueError:
        return "<unreadable URL>"
    return urlunsplit(parts._replace(netloc=netloc, query=""))
