"""atomic(): transactions, and savepoints when nested; detached(): outside all of them."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar, overload

from oxyde.db.active import Outside, active_blocks, open_blocks
from oxyde.db.after_commit import AfterCommit, run_after_commit, start_now
from oxyde.db.block import Block, Connection
from oxyde.db.block_settings import SettingValue, statements
from oxyde.db.both_forms import BothForms
from oxyde.db.generators import Generator, generator_of_caller
from oxyde.db.pool import AsyncDatabase
from oxyde.db.registry import note_write, resolve
from oxyde.db.replica_reads import ReplicaReads
from oxyde.db.retries import Attempt, attempts, check_retries
from oxyde.db.running import Runner, current_runner
from oxyde.db.watched import run_reported
from oxyde.exceptions import (
    TransactionError,
    TransactionTimeoutError,
    UnsupportedFeatureError,
)
from oxyde.observe.place import Place, place_of_caller

if TYPE_CHECKING:
    from oxyde._core import Operation
    from oxyde._core import Transaction as CoreTransaction
    from oxyde.db.executor import Executor

__all__ = [
    "Detached",
    "TransactionTimeoutError",
    "atomic",
    "detached",
    "get_active_transaction",
    "not_repeatable",
    "on_commit",
    "retrying",
    "set_rollback",
]

T = TypeVar("T")
P = ParamSpec("P")
Isolation = Literal["read uncommitted", "read committed", "repeatable read", "serializable"]
_ISOLATIONS = ("read uncommitted", "read committed", "repeatable read", "serializable")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The arguments of `atomic()`."""

    using: str | None = None
    client: Executor | None = None
    isolation: str | None = None
    read_only: bool = False
    timeout: float | None = None
    settings: tuple[str, ...] = ()
    durable: bool = False
    retries: int = 0
    causal: bool = False


