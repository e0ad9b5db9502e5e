"""atomic(): transactions, and savepoints where they are nested."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload

from oxyde.db.operation import run, settle
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
    from oxyde._core import Operation, Plan, RawRows, Recipe
    from oxyde._core import Transaction as CoreTransaction
    from oxyde.db.executor import Executor

__all__ = [
    "TransactionTimeoutError",
    "atomic",
    "get_active_transaction",
    "set_rollback",
]

T = TypeVar("T")
P = ParamSpec("P")
Isolation = Literal["read uncommitted", "read committed", "repeatable read", "serializable"]
_ISOLATIONS = ("read uncommitted", "read committed", "repeatable read", "serializable")

# The innermost block per database name. Tasks copy it when they are made, so that a child task
# stays inside the block in which it was started.
_active: ContextVar[Mapping[str, Block]] = ContextVar("oxyde_transactions")
_NONE: Mapping[str, Block] = {}


class _Connection:
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
        "_connection",
        "_depth",
        "_expired",
        "_failure",
        "_outer",
        "_rollback",
        "_state",
        "_timeout",
        "_timer",
    )

    def __init__(
        self, connection: _Connection, outer: Block | None, timeout: float | None
    ) -> None:
        self._connection = connection
        self._outer = outer
        self._depth: int = 0 if outer is None else outer._depth + 1
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        self._expired = False
        self._failure: BaseException | None = None
        self._rollback = False
        self._state: Literal["open", "committed", "rolled back"] = "open"

    def __repr__(self) -> str:
        kind = "transaction" if self._outer is None else f"savepoint {self._savepoint}"
        return f"<{kind} on {self.name!r} ({self._state})>"

    @property
    def name(self) -> str:
        """The name of the database."""
        return self._connection.database.name

    @property
    def flavour(self) -> str:
        """The SQL flavour that plans are compiled for."""
        return self._connection.core.flavour

    @property
    def features(self) -> Mapping[str, bool]:
        """What the database can do."""
        return self._connection.database.features

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

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        return await self._run(lambda core: core.execute(plan, values))

    async def bulk(
        self,
        plan: Plan,
        rows: Sequence[Sequence[Any]],
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
        connection = self._connection
        self._check_open()
        await connection.turns.take(self)
        try:
            self._check_open()
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

    def _check_open(self) -> None:
        self._check_time()
        if self._state != "open":
            raise TransactionError(
                f"the atomic() block of this task was {self._state}",
                hint="await the tasks that a block starts before it ends, or start them outside",
            )
        if self._connection.process != os.getpid():
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
        failure = self._connection.lost or self._failure
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

    async def _begin(self) -> None:
        """Open the block on the connection, for a nested one by a savepoint."""
        turns = self._connection.turns
        outer = self._outer
        if outer is not None:
            outer._check_open()
            await turns.take(outer)
            try:
                outer._check_open()
                outer._check_sound()
                try:
                    await run(self._connection.core.savepoint(self._savepoint))
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
        if self._state != "open":
            return
        self._expired = True
        connection = self._connection
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

    async def _end(self, error: BaseException | None, *, foreign: bool) -> None:
        """Close the block: keep its work, or undo it.

        Raises what keeps the work from being kept; the user's own `error` is never replaced.
        """
        turns = self._connection.turns
        undo = error is not None or foreign or self._rollback
        if not undo:
            try:
                await turns.take(self)
            except BaseException:
                await self._undo()
                raise
            try:
                if not self._expired and not self._failure and not self._connection.lost:
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
        failure = self._connection.lost or self._failure
        if failure is not None:
            raise self._aborted(failure) from failure
        if foreign:
            raise TransactionError(
                "the atomic() block was left by another task than the one that entered it, so it "
                "was rolled back",
                hint="enter and leave a block in one task",
            )

    async def _keep(self) -> None:
        core = self._connection.core
        try:
            await run(core.commit() if self._outer is None else core.release(self._savepoint))
        except BaseException as error:
            self._close("rolled back")
            if self._outer is not None:
                self._outer._failure = self._outer._failure or error
            raise
        self._close("committed")

    async def _undo(self) -> None:
        connection = self._connection
        # Blocks of other tasks inside this one go with it.
        for block in reversed(connection.turns.blocks):
            if block is not self and block._is_inside(self):
                block._close("rolled back")
        self._close("rolled back")
        if connection.process != os.getpid():
            return
        if self._outer is None:
            await run(connection.core.rollback())
        elif connection.lost is None:
            try:
                await run(connection.core.rollback_to(self._savepoint))
            except BaseException as error:
                # The server ended the whole transaction (a MySQL deadlock) or is gone.
                connection.lost = self._failure or error
                if not isinstance(error, OxydeError):
                    raise

    def _close(self, state: Literal["committed", "rolled back"]) -> None:
        self._state = state
        if self._timer is not None:
            self._timer.cancel()
        turns = self._connection.turns
        if self in turns.blocks:
            turns.blocks.remove(self)
        if self._outer is None:
            turns.refuse(
                TransactionError(
                    f"the transaction was {state} while a task waited for its turn in it",
                    hint="await the tasks that a block starts before it ends",
                )
            )


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Take note of an outcome that nobody waits for."""
    if not future.cancelled():
        future.exception()


