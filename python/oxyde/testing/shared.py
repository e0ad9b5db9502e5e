"""The one transaction in which a test's statements run, behind the interface of a pool.

A statement is a savepoint in it, so that it can fail alone; an `atomic()` block is a savepoint that
its end releases or rolls back. One of them runs at a time, whatever loop or thread it comes from.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.active import Outside, active_blocks
from oxyde.db.operation import run
from oxyde.exceptions import OxydeError, ReadOnlyError, TransactionError
from oxyde.testing.baton import Baton
from oxyde.testing.steps import Steps, unbroken

if TYPE_CHECKING:
    from oxyde._core import BoundRows, Cursor, Features, Operation, Plan, RawRows, Recipe, Rows
    from oxyde._core import Transaction as CoreTransaction
    from oxyde.db.block import Block

__all__ = ["SharedConnection"]

T = TypeVar("T")

# Seconds for which a statement waits for a block of another task.
_PATIENCE = 5.0
_STATEMENT = "oxyde_test_statement"
_BLOCK = "oxyde_test_block"
_SET_LOCAL = re.compile(r'SET LOCAL ("[^"]+")')


class SharedConnection:
    """The statements outside of blocks, each with a savepoint of its own.

    Args:
        core: the transaction, which has begun.
    """

    def __init__(self, core: CoreTransaction) -> None:
        self.core = core
        self.baton = Baton(_PATIENCE)

    @property
    def features(self) -> Features:
        """What the server can do."""
        return self.core.features

    def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Steps[Any]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.fetch(plan, values, recipe)))

    def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Steps[Cursor]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.open_cursor(plan, values, recipe, chunk)))

    def execute(self, plan: Plan, values: Sequence[Any]) -> Steps[tuple[int, int | None]]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.execute(plan, values)))

    def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> Steps[tuple[int, list[Any] | None, list[int] | None]]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.bulk(plan, rows, recipe, batch_size)))

    def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> Steps[RawRows]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.fetch_raw(sql, values, types)))

    def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> Steps[str]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.explain(plan, values, analyze)))

    def script(self, statements: Sequence[str]) -> Steps[None]:
        """As a pool does."""
        return self._steps(self._alone(lambda core: core.script(statements)))

    def begin(
        self, isolation: str | None, read_only: bool, causal: bool
    ) -> Steps[SharedTransaction]:
        """Begin a block. The isolation level is that of the test's transaction, and what it reads
        too."""
        return self._steps(self._begin(read_only), SharedTransaction.abandon)

    def _steps(
        self, work: Coroutine[Any, Any, T], lost: Callable[[T], None] | None = None
    ) -> Steps[T]:
        block = _detached_from()
        if block is not None:
            holder: object = block.connection.core
            if isinstance(holder, SharedTransaction) and holder.is_open_on(self):
                work.close()
                raise TransactionError(
                    f"detached() needs a second connection beside that of {block.label}, and this "
                    "test runs on one",
                    hint="mark the test: @pytest.mark.oxyde(transaction=True)",
                )
        return Steps(work, lost)

    async def _alone(self, start: Callable[[CoreTransaction], Operation[T]]) -> T:
        await self.baton.take()
        try:
            await self._save(_STATEMENT)
            try:
                value = await run(start(self.core))
            except BaseException:
                await self.take_back(_STATEMENT)
                raise
            await unbroken(self.core.release(_STATEMENT))
            return value
        finally:
            self.baton.give()

    async def _begin(self, read_only: bool) -> SharedTransaction:
        await self.baton.take()
        try:
            await self._save(_BLOCK)
        except BaseException:
            self.baton.give()
            raise
        return SharedTransaction(self, read_only)

    async def _save(self, name: str) -> None:
        if await unbroken(self.core.savepoint(name)):
            await self.take_back(name)
            raise asyncio.CancelledError

    async def take_back(self, name: str) -> None:
        """Roll back to a savepoint and forget it. An error here means that the whole transaction
        has ended, which the next statement reports."""
        with contextlib.suppress(OxydeError):
            await unbroken(self.core.rollback_to(name))
            await unbroken(self.core.release(name))


class SharedTransaction:
    """An `atomic()` block, behind the interface of a transaction: a savepoint that holds the
    connection until it ends."""

    def __init__(self, connection: SharedConnection, read_only: bool) -> None:
        self._connection = connection
        self._core = connection.core
        self._read_only = read_only
        self._settings: list[str] = []
        self._open = True
        self._ending: asyncio.Task[None] | None = None
        self.committed = False

    @property
    def features(self) -> Features:
        """What the server can do."""
        return self._core.features

    def is_open_on(self, connection: SharedConnection) -> bool:
        """Whether it holds this connection."""
        return self._open and self._connection is connection

    def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Operation[Any]:
        """As a transaction does."""
        return self._writable(plan).fetch(plan, values, recipe)

    def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Operation[Cursor]:
        """As a transaction does."""
        return self._writable(plan).open_cursor(plan, values, recipe, chunk)

    def execute(self, plan: Plan, values: Sequence[Any]) -> Operation[tuple[int, int | None]]:
        """As a transaction does."""
        return self._writable(plan).execute(plan, values)

    def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> Operation[tuple[int, list[Any] | None, list[int] | None]]:
        """As a transaction does."""
        return self._writable(plan).bulk(plan, rows, recipe, batch_size)

    def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> Operation[RawRows]:
        """As a transaction does."""
        setting = _SET_LOCAL.match(sql)
        if setting is not None:
            self._settings.append(setting[1])
        return self._usable().fetch_raw(sql, values, types)

    def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> Operation[str]:
        """As a transaction does."""
        return self._usable().explain(plan, values, analyze)

    def script(self, statements: Sequence[str]) -> Operation[None]:
        """As a transaction does."""
        return self._usable().script(statements)

    def savepoint(self, name: str) -> Operation[None]:
        """Set a savepoint."""
        return self._usable().savepoint(name)

    def release(self, name: str) -> Operation[None]:
        """Release a savepoint and keep its changes."""
        return self._usable().release(name)

    def rollback_to(self, name: str) -> Operation[None]:
        """Roll back to a savepoint."""
        return self._usable().rollback_to(name)

    def commit(self) -> Steps[None]:
        """End the block and keep its changes until the end of the test."""
        return Steps(self._commit())

    def rollback(self) -> Steps[None]:
        """End the block and take back its changes. No effect if it has ended."""
        return Steps(self._roll_back())

    def abandon(self) -> None:
        """Roll back without waiting."""
        self._ending = asyncio.get_running_loop().create_task(self._roll_back())

    async def _commit(self) -> None:
        core = self._usable()
        self._open = False
        try:
            await unbroken(core.release(_BLOCK))
            self.committed = True
            # They would have ended with the transaction.
            for setting in self._settings:
                await unbroken(core.fetch_raw(f"SET LOCAL {setting} TO DEFAULT", (), ()))
        except BaseException:
            await self._connection.take_back(_BLOCK)
            raise
        finally:
            self._connection.baton.give()

    async def _roll_back(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            await self._connection.take_back(_BLOCK)
        finally:
            self._connection.baton.give()

    def _usable(self) -> CoreTransaction:
        if not self._open:
            raise TransactionError("the transaction has ended")
        return self._core

    def _writable(self, plan: Plan) -> CoreTransaction:
        if self._read_only and plan.writes:
            raise ReadOnlyError(
                "a read-only atomic() block was asked to write",
                hint="leave out read_only=True, or the statement",
            )
        return self._usable()


def _detached_from() -> Block | None:
    """The block that this task entered before it called `detached()`."""
    blocks = active_blocks.get({})
    while isinstance(blocks, Outside) and not blocks:
        blocks = blocks.around
        for block in reversed(blocks.values()):
            if block.state == "open" and block.is_of_this_task():
                return block
    return None
