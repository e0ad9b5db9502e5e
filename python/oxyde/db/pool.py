"""AsyncDatabase: one database and its pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Generator, Sequence
from logging import DEBUG
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.address import (
    Address,
    DatabaseUrl,
    Location,
    address_of,
    hide_password,
    host_of,
    location_of,
)
from oxyde.db.cursor import Cursor
from oxyde.db.events import EventReader
from oxyde.db.opening import open_pool
from oxyde.db.operation import run, started
from oxyde.db.registry import forget, register_connection
from oxyde.db.replication import Replication, ask_position, ask_replication
from oxyde.db.settings import PoolSettings
from oxyde.db.watched import commented, run_reported, watched
from oxyde.exceptions import DatabaseConnectionError, OxydeError, UnsupportedFeatureError
from oxyde.observe.events import event_hooks
from oxyde.observe.hooks import is_logged, watchers

if TYPE_CHECKING:
    from oxyde._core import (
        BoundRows,
        Features,
        Listener,
        Plan,
        Pool,
        RawRows,
        Recipe,
        Rows,
    )
    from oxyde.db.positions import Position
    from oxyde.db.router import Router

__all__ = ["AsyncDatabase", "PoolSettings"]

T = TypeVar("T")


class AsyncDatabase:
    """A named database. ``await database`` connects it if necessary and returns it.

    Args:
        url: a ``postgresql://``, ``mysql://``, ``mariadb://`` or ``sqlite://`` URL: a string, a
            `SecretStr`, or a URL of Pydantic (`PostgresDsn`), yarl or SQLAlchemy. Its query string
            may contain pool settings (``?max_connections=5``), which override `settings`.
        name: the name for ``using=``.
        settings: the pool's settings.
        overwrite: whether ``connect()`` may replace another database with this name (which is then
            disconnected).
    """

    # Whether another database may take its name without `overwrite`.
    gives_way = False
    # For the repr of one whose arguments were refused.
    _name: str = ""
    _address: Address = Address("")
    _pool: Pool | None = None

    def __init__(
        self,
        url: DatabaseUrl,
        *,
        name: str = "default",
        settings: PoolSettings | None = None,
        overwrite: bool = False,
    ) -> None:
        address = address_of(url, name)
        # The frames of a traceback show their variables: none has the password.
        del url
        if isinstance(address, OxydeError):
            raise address
        if settings is not None and not isinstance(settings, PoolSettings):
            raise TypeError(f"settings must be a PoolSettings, not {type(settings).__name__}")
        self._name = name
        self._address = address
        self.host = host_of(address.reveal())
        self._settings = settings or PoolSettings()
        # Whether its statements are timed even if nobody asks for them.
        self.reports = self._settings.slow_query is not None or self._settings.sql_comments
        self._overwrite = overwrite
        # The router that sends writes here, and the reads that must see them.
        self.router: Router | None = None
        # Whether it is a node of a Galera cluster, once that was asked.
        self.is_galera: bool | None = None
        # Whether it belongs to a cluster whose nodes all accept writes, once that was asked.
        self.is_clustered: bool | None = None
        # Blocks that were run again, by the code of the error.
        self.repeated: Counter[str] = Counter()
        self._events: EventReader | None = None
        self._features: Features | None = None

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<AsyncDatabase {self._name!r} {hide_password(self._address.reveal())} ({state})>"

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
        """The URL as given, with the password."""
        return self._address.reveal()

    @property
    def location(self) -> Location:
        """The host, the port and the name of the database."""
        return location_of(self._address.reveal())

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
        return self.features.dialect

    @property
    def features(self) -> Features:
        """What the server can do, in its version: plans are compiled for that."""
        if self._features is None:
            raise self._unconnected()
        return self._features

    @property
    def journal(self) -> None:
        """None: a statement outside a block cannot be rolled back."""
        return None

    @property
    def in_transaction(self) -> bool:
        """False: statements on a pool commit by themselves."""
        return False

    @property
    def server_version(self) -> str:
        """The version that the server reports, or the setting `server_version`."""
        return self._core().server_version

    @property
    def commit_outcome(self) -> bool:
        """Whether the ids of transactions are asked for before their COMMIT: the setting
        `pg_commit_outcome`, on PostgreSQL."""
        return self._core().commit_outcome

    def status(self) -> dict[str, int]:
        """The pool's ``size``, ``idle``, ``in_use`` and ``waiting`` counts."""
        return self._core().status()

    def server(self) -> tuple[str, str] | None:
        """The host and the role (``primary``, ``standby`` or ``read-only``) of the server that the
        newest or last tested connection has; None for SQLite."""
        return self._core().server()

    def counters(self) -> dict[str, float]:
        """The maximum number of connections, and what the pool has done since it was opened (see
        `oxyde.db.stats`)."""
        return self._core().counters()

    def commented(self, plan: Plan) -> Plan:
        """The plan as it is sent: with a comment, if the settings say so."""
        return commented(plan) if self._settings.sql_comments else plan

    def retried(self) -> dict[str, int]:
        """Statements that were repeated on another connection, and blocks that were run again, by
        the code of the error."""
        found = Counter(self._core().retried())
        found.update(self.repeated)
        return dict(found)

    def read_events(self) -> None:
        """Hand the pool's events to the hooks of `oxyde.db.on_event`, in the running event loop."""
        if self._events is None:
            self._events = EventReader(self._name, self._core())
        self._events.start()

    async def connect(self) -> None:
        """Open the pool and register the database under its name. Does nothing if it is connected.

        Raises:
            DatabaseConnectionError: the server cannot be reached or rejects the login.
            UnsupportedFeatureError: the server is older than the oldest supported version.
            OxydeError: an invalid URL, or another database with this name is registered.
        """
        if self._pool is not None:
            return
        replaced = register_connection(self, overwrite=self._overwrite)
        try:
            pool = await open_pool(self)
        except BaseException as error:
            forget(self, restore=replaced)
            if isinstance(error, DatabaseConnectionError | UnsupportedFeatureError):
                where = f"database {self._name!r} at {hide_password(self._address.reveal())}"
                error.args = (f"{where}: {error.args[0]}", *error.args[1:])
            raise
        self._pool = pool
        self._features = pool.features
        if event_hooks.active:
            self.read_events()
        if replaced is not None:
            await replaced.disconnect()

    async def connect_again(self) -> None:
        """Open the pool of a database that keeps its name while its server is away.

        Raises:
            OxydeError: as `connect`.
        """
        try:
            await self.connect()
        except OxydeError:
            register_connection(self, overwrite=True)
            raise

    async def disconnect(self) -> None:
        """Close the pool and unregister the database. Does nothing if it is closed."""
        forget(self)
        pool, self._pool, self._features = self._pool, None, None
        events, self._events = self._events, None
        if pool is not None:
            await run(pool.close())
        if events is not None:
            await events.closed()

    def _core(self) -> Pool:
        if self._pool is None:
            raise self._unconnected()
        return self._pool

    def _unconnected(self) -> OxydeError:
        return OxydeError(
            f"database {self._name!r} is not connected",
            hint="call `await db.init(...)` or `await database.connect()` first",
        )

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that returns rows, and hydrate them by the recipe."""
        if self.router is not None and plan.writes:
            return await self.router.remember(self, self._fetch(plan, values, recipe))
        # Here and in `execute`, `run_reported` and `_fetch` without their calls per statement.
        if watchers or is_logged(DEBUG) or self.reports:
            core, sent = self._core(), self.commented(plan)
            return await watched(lambda: core.fetch(sent, values, recipe), self, plan, values)
        return await run(self._core().fetch(plan, values, recipe), self.host)

    async def _fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        core, sent = self._core(), self.commented(plan)
        return await run_reported(lambda: core.fetch(sent, values, recipe), self, plan, values)

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time, over a separate connection."""
        core, sent = self._core(), self.commented(plan)
        cursor = await run_reported(
            lambda: core.open_cursor(sent, values, recipe, chunk), self, plan, values
        )
        return Cursor(cursor, started)

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        if self.router is not None:
            return await self.router.remember(self, self._execute(plan, values))
        if watchers or is_logged(DEBUG) or self.reports:
            core, sent = self._core(), self.commented(plan)
            return await watched(lambda: core.execute(sent, values), self, plan, values)
        return await run(self._core().execute(plan, values), self.host)

    async def _execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        core, sent = self._core(), self.commented(plan)
        return await run_reported(lambda: core.execute(sent, values), self, plan, values)

    async def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none."""
        core, sent = self._core(), self.commented(plan)
        return await self._written(
            run_reported(
                lambda: core.bulk(sent, rows, recipe, batch_size), self, plan, batch=len(rows)
            )
        )

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text; `types` lists the known column types by name."""
        core = self._core()
        # SQL text may write.
        return await self._written(
            run_reported(lambda: core.fetch_raw(sql, values, types), self, sql, values)
        )

    async def _written(self, writing: Coroutine[Any, Any, T]) -> T:
        return await (writing if self.router is None else self.router.remember(self, writing))

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement, with measurements if `analyze`."""
        core = self._core()
        return await run_reported(
            lambda: core.explain(plan, values, analyze), self, f"EXPLAIN {plan.sql}"
        )

    async def open_listener(self, channels: Sequence[str]) -> Listener:
        """Listen to channels over an additional connection (`db.listen`)."""
        return await run(self._core().listen(list(channels)), self.host)

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements, in one transaction if the database supports that."""
        core = self._core()
        await self._written(
            run_reported(lambda: core.script(statements), self, ";\n".join(statements))
        )

    async def position(self) -> Position:
        """How far the server has come in the log of its primary: what it has written, or as a
        replica, replayed. Positions can be compared with those of other servers of the cluster.

        Raises:
            UnsupportedFeatureError: it has no such positions.
            OxydeError: it cannot be asked.
        """
        return await ask_position(self)

    async def replication(self, primary: AsyncDatabase | None) -> Replication:
        """Whether the server is up to date as a replica, and if not, how old what it shows is.

        Args:
            primary: what it is compared with, if it does not say that itself.

        Raises:
            UnsupportedFeatureError: that cannot be found out.
            OxydeError: one of them cannot be asked.
        """
        return await ask_replication(self, primary)
