"""atomic(): transactions, and savepoints where they are nested."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload

from oxyde.db.block import Block, Connection
from oxyde.db.operation import run
from oxyde.db.pool import AsyncDatabase
from oxyde.exceptions import TransactionError, TransactionTimeoutError

if TYPE_CHECKING:
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


class Atomic:
    """What `atomic()` returns: an asynchronous context manager and a decorator."""

    __slots__ = (
        "_block",
        "_client",
        "_isolation",
        "_read_only",
        "_task",
        "_timeout",
        "_token",
        "_using",
    )

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
        block = Block(Connection(core, database), None, timeout)
        await block.begin()
        return block

    async def _nest(self, outer: Block) -> Block:
        if self._isolation is not None or self._read_only:
            raise TransactionError(
                "a nested atomic() block cannot set isolation or read_only",
                hint="set them on the outermost block",
            )
        block = Block(outer.connection, outer, self._timeout)
        await block.begin()
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
        await block.end(error, foreign=foreign)

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
    return block if block is not None and block.state == "open" else None


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
    if block is None or block.connection.database is not database:
        return None
    if block.connection.process != os.getpid():
        # A forked child carries the context of the task that forked it.
        return None
    block.check_open()
    return block