class Atomic:
    """What `atomic()` returns: an asynchronous context manager and a decorator."""

    __slots__ = ("_block", "_client", "_isolation", "_read_only", "_task", "_timeout", "_token", "_using")

    def __init__(
        self,
        using: str | None,
        client: Executor | None,
        isolation: str | None,
        read_only: bool,
        timeout: float | None,
    ) -> None:
        self._using = using
        self._client = client
        self._isolation = isolation
        self._read_only = read_only
        self._timeout = timeout
        self._block: Block | None = None
        self._token: Token[Mapping[str, Block]] | None = None
        self._task: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Block:
        from oxyde.db.registry import resolve

        if self._block is not None:
            raise TransactionError(
                "this atomic() block is open already", hint="call atomic() for each block"
            )
        executor = resolve(self._using, self._client)
        if isinstance(executor, Block):
            block = await self._nest(executor)
        elif isinstance(executor, AsyncDatabase):
            block = await self._open(executor)
        else:
            raise TypeError(f"atomic() takes a database, not {type(executor).__name__}")
        self._block = block
        self._task = asyncio.current_task()
        self._token = _active.set({**_active.get(_NONE), block.name: block})
        return block

    async def _open(self, database: AsyncDatabase) -> Block:
        operation = database._core().begin(self._isolation, self._read_only)
        try:
            core = await run(operation)
        except asyncio.CancelledError:
            future = operation.future
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().abandon()
            raise
        timeout = self._timeout
        if timeout is None:
            timeout = database.settings.transaction_timeout
        block = Block(_Connection(core, database), None, timeout)
        await block._begin()
        return block

    async def _nest(self, outer: Block) -> Block:
        if self._isolation is not None or self._read_only:
            raise TransactionError(
                "a nested atomic() block cannot set isolation or read_only",
                hint="set them on the outermost block",
            )
        block = Block(outer._connection, outer, self._timeout)
        await block._begin()
        return block

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        block, token = self._block, self._token
        foreign = asyncio.current_task() is not self._task
        self._block = self._token = self._task = None
        if block is None or token is None:
            raise TransactionError("this atomic() block is not open")
        if not foreign:
            _active.reset(token)
        await block._end(error, foreign=foreign)

    def __call__(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        if not inspect.iscoroutinefunction(function):
            raise TypeError(f"atomic() decorates an async function, not {function!r}")

        @functools.wraps(function)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            async with Atomic(
                self._using, self._client, self._isolation, self._read_only, self._timeout
            ):
                return await function(*args, **kwargs)

        return wrapper


@overload
def atomic(using: Callable[P, Awaitable[T]], /) -> Callable[P, Awaitable[T]]: ...
@overload
def atomic(
    using: str | None = None,
    *,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
) -> Atomic: ...
def atomic(
    using: str | Callable[P, Awaitable[T]] | None = None,
    *,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
) -> Atomic | Callable[P, Awaitable[T]]:
    """A transaction: ``async with atomic():`` or ``@atomic()`` on an async function.

    Inside another block on the same database it is a savepoint. Leaving it by an exception
    undoes it. Tasks that are started inside stay inside: their statements run one after the
    other, and fail when the block has ended.

    Args:
        using: the database's name.
        client: a database or an outer block, instead of a name.
        isolation: the isolation level by its name in the SQL standard; the server's own if None.
        read_only: no writes. On SQLite other transactions take the write lock when they begin
            (BEGIN IMMEDIATE), which a read-only one does not.
        timeout: seconds until it is rolled back; ``PoolSettings.transaction_timeout`` if None.

    Raises:
        TransactionAbortedError: on leaving, when the block swallowed an SQL error.
        TransactionTimeoutError: it ran longer than `timeout`.
    """
    if callable(using):
        return Atomic(None, None, None, False, None)(using)
    level = isolation.lower().replace("_", " ") if isinstance(isolation, str) else isolation
    if level is not None and level not in _ISOLATIONS:
        raise TransactionError(
            f"unknown isolation level {isolation!r}", hint=f"one of {', '.join(_ISOLATIONS)}"
        )
    if timeout is not None and (isinstance(timeout, bool) or not timeout > 0):
        raise TransactionError(f"timeout is above zero seconds, not {timeout!r}")
    return Atomic(using, client, level, read_only, timeout)


def get_active_transaction(using: str = "default") -> Block | None:
    """The innermost open block of this task on a database, or None."""
    block = _active.get(_NONE).get(using)
    return block if block is not None and block._state == "open" else None


def set_rollback(rollback: bool = True, *, using: str = "default") -> None:
    """Undo the innermost block of this task when it ends.

    Raises:
        TransactionError: no block is open.
    """
    block = get_active_transaction(using)
    if block is None:
        raise TransactionError(
            "set_rollback() outside a transaction", hint="call it inside `async with atomic():`"
        )
    block.set_rollback(rollback)


def active_executor(name: str, database: AsyncDatabase) -> Block | None:
    """The block that a query of this task on `database` belongs to.

    Raises:
        TransactionError: the block has ended, and the task outlived it.
    """
    block = _active.get(_NONE).get(name)
    if block is None or block._connection.database is not database:
        return None
    if block._connection.process != os.getpid():
        # A forked child carries the context of the task that forked it.
        return None
    block._check_open()
    return block
