"""A block of a transaction: the transaction itself, or a savepoint in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from oxyde.db.cursor import Cursor
from oxyde.db.operation import run
from oxyde.db.pool import AsyncDatabase
from oxyde.db.turns import Turns
from oxyde.exceptions import (
    DatabaseError,
    IntegrityError,
    OxydeError,
    TransactionAbortedError,
    TransactionError,
    TransactionTimeoutError,
)

if TYPE_CHECKING:
    from oxyde._core import Operation, Plan, RawRows, Recipe, Rows
    from oxyde._core import Transaction as CoreTransaction

__all__ = ["Block", "Connection"]

T = TypeVar("T")


class Connection:
    """What all the blocks of one transaction share."""

    __slots__ = ("core", "database", "lost", "process", "running", "turns")

    def __init__(self, core: CoreTransaction, database: AsyncDatabase) -> None:
        self.core = core
        self.database = database
        self.process = os.getpid()
        self.turns = Turns(asyncio.get_running_loop(), database.settings.acquire_timeout)
        # The statement on the wire and the block that sent it.
        self.running: tuple[Block, Operation[Any]] | None = None
        # Why not even the outermost block can go on.
        self.lost: BaseException | None = None


class Block:
    """One ``atomic()`` block: the transaction, or a savepoint in it. It runs queries as a
    database does (``client=``)."""

    __slots__ = (
        "_depth",
        "_expired",
        "_failure",
        "_outer",
        "_rollback",
        "_timeout",
        "_timer",
        "connection",
        "state",
    )

    def __init__(self, connection: Connection, outer: Block | None, timeout: float | None) -> None:
        self.connection = connection
        self._outer = outer
        self._depth: int = 0 if outer is None else outer._depth + 1
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        self._expired = False
        self._failure: BaseException | None = None
        self._rollback = False
        self.state: Literal["open", "committed", "rolled back"] = "open"

    def __repr__(self) -> str:
        kind = "transaction" if self._outer is None else f"savepoint {self._savepoint}"
        return f"<{kind} on {self.name!r} ({self.state})>"

    @property
    def name(self) -> str:
        """The name of the database."""
        return self.connection.database.name

    @property
    def flavour(self) -> str:
        """The SQL flavour that plans are compiled for."""
        return self.connection.core.flavour

    @property
    def features(self) -> Mapping[str, bool]:
        """What the database can do."""
        return self.connection.database.features

    @property
    def in_transaction(self) -> bool:
        """True."""
        return True

    @property
    def _savepoint(self) -> str:
        return f"oxyde_{self._depth}"

    def set_rollback(self, rollback: bool = True) -> None:
        """Undo this block when it ends without an exception; outer blocks go on."""
        self._rollback = rollback

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that gives rows, and hydrate them by the recipe."""
        return await self._run(lambda core: core.fetch(plan, values, recipe))

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time: each chunk takes a turn, so that
        other statements run in between."""
        core = await self._run(lambda core: core.open_cursor(plan, values, recipe, chunk))
        return Cursor(core, lambda start: self._run(lambda _: start()))

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        return await self._run(lambda core: core.execute(plan, values))

    async def bulk(
        self,
        plan: Plan,
        rows: Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none."""
        return await self._run(lambda core: core.bulk(plan, rows, recipe, batch_size))

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text; `types` gives the column types that are known by name."""
        return await self._run(lambda core: core.fetch_raw(sql, values, types))

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement, measured if `analyze`."""
        return await self._run(lambda core: core.explain(plan, values, analyze))

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements inside the transaction. (MySQL commits at each.)"""
        await self._run(lambda core: core.script(statements))

    async def _run(self, start: Callable[[CoreTransaction], Operation[T]]) -> T:
        connection = self.connection
        self.check_open()
        await connection.turns.take(self)
        try:
            self.check_open()
            self._check_sound()
            operation = start(connection.core)
            connection.running = (self, operation)
            try:
                return await run(operation)
            except asyncio.CancelledError as error:
                # Whether it was done or stopped is not known: the block cannot be trusted.
                self._failure = self._failure or error
                raise
            except (DatabaseError, IntegrityError) as error:
                self._failure = self._failure or error
                self._check_time()
                raise
            finally:
                connection.running = None
        finally:
            connection.turns.give_back()

    def check_open(self) -> None:
        """Raise if the block has ended, its time is up, or this is a forked child."""
        self._check_time()
        if self.state != "open":
            raise self._ended_error()
        if self.connection.process != os.getpid():
            raise TransactionError(
                "the transaction belongs to the parent process",
                hint="open a transaction in the child itself",
            )

    def _check_time(self) -> None:
        block: Block | None = self
        while block is not None:
            if block._expired:
                raise block._timeout_error() from self._failure
            block = block._outer

    def _check_sound(self) -> None:
        failure = self.connection.lost or self._failure
        if failure is not None:
            raise self._aborted(failure) from failure

    def _aborted(self, failure: BaseException) -> TransactionAbortedError:
        first = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
        return TransactionAbortedError(
            f"a statement failed inside this atomic() block ({first}), so the block was not "
            "committed",
            hint="let the error leave the block, or put the statement in a nested atomic() block",
        )

    def _timeout_error(self) -> TransactionTimeoutError:
        return TransactionTimeoutError(
            f"the transaction on {self.name!r} ran longer than its timeout of "
            f"{self._timeout:g} s and was rolled back"
        )

    async def begin(self) -> None:
        """Open the block on the connection; a nested one by a savepoint."""
        turns = self.connection.turns
        outer = self._outer
        if outer is not None:
            outer.check_open()
            await turns.take(outer)
            try:
                outer.check_open()
                outer._check_sound()
                try:
                    await run(self.connection.core.savepoint(self._savepoint))
                except BaseException as error:
                    outer._failure = outer._failure or error
                    raise
                turns.blocks.append(self)
            finally:
                turns.give_back()
        else:
            turns.blocks.append(self)
        if self._timeout is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._timeout, self._expire)

    def _expire(self) -> None:
        """The time is up: stop the statement on the wire; the outermost block is rolled back on
        the server at once, whatever the user's code is waiting for."""
        if self.state != "open":
            return
        self._expired = True
        connection = self.connection
        if connection.running is not None and connection.running[0]._is_inside(self):
            connection.running[1].cancel().add_done_callback(_retrieve)
        if self._outer is None:
            connection.core.rollback().future.add_done_callback(_retrieve)

    def _is_inside(self, block: Block) -> bool:
        inner: Block | None = self
        while inner is not None:
            if inner is block:
                return True
            inner = inner._outer
        return False

    async def end(self, error: BaseException | None, *, foreign: bool) -> None:
        """Close the block: keep its work, or undo it.

        Raises what keeps the work from being kept; the user's own `error` is never replaced.
        """
        turns = self.connection.turns
        undo = error is not None or foreign or self._rollback
        if not undo:
            try:
                await turns.take(self)
            except BaseException:
                await self._undo()
                raise
            try:
                if not self._expired and not self._failure and not self.connection.lost:
                    await self._keep()
                    return
            finally:
                turns.give_back()
        try:
            await self._undo()
        except OxydeError:
            if error is None:
                raise
        if error is not None:
            if self._expired and isinstance(error, DatabaseError):
                raise self._timeout_error() from error
            return
        if self._expired:
            raise self._timeout_error() from self._failure
        failure = self.connection.lost or self._failure
        if failure is not None:
            raise self._aborted(failure) from failure
        if foreign:
            raise TransactionError(
                "the atomic() block was left by another task than the one that entered it, so it "
                "was rolled back",
                hint="enter and leave a block in one task",
            )

    async def _keep(self) -> None:
        core = self.connection.core
        try:
            await run(core.commit() if self._outer is None else core.release(self._savepoint))
        except BaseException as error:
            self._close("rolled back")
            if self._outer is not None:
                self._outer._failure = self._outer._failure or error
            raise
        self._close("committed")

    async def _undo(self) -> None:
        connection = self.connection
        turns = connection.turns
        # Blocks of other tasks inside this one go with it.
        for block in reversed(turns.blocks):
            if block is not self and block._is_inside(self):
                block._close("rolled back")
        self.state = "rolled back"
        turns.refuse(self, self._ended_error())
        if self._outer is None or connection.lost is not None:
            self._close("rolled back")
            if self._outer is None and connection.process == os.getpid():
                await run(connection.core.rollback())
            return
        # The block stays on the stack, so that no statement of an outer one comes before this.
        try:
            await turns.take(self, first=True)
            try:
                await run(connection.core.rollback_to(self._savepoint))
            finally:
                turns.give_back()
        except BaseException as error:
            # The server ended the whole transaction (a MySQL deadlock) or is gone.
            connection.lost = self._failure or error
            if not isinstance(error, OxydeError):
                raise
        finally:
            self._close("rolled back")

    def _close(self, state: Literal["committed", "rolled back"]) -> None:
        self.state = state
        if self._timer is not None:
            self._timer.cancel()
        self.connection.turns.end(self, self._ended_error())

    def _ended_error(self) -> TransactionError:
        return TransactionError(
            f"the atomic() block of this task was {self.state}",
            hint="await the tasks that a block starts before it ends, or start them outside",
        )


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Take note of an outcome that nobody waits for."""
    if not future.cancelled():
        future.exception()
