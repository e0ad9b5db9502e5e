"""The databases of a test run, and what one test sees of them."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, cast

from oxyde.db.opening import open_by, open_really
from oxyde.db.operation import run
from oxyde.db.pool import AsyncDatabase
from oxyde.db.registry import forget, get_connection, register_connection, route_by
from oxyde.db.schema import create_tables
from oxyde.db.settings import PoolSettings
from oxyde.exceptions import OxydeError
from oxyde.testing import server
from oxyde.testing.addresses import Address, address_of
from oxyde.testing.claim import Claim
from oxyde.testing.emptying import Emptying
from oxyde.testing.loop_thread import LoopThread, is_loop_thread
from oxyde.testing.managed import KeptDatabase, ManagedPool, StandingDatabase
from oxyde.testing.outside import is_unmanaged
from oxyde.testing.shared import SharedConnection
from oxyde.testing.unique_values import forget_used

if TYPE_CHECKING:
    from oxyde._core import Pool
    from oxyde.testing.options import Options

__all__ = ["ManagedRun"]


class _RunDatabase:
    """One database of the run. It is made when a test first uses it.

    Attributes:
        shared: the transaction of the test that is running, if it has used the database.
        address: where it is, as soon as it is made.
    """

    def __init__(self, name: str, url: str, options: Options, threads: LoopThread) -> None:
        self._name = name
        self._url = url
        self._options = options
        self._threads = threads
        self._lock = threading.RLock()
        self._claim: Claim | None = None
        self._pool: Pool | None = None
        self._failed: Exception | None = None
        self._emptying: Emptying | None = None
        self.shared: SharedConnection | None = None
        self.address: Address | None = None

    def pool(self) -> Pool:
        """Its pool, outside of every test's transaction.

        Raises:
            OxydeError: it could not be made, or `oxyde_prepare` or `oxyde_seed` of another database
                uses it.
        """
        if self._pool is None and is_loop_thread():
            raise OxydeError(
                f"the database {self._name!r} is used while another one is made",
                hint="oxyde_prepare and oxyde_seed use the database that they are given",
            )
        with self._lock:
            if self._failed is not None:
                raise OxydeError(
                    f"the test database {self._name!r} could not be made: {self._failed}"
                ) from self._failed
            if self._pool is None:
                try:
                    self._pool = self._threads.run(self._make())
                except Exception as error:
                    self._failed = error  # the same would happen in every test
                    raise
            return self._pool

    def begin(self) -> SharedConnection:
        """The transaction of the test."""
        pool = self.pool()
        with self._lock:
            if self.shared is None:
                self.shared = self._threads.run(_begun(pool))
            return self.shared

    def roll_back(self) -> None:
        """End the transaction of the test."""
        shared, self.shared = self.shared, None
        if shared is not None:
            self._threads.run(_rolled_back(shared))

    def empty(self, *, reset_sequences: bool) -> None:
        """Restore the rows that were there when the database was made."""
        if self._emptying is not None:
            self._threads.run(self._emptying.empty(reset_sequences=reset_sequences))

    def remove(self) -> None:
        """Close the pool and drop the database, unless it is to be kept."""
        pool, self._pool = self._pool, None
        try:
            if pool is not None:
                self._threads.run(_closed(pool))
            if self.address is not None and not self._options.keep:
                self._threads.run(server.drop(self.address))
        finally:
            if self._claim is not None:
                self._claim.release()

    async def _make(self) -> Pool:
        options = self._options
        suffix = f"_{options.worker}" if options.worker else ""
        base = address_of(self._url, suffix)
        self._claim = Claim(base.url)
        number = self._claim.number
        self.address = base if number == 1 else address_of(self._url, f"{suffix}_{number}")
        there = options.keep and await server.exists(self.address)
        if not there:
            await server.create(self.address)
        database = await self._opened(self.address)
        try:
            with _registered(database):
                await self._fill(database, is_new=not there)
            self._emptying = Emptying(database)
            await self._emptying.note_rows()
        except BaseException:
            await _closed(database._core())
            raise
        return database._core()

    async def _opened(self, address: Address) -> KeptDatabase:
        settings = PoolSettings(sqlite_synchronous="OFF")
        opened = AsyncDatabase(address.url, name=self._name, settings=settings)
        return KeptDatabase(self._name, address.url, await open_really(opened))

    async def _fill(self, database: KeptDatabase, *, is_new: bool) -> None:
        options = self._options
        for module in options.models:
            importlib.import_module(module)
        if options.prepare is not None and is_new:
            await options.prepare(database)
        if options.create == "models":
            await create_tables(database)
        else:
            await self._migrate(database.url)
        if options.seed is not None and is_new:
            await options.seed(database)

    async def _migrate(self, url: str) -> None:
        # Imported here, as tests whose tables are made from models do without.
        from oxyde.migrations import migrate

        if self.address is not None and self.address.name is None:
            raise OxydeError(
                f"the test database {self._name!r} is in memory, where migrations cannot reach it",
                hint='name a file (sqlite:///app.db), or set oxyde_create = "models"',
            )
        folder = self._options.migrations.get(self._name)
        await migrate(url, migrations=folder, config=self._options.config)


class ManagedRun:
    """All databases of the run, by name. Meanwhile, whatever opens a database with one of these
    names gets the test database.

    Attributes:
        threads: where the work around tests runs.
    """

    def __init__(self, options: Options) -> None:
        self.threads = LoopThread()
        self._databases: dict[str, _RunDatabase] = {}
        for name, url in options.urls.items():
            if url not in options.urls:
                self._databases[name] = _RunDatabase(name, url, options, self.threads)
        for name, url in options.urls.items():
            if url in options.urls:
                self._databases[name] = self._mirrored(name, url)
        self._standing = {
            name: StandingDatabase(name, options.urls[name], self._managed(name))
            for name in self._databases
        }
        self._isolation: Isolation | None = None

    def start(self) -> None:
        """Stand in for the project's databases."""
        open_by(self._open)
        self._stand()

    def stop(self) -> None:
        """Drop the databases. Does nothing the second time."""
        open_by(None)
        for standing in self._standing.values():
            forget(standing)
        try:
            with contextlib.ExitStack() as removing:
                for database in set(self._databases.values()):
                    removing.callback(database.remove)
                self._databases = {}
        finally:
            self.threads.stop()

    @contextlib.contextmanager
    def test(
        self,
        *,
        databases: Collection[str] | None,
        transaction: bool,
        reset_sequences: bool,
    ) -> Iterator[None]:
        """Run a test: what it writes is taken back at its end.

        Args:
            databases: the names that it may use; all when None.
            transaction: whether its transactions are real ones; the tables are then emptied.
            reset_sequences: whether the counters of keys are reset as well.
        """
        isolation = Isolation(self._databases if databases is None else databases, transaction)
        self._isolation = isolation
        self._stand()
        try:
            yield
        finally:
            self._isolation = None
            self._take_back(isolation, reset_sequences)

    def unknown(self, databases: Collection[str] | None) -> str | None:
        """What is wrong with the names of a mark."""
        for name in databases or ():
            if name not in self._databases:
                return (
                    f"the mark `oxyde` names the database {name!r}, which oxyde_database_url does "
                    f"not\nhint: write `{name} = …` there; known: {', '.join(self._databases)}"
                )
        return None

    def _take_back(self, isolation: Isolation, reset_sequences: bool) -> None:
        route_by(None)
        forget_used()
        for opened in isolation.opened:
            self.threads.run(opened.disconnect())
        self._stand()
        for database in set(self._databases.values()):
            database.roll_back()
            if isolation.transaction:
                database.empty(reset_sequences=reset_sequences)

    def _stand(self) -> None:
        """Register the databases for whose names nothing is open."""
        for name, standing in self._standing.items():
            try:
                get_connection(name)
            except OxydeError:
                register_connection(standing)

    def _mirrored(self, name: str, url: str) -> _RunDatabase:
        if url not in self._databases:
            raise OxydeError(
                f"oxyde_database_url makes {name!r} a mirror of {url!r}, which is a mirror itself",
                hint=f"write the URL of {url!r} there",
            )
        return self._databases[url]

    def _managed(self, name: str) -> ManagedPool:
        database = self._databases[name]
        return ManagedPool(database.pool, lambda: self._current(name), self._stand)

    def _current(self, name: str) -> Pool:
        """Where the statements of the database run now."""
        isolation, database = self._isolation, self._databases[name]
        if isolation is None:
            return database.pool()
        isolation.check(name)
        if isolation.transaction or is_loop_thread():
            return database.pool()
        return cast("Pool", database.begin())

    async def _open(self, database: AsyncDatabase) -> Pool:
        if is_unmanaged():
            return await open_really(database)
        name, isolation = database.name, self._isolation
        if name not in self._databases:
            raise OxydeError(
                f"a test opens the database {name!r}, for which there is no test database",
                hint=f"add `{name} = …` to oxyde_database_url, or open it inside "
                "oxyde.testing.unmanaged()",
            )
        if isolation is not None:
            isolation.check(name)
            isolation.opened.append(database)
        test_database = self._databases[name]
        test_database.pool()
        address = test_database.address
        if isolation is None or not isolation.transaction or not address or not address.name:
            return cast("Pool", self._managed(name))
        return await open_really(AsyncDatabase(address.url, name=name, settings=database.settings))


class Isolation:
    """What one test sees.

    Attributes:
        transaction: whether its transactions are real ones.
        opened: the databases that it has opened.
    """

    def __init__(self, names: Collection[str], transaction: bool) -> None:
        self._names = names
        self.transaction = transaction
        self.opened: list[AsyncDatabase] = []

    def check(self, name: str) -> None:
        """Refuse a database that the test does not name.

        Raises:
            OxydeError: it is one.
        """
        if name not in self._names:
            raise OxydeError(
                f"this test uses the database {name!r}, which its mark does not name",
                hint=f"@pytest.mark.oxyde(databases={sorted({*self._names, name})!r})",
            )


@contextlib.contextmanager
def _registered(database: KeptDatabase) -> Iterator[None]:
    replaced = register_connection(database, overwrite=True)
    try:
        yield
    finally:
        forget(database, restore=replaced)


async def _begun(pool: Pool) -> SharedConnection:
    return SharedConnection(await run(pool.begin(None, False, False)))


async def _rolled_back(shared: SharedConnection) -> None:
    await run(shared.core.rollback())


async def _closed(pool: Pool) -> None:
    await run(pool.close())