class Atomic:
    """The result of `atomic()`: an asynchronous context manager and a decorator."""

    __slots__ = ("_block", "_options", "_place", "_task", "_token")

    def __init__(self, options: _Options, place: Place | None = None) -> None:
        self._options = options
        self._place = place
        self._block: Block | None = None
        self._token: Token[dict[str, Block]] | None = None
        self._task: Runner | None = None

    @property
    def retries(self) -> int:
        """How many more times the function that it decorates may run."""
        return self._options.retries

    def is_nested(self) -> bool:
        """Whether it would be inside of another block."""
        return isinstance(resolve(self._options.using, self._options.client), Block)

    def once(self, place: Place | None) -> Atomic:
        """A block with the same options, of a function at `place`, that runs once."""
        return Atomic(dataclasses.replace(self._options, retries=0), place)

    def attempts(self, place: Place | None) -> AsyncIterator[Attempt]:
        """Runs of such a block until one succeeds."""
        return attempts(self._options.retries, lambda: self.once(place))

    async def __aenter__(self) -> Block:
        if self._block is not None:
            raise TransactionError(
                "this atomic() block is already open", hint="call atomic() for each block"
            )
        options = self._options
        if options.retries:
            raise TransactionError(
                "`async with atomic(retries=…)` cannot run its block again",
                hint="decorate a function with @atomic(retries=…), or use "
                "`async for attempt in retrying(): async with attempt: …`",
            )
        executor = resolve(options.using, options.client, write=not options.read_only)
        if isinstance(executor, ReplicaReads):
            executor = await executor.chosen()
        place = self._place or place_of_caller()
        generator = generator_of_caller(open_blocks().values())
        if isinstance(executor, Block):
            if options.durable:
                raise TransactionError(
                    f"a durable block must be the outermost one, and it is inside {executor.label}",
                    hint="leave that block first, or open it in `with db.detached():`",
                )
            block = await self._nest(executor, place, generator)
        elif isinstance(executor, AsyncDatabase):
            block = await self._open(executor, place, generator)
        else:
            raise TypeError(f"atomic() takes a database, not {type(executor).__name__}")
        self._block = block
        self._task = current_runner()
        others = {name: each for name, each in open_blocks().items() if name != block.name}
        self._token = active_blocks.set({**others, block.name: block})
        return block

    async def _open(
        self, database: AsyncDatabase, place: Place | None, generator: Generator | None
    ) -> Block:
        if self._options.settings and not database.features.transaction_settings:
            raise UnsupportedFeatureError(
                f"{database.name!r} is not PostgreSQL: a transaction there has no settings",
                hint="leave out settings=, or name another database",
            )
        begun: list[Operation[CoreTransaction]] = []

        def start() -> Operation[CoreTransaction]:
            options = self._options
            begun.append(
                database._core().begin(options.isolation, options.read_only, options.causal)
            )
            return begun[0]

        try:
            core = await run_reported(start, database, self._begin_text(), in_transaction=True)
        except asyncio.CancelledError:
            future = begun[0].future if begun else None
            if future and future.done() and not future.cancelled() and not future.exception():
                future.result().abandon()
            raise
        finally:
            # An error's traceback references this frame, and the operation's future references the
            # error.
            begun.clear()
        timeout = self._options.timeout
        if timeout is None:
            timeout = database.settings.transaction_timeout
        block = Block(Connection(core, database), None, timeout, place, generator)
        await block.begin()
        try:
            for statement in self._options.settings:
                await block.fetch_raw(statement, (), ())
        except BaseException as error:
            await block.end(error, foreign=False)
            raise
        return block

    def _begin_text(self) -> str:
        level = (
            ""
            if self._options.isolation is None
            else f" ISOLATION LEVEL {self._options.isolation.upper()}"
        )
        return f"BEGIN{level}{' READ ONLY' if self._options.read_only else ''}"

    async def _nest(self, outer: Block, place: Place | None, generator: Generator | None) -> Block:
        if self._options.isolation is not None or self._options.read_only or self._options.settings:
            raise TransactionError(
                "a nested atomic() block cannot set isolation, read_only or settings",
                hint="set them on the outermost block",
            )
        block = Block(outer.connection, outer, self._options.timeout, place, generator)
        await block.begin()
        return block

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        block, token = self._block, self._token
        foreign = current_runner() is not self._task
        self._block = self._token = self._task = None
        if block is None or token is None:
            raise TransactionError("this atomic() block is not open")
        if foreign:
            block.leave_elsewhere(error)
        else:
            active_blocks.reset(token)
        block.left = True
        await end_of(block, error, foreign=foreign)
        if block.outer is None and block.after_commit and block.state == "committed":
            await run_after_commit(block.after_commit)

    def __call__(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        if not inspect.iscoroutinefunction(function):
            raise TypeError(f"atomic() decorates an async function, not {function!r}")

        code = getattr(inspect.unwrap(function), "__code__", None)
        place = None if code is None else Place(code, code.co_firstlineno)

        @functools.wraps(function)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            # A nested block cannot run again alone: the transaction around it has failed.
            if self.retries and not self.is_nested():
                results: list[T] = []
                async for attempt in self.attempts(place):
                    async with attempt:
                        results.append(await function(*args, **kwargs))
                return results[-1]
            async with self.once(place):
                return await function(*args, **kwargs)

        return wrapper


async def end_of(block: Block, error: BaseException | None, *, foreign: bool = False) -> None:
    """End a block as `Block.end` does, and let reads of this task see what it has written."""
    database = block.connection.database
    wrote = block.outer is None and block.journal.wrote
    try:
        await block.end(error, foreign=foreign)
    except BaseException:
        # A COMMIT that was not answered may have taken effect.
        if wrote and error is None:
            await note_write(database, is_certain=False)
        raise
    if wrote and block.state == "committed":
        await note_write(database)


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
    settings: Mapping[str, SettingValue] | None = None,
    durable: bool = False,
    retries: int = 0,
) -> Atomic: ...
def atomic(
    using: str | Callable[P, Awaitable[T]] | None = None,
    *,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    durable: bool = False,
    retries: int = 0,
) -> Atomic | Callable[P, Awaitable[T]]:
    """A transaction: ``async with atomic():`` or ``@atomic()`` on an async function.

    Inside another block on the same database it is a savepoint. If it is left by an exception, it
    is rolled back, including its changes of instances. Queries that name no database run in the
    innermost block. Tasks started inside belong to the block until it ends; their statements run
    one after the other. Start them in ``with db.detached():`` to run them outside.

    Args:
        using: the database's name; when None, that of the innermost open block, else the router's
            choice or ``default``.
        client: a database or an outer block, instead of a name.
        isolation: the isolation level by its SQL standard name; the server's default if None.
        read_only: forbid writes. On SQLite a read-only transaction does not take the write lock;
            others take it at the start (BEGIN IMMEDIATE).
        timeout: seconds until it is rolled back; ``PoolSettings.transaction_timeout`` if None.
        settings: settings of the server until the transaction ends, on PostgreSQL: policies of
            row-level security read them by ``current_setting('app.tenant')``, and
            ``statement_timeout`` limits statements. Also behind a pooler.
        durable: refuse to be nested: what the block did is committed when it ends.
        retries: as a decorator, how many more times to run the function after a serialization
            failure, a deadlock or a stale row, after a short random pause. If it runs inside
            another block, the error is left to that one. (With ``async with``, use `retrying`.)

    Raises:
        UnsupportedFeatureError: it has settings and the database is not PostgreSQL.
        TransactionAbortedError: on exit, if the block swallowed an SQL error.
        TransactionError: on exit, if another task has a block open inside it.
        TransactionTimeoutError: it ran longer than `timeout`.
    """
    if callable(using):
        return Atomic(_Options())(using)
    level = isolation.lower().replace("_", " ") if isinstance(isolation, str) else isolation
    if level is not None and level not in _ISOLATIONS:
        raise TransactionError(
            f"unknown isolation level {isolation!r}", hint=f"one of {', '.join(_ISOLATIONS)}"
        )
    if timeout is not None and (type(timeout) not in (int, float) or not timeout > 0):
        raise TransactionError(f"timeout is above zero seconds, not {timeout!r}")
    check_retries(retries)
    return Atomic(
        _Options(
            using=using,
            client=client,
            isolation=level,
            read_only=read_only,
            timeout=timeout,
            settings=() if settings is None else statements(settings),
            durable=durable,
            retries=retries,
        )
    )


