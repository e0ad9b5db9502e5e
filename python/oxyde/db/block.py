"""A block of a transaction: the transaction itself, or a savepoint in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from oxyde.db.commit_outcome import outcome_of, transaction_id
from oxyde.db.generators import Generator
from oxyde.db.journal import Journal
from oxyde.db.operation import run
from oxyde.db.presence import Presence
from oxyde.db.running import Timer, call_later, home_here, is_without_loop, run_here
from oxyde.db.transaction_verbs import TransactionVerbs
from oxyde.db.turns import Turns
from oxyde.db.watched import run_reported
from oxyde.exceptions import (
    DatabaseError,
    IntegrityError,
    OutcomeUnknownError,
    OxydeError,
    TransactionAbortedError,
    TransactionError,
    TransactionTimeoutError,
)
from oxyde.observe.place import Place

if TYPE_CHECKING:
    from oxyde._core import Features, Operation, Plan
    from oxyde._core import Transaction as CoreTransaction
    from oxyde.db.after_commit import AfterCommit
    from oxyde.db.pool import AsyncDatabase

__all__ = ["Block", "Connection"]

T = TypeVar("T")


class Connection:
    """State shared by all blocks of one transaction."""

    __slots__ = ("core", "database", "features", "lost", "process", "running", "turns")

    def __init__(self, core: CoreTransaction, database: AsyncDatabase) -> None:
        self.core = core
        self.database = database
        self.features = database.features
        self.process = os.getpid()
        self.turns = Turns(home_here(), database.settings.acquire_timeout)
        # The statement on the wire and the block that sent it.
        self.running: tuple[Block, Operation[Any]] | None = None
        # The error that made the whole transaction unusable.
        self.lost: BaseException | None = None


class Block(TransactionVerbs):
    """One ``atomic()`` block: the transaction, or a savepoint in it. It can run queries like a
    database (``client=``)."""

    __slots__ = (
        "_depth",
        "_ending",
        "_expired",
        "_failure",
        "_outer",
        "_place",
        "_presence",
        "_rollback",
        "_timeout",
        "_timer",
        "after_commit",
        "connection",
        "generators",
        "journal",
        "left",
        "left_elsewhere",
        "not_repeatable",
        "state",
        "tenant",
    )

    def __init__(
        self,
        connection: Connection,
        outer: Block | None,
        timeout: float | None,
        place: Place | None,
        generator: Generator | None,
    ) -> None:
        self.connection = connection
        self._outer = outer
        self._place = place
        self._presence = Presence()
        # Changes of instances, for a rollback.
        self.journal: Journal = Journal(None if outer is None else outer.journal)
        # What runs after the commit of the outermost block, and why this one must not run again.
        self.after_commit: list[AfterCommit] = []
        self.not_repeatable: str | None = None
        # Whether it is ending, and whether its `async with` was left.
        self._ending = False
        self.left = False
        # Whether another task than the one that entered it has left it.
        self.left_elsewhere = False
        # The block ends when one of these is closed; the innermost is last.
        self.generators: tuple[Generator, ...] = () if outer is None else outer.generators
        if generator is not None and generator not in self.generators:
            self.generators += (generator,)
        self._depth: int = 0 if outer is None else outer._depth + 1
        self._timeout = timeout
        self._timer: Timer | None = None
        self._expired = False
        self._failure: BaseException | None = None
        self._rollback = False
        self.state: Literal["open", "committed", "rolled back"] = "open"
        # The tenant in whose schema it is (`oxyde.db.tenant`).
        self.tenant: str | None = None if outer is None else outer.tenant

    def __repr__(self) -> str:
        kind = "transaction" if self._outer is None else f"savepoint {self._savepoint}"
        return f"<{kind} on {self.name!r} ({self.state})>"

    @property
    def label(self) -> str:
        """The block's name in messages."""
        where = "" if self._place is None else f" entered at {self._place}"
        return f"the atomic() block on {self.name!r}{where}"

    @property
    def outer(self) -> Block | None:
        """The block around it."""
        return self._outer

    @property
    def name(self) -> str:
        """The name of the database."""
        return self.connection.database.name

    @property
    def features(self) -> Features:
        """What the server can do, in its version: plans are compiled for that."""
        return self.connection.features

    @property
    def in_transaction(self) -> bool:
        """True."""
        return True

    @property
    def _savepoint(self) -> str:
        return f"oxyde_{self._depth}"

    def set_rollback(self, rollback: bool = True) -> None:
        """Roll back this block even if it ends without an exception; outer blocks continue."""
        self._rollback = rollback

    def _sent(self, plan: Plan) -> Plan:
        database = self.connection.database
        return database.commented(plan) if database.reports else plan

    def _note_write(self) -> None:
        self.journal.wrote = True

    async def _run(
        self,
        start: Callable[[CoreTransaction], Operation[T]],
        what: Plan | str | None,
        values: Sequence[Any] = (),
        batch: int | None = None,
    ) -> T:
        connection = self.connection

        def begin() -> Operation[T]:
            operation = start(connection.core)
            connection.running = (self, operation)
            return operation

        if self.generators:
            await self._settle()
        self.check_open()
        self._presence.note()
        await connection.turns.take(self)
        try:
            self.check_open()
            self._check_sound()
            try:
                if what is None:
                    return await run(begin(), connection.database.host)
                return await run_reported(
                    begin, connection.database, what, values, in_transaction=True, batch=batch
                )
            except asyncio.CancelledError as error:
                # It is not known whether the statement ran, so the block is unusable.
                self._failure = self._failure or error
                raise
            except (DatabaseError, IntegrityError) as error:
                self._failure = self._failure or error
                self._check_time()
                raise
            except BaseException as error:
                if connection.running is not None and connection.running[1].interrupted:
                    self._failure = self._failure or error
                raise
            finally:
                connection.running = None
        finally:
            connection.turns.give_back()

    def check_open(self) -> None:
        """Raise if the block has ended, has timed out, or this is a forked process."""
        self._check_time()
        if self.has_ended():
            raise self._ended_error()
        if self.connection.process != os.getpid():
            raise TransactionError(
                "the transaction belongs to the parent process",
                hint="open a transaction in the child itself",
            )

    def is_of_this_task(self) -> bool:
        """Whether the current task entered the block."""
        return self._presence.is_owner()

    def has_ended(self) -> bool:
        """Whether the block has ended, or is about to because its generator was abandoned."""
        return self.state != "open" or any(each.abandoned for each in self.generators)

    def leave_elsewhere(self, error: BaseException | None) -> None:
        """Record that another task leaves the block than the one that entered it."""
        self.left_elsewhere = True
        if isinstance(error, GeneratorExit) and self.generators:
            self.generators[-1].abandoned = True

    async def _settle(self) -> None:
        """Find out whether the block's generator was abandoned.

        Raises:
            TransactionError: it was, and this task had entered the block.
        """
        for generator in self.generators:
            await generator.settle()
        if self.has_ended():
            self.check_outlived()

    def check_outlived(self) -> None:
        """Raise if the block has ended and this task must not continue silently: it is still inside
        the `async with`, or its work was rolled back. The latter is reported once; then the task
        continues outside.

        Raises:
            TransactionError: this is the case.
        """
        if self._presence.is_owner():
            if self._is_abandoned():
                raise self._abandoned_error()
            if not self.left:
                raise self._ended_error()
        elif self.state == "rolled back" and self._presence.dismiss():
            raise TransactionError(
                f"{self.label} was rolled back, and with it what this task, which was started "
                "inside it, had written there",
                hint="await the tasks that a block starts before it ends, or start them outside: "
                "with db.detached()",
            )

    def _is_abandoned(self) -> bool:
        return self.left_elsewhere or any(each.abandoned for each in self.generators)

    def _abandoned_error(self) -> TransactionError:
        """The error of the task that entered the block; it gets it once."""
        block: Block | None = self
        while block is not None and block._is_abandoned():
            block._presence.release_owner()
            block = block._outer
        return TransactionError(
            f"{self.label} was rolled back, and with it what this task had written there: its "
            "async generator was left before its end, or another task left the block",
            hint="close such a generator where it is used: "
            "async with contextlib.aclosing(generator)",
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
            f"the transaction on {self.name!r} exceeded its timeout of "
            f"{self._timeout:g} s and was rolled back"
        )

    async def begin(self) -> None:
        """Begin the transaction, or a savepoint for a nested block."""
        turns = self.connection.turns
        outer = self._outer
        if outer is not None:
            if outer.generators:
                await outer._settle()
            outer.check_open()
            await turns.take(outer)
            try:
                outer.check_open()
                if outer._ending:
                    raise outer._ended_error()
                outer._check_sound()
                try:
                    await self._control("SAVEPOINT", self.connection.core.savepoint)
                except BaseException as error:
                    outer._failure = outer._failure or error
                    raise
                turns.blocks.append(self)
            finally:
                turns.give_back()
        else:
            turns.blocks.append(self)
        if self._timeout is not None:
            self._timer = call_later(self._timeout, self._expire)

    async def _control(self, verb: str, start: Callable[[str], Operation[None]]) -> None:
        """Run a statement about the savepoint of this block."""
        name = self._savepoint
        await run_reported(
            lambda: start(name), self.connection.database, f"{verb} {name}", in_transaction=True
        )

    def _expire(self) -> None:
        """On timeout: stop the running statement; the outermost block is rolled back on the server
        at once, whatever the user's code is waiting for."""
        if self.state != "open":
            return
        self._expired = True
        connection = self.connection
        running = connection.running
        if running is not None and running[0]._is_inside(self):
            running[1].stop()
        if self._outer is None:
            rollback = connection.core.rollback()
            if is_without_loop():
                run_here(_outlived(rollback))
            else:
                rollback.future.add_done_callback(_retrieve)

    def _is_inside(self, block: Block) -> bool:
        inner: Block | None = self
        while inner is not None:
            if inner is block:
                return True
            inner = inner._outer
        return False

    async def end(self, error: BaseException | None, *, foreign: bool) -> None:
        """End the block: commit or roll back. Raises the error that prevents the commit; never
        replaces the user's own `error`.
        """
        self._ending = True
        try:
            await self._end(error, foreign=foreign)
        finally:
            # The error's traceback references frames that reference the block.
            self._failure = None
            if self._outer is None:
                self.connection.lost = None

    async def _end(self, error: BaseException | None, *, foreign: bool) -> None:
        turns = self.connection.turns
        undo = error is not None or foreign or self._rollback
        if not undo:
            try:
                if self.generators:
                    await self._settle()
                self._check_alone()
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
                "the atomic() block was exited by a task other than the one that entered it, so it "
                "was rolled back",
                hint="enter and leave a block in one task",
            )

    def _check_alone(self) -> None:
        """Refuse to commit the block if an enclosing block has ended, or while another task has a
        block open inside it: the outcome of that one is not known, and it may be waiting for this
        block to end."""
        if self.has_ended():
            raise self._ended_error()
        blocks = self.connection.turns.blocks
        for block in reversed(blocks):
            if block is self or not block._is_inside(self):
                return
            if not block._ending:
                raise TransactionError(
                    f"{self.label} ends while another task has a block open inside it: "
                    f"{block.label}; both were rolled back",
                    hint="await that task before the block ends, or start it outside: "
                    "with db.detached()",
                )

    async def _keep(self) -> None:
        core = self.connection.core
        try:
            if self._outer is None:
                await self._commit()
            else:
                await self._control("RELEASE SAVEPOINT", core.release)
        except BaseException as error:
            if self._outer is None and core.committed:
                # The task was cancelled while the server executed it.
                self._close("committed")
                raise
            self._close("rolled back")
            if self._outer is not None:
                self._outer._failure = self._outer._failure or error
            raise
        self._close("committed")

    async def _commit(self) -> None:
        core, database = self.connection.core, self.connection.database
        wanted = database.commit_outcome and self.journal.wrote
        transaction = await transaction_id(core) if wanted else None
        try:
            await run_reported(core.commit, database, "COMMIT", in_transaction=True)
        except OutcomeUnknownError as error:
            if transaction is not None:
                error.ask_server = partial(outcome_of, database, transaction)
            raise

    async def _undo(self) -> None:
        connection = self.connection
        turns = connection.turns
        if self not in turns.blocks:  # rolled back with an enclosing block
            return
        # Blocks of other tasks inside this one end with it.
        for block in reversed(turns.blocks):
            if block is not self and block._is_inside(self):
                block._close("rolled back")
        self.state = "rolled back"
        turns.refuse(self, self._ended_error())
        if self._outer is None or connection.lost is not None:
            self._close("rolled back")
            if self._outer is None and connection.process == os.getpid():
                await run_reported(
                    connection.core.rollback, connection.database, "ROLLBACK", in_transaction=True
                )
            return
        # The block stays on the stack, so that no statement of an outer block runs before this.
        try:
            await turns.take(self, first=True)
            try:
                await self._control("ROLLBACK TO SAVEPOINT", connection.core.rollback_to)
            finally:
                turns.give_back()
        except BaseException as error:
            # The server rolled back the whole transaction (a MySQL deadlock), or the connection is
            # lost.
            connection.lost = self._failure or error
            if not isinstance(error, OxydeError):
                raise
        finally:
            self._close("rolled back")

    def _close(self, state: Literal["committed", "rolled back"]) -> None:
        self.state = state
        if self._timer is not None:
            self._timer.cancel()
        if state == "committed":
            self.journal.keep()
            if self._outer is not None:
                self._outer.after_commit += self.after_commit
                self._presence.hand_over(self._outer._presence)
        else:
            self.journal.undo()
        self.connection.turns.end(self, self._ended_error())

    def _ended_error(self) -> TransactionError:
        state = self.state if self.state != "open" else "about to end"
        return TransactionError(
            f"{self.label}, in which this task is, was {state}",
            hint="await the tasks that a block starts before it ends, or start them outside: "
            "with db.detached()",
        )


async def _outlived(operation: Operation[None]) -> None:
    """Wait for an operation whose outcome is not needed."""
    with contextlib.suppress(OxydeError):
        await operation.future


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Retrieve an outcome that is not awaited, so that asyncio does not log it."""
    if not future.cancelled():
        future.exception()