def causal_block(database: AsyncDatabase) -> Atomic:
    """A read-only transaction that begins only after the server has applied what other members of
    its group had committed."""
    return Atomic(_Options(client=database, read_only=True, causal=True))


def retrying(
    using: str | None = None,
    *,
    retries: int = 3,
    isolation: Isolation | None = None,
    timeout: float | None = None,
) -> AsyncIterator[Attempt]:
    """Run a transaction until it succeeds, again after each serialization failure, deadlock or
    stale row (`StaleObjectError`)::

        async for attempt in retrying():
            async with attempt:
                ...

    Each attempt is a transaction of its own, after a short random pause. Read what it changes
    inside of it: values that were assigned to instances stay. What else the block does (mails,
    files) is done again, unless it is in `on_commit`.

    Args:
        using: the database's name.
        retries: how many more times.
        isolation: as for `atomic`.
        timeout: seconds until one attempt is rolled back.

    Raises:
        TransactionError: an argument is invalid; on the first attempt, if it is inside of a block.
        SerializationError, DeadlockError, StaleObjectError: the last attempt failed.
    """
    check_retries(retries)
    return attempts(
        retries, lambda: atomic(using, isolation=isolation, timeout=timeout, durable=True)
    )


def on_commit(function: AfterCommit, *, using: str | None = None) -> None:
    """Call a function after the commit of the outermost block of this task: ``on_commit(notify)``.

    Functions run in the order of their registration, outside of the transaction, in the task that
    leaves the block; those that are async are awaited. A rollback, also of the savepoint in which
    one was registered, discards it. An error of one is logged (logger ``oxyde``), and neither stops
    the others nor reaches the block, which is committed. Outside of blocks it is called at once,
    and in a task if it is async.

    Args:
        function: takes no arguments.
        using: the innermost block on the database of this name.

    Raises:
        TypeError: it cannot be called.
    """
    if not callable(function):
        raise TypeError(f"on_commit() takes a function without arguments, not {function!r:.80}")
    block = get_active_transaction(using)
    if block is None:
        start_now(function)
    else:
        block.after_commit.append(function)


def not_repeatable(reason: str, *, using: str | None = None) -> None:
    """Mark the block of this task as one that must not run again, because of what it did outside of
    the database: ``not_repeatable("the payment was made")``. Retries leave it at its error.

    Args:
        reason: why, for the error.
        using: the innermost block on the database of this name.

    Raises:
        TransactionError: no block is open.
    """
    block = get_active_transaction(using)
    if block is None:
        raise TransactionError(
            "not_repeatable() outside of a transaction",
            hint="call it inside `async with atomic():`",
        )
    while block.outer is not None:
        block = block.outer
    block.not_repeatable = reason


class Detached(BothForms):
    """The result of `detached()`: a context manager, with and without ``async``."""

    __slots__ = ("_outside", "_token")

    def __init__(self) -> None:
        self._token: Token[dict[str, Block]] | None = None
        self._outside: Outside | None = None

    def __enter__(self) -> None:
        if self._token is not None:
            raise TransactionError(
                "this detached() has already been entered", hint="call detached() each time"
            )
        self._outside = Outside(open_blocks())
        self._token = active_blocks.set(self._outside)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        token, self._token = self._token, None
        outside, self._outside = self._outside, None
        if token is None or outside is None:
            return
        try:
            active_blocks.reset(token)
        except ValueError:
            outside.left_elsewhere = True


def detached() -> Detached:
    """Run outside all blocks: ``with db.detached(): asyncio.create_task(work())``.

    Queries in it, and in tasks started in it, use other connections than any enclosing block; an
    ``atomic()`` in it starts a new transaction. (A block passed as ``client=`` is still used.) On
    SQLite a write in it waits for the write lock of an enclosing block, and fails after the busy
    timeout.
    """
    return Detached()


def get_active_transaction(using: str | None = None) -> Block | None:
    """The innermost open block of this task, or None.

    Args:
        using: on the database of this name only.
    """
    blocks = open_blocks()
    if using is not None:
        return _open_around(blocks.get(using))
    found = (_open_around(block) for block in reversed(blocks.values()))
    return next((block for block in found if block is not None), None)


def _open_around(block: Block | None) -> Block | None:
    while block is not None and block.has_ended():
        block = block.outer
    return block


def set_rollback(rollback: bool = True, *, using: str | None = None) -> None:
    """Roll back the innermost block of this task when it ends.

    Args:
        rollback: False cancels an earlier call.
        using: the innermost block on the database of this name.

    Raises:
        TransactionError: no block is open.
    """
    block = get_active_transaction(using)
    if block is None:
        where = "" if using is None else f" on {using!r}"
        raise TransactionError(
            f"set_rollback() outside of a transaction{where}",
            hint="call it inside `async with atomic():`",
        )
    block.set_rollback(rollback)
