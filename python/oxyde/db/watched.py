"""Runs a statement and reports it to those who watch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence, Sized
from logging import DEBUG
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.operation import run
from oxyde.exceptions import DatabaseError, OxydeError
from oxyde.observe import repeats
from oxyde.observe.comments import comment
from oxyde.observe.hooks import is_logged, report, watchers
from oxyde.observe.place import place_of_caller
from oxyde.observe.statement import Statement

if TYPE_CHECKING:
    from oxyde._core import Operation, Plan
    from oxyde.db.pool import AsyncDatabase

__all__ = ["commented", "name_statement", "run_reported", "wants_to_watch", "watched"]

T = TypeVar("T")


def wants_to_watch(database: AsyncDatabase) -> bool:
    """Whether statements on a database are reported."""
    return bool(watchers) or is_logged(DEBUG) or database.reports


async def watched(
    start: Callable[[], Operation[T]],
    database: AsyncDatabase,
    what: Plan | str,
    values: Sequence[Any] = (),
    *,
    in_transaction: bool = False,
    batch: int | None = None,
) -> T:
    """Run a statement like `run`, and report it.

    Args:
        start: starts it.
        what: its plan, or its text.
        values: the values of the plan's params, or of the placeholders of the text.
        in_transaction: whether it runs in a block, or begins or ends one.
        batch: the number of rows of a bulk statement.
    """
    statement = Statement(
        database.name,
        what,
        values,
        in_transaction=in_transaction,
        place=place_of_caller(),
        batch=batch,
    )
    operation: Operation[T] | None = None
    began = perf_counter()
    try:
        operation = start()
        result = await run(operation, database.host)
    except BaseException as error:
        statement.error = error
        _tell(statement, operation, began, database)
        # The error's traceback references this frame, and the statement references the error.
        del statement, operation
        raise
    statement.rows = _count(result)
    _tell(statement, operation, began, database)
    if repeats.detectors:
        repeats.notice(statement)
    return result


def commented(plan: Plan) -> Plan:
    """The plan with the comment of the running task."""
    text = comment()
    return plan.commented(text) if text else plan


def _tell(
    statement: Statement, operation: Operation[Any] | None, began: float, database: AsyncDatabase
) -> None:
    statement.seconds = perf_counter() - began
    if operation is not None:
        statement.pool_wait = operation.waited
    settings = database.settings
    report(statement, settings.slow_query, parameters=settings.log_parameters)


async def run_reported(
    start: Callable[[], Operation[T]],
    database: AsyncDatabase,
    what: Plan | str,
    values: Sequence[Any] = (),
    *,
    in_transaction: bool = False,
    batch: int | None = None,
) -> T:
    """Run a statement like `run`, and report it to those who watch; see `watched`."""
    if not wants_to_watch(database):
        return await run(start(), database.host)
    return await watched(start, database, what, values, in_transaction=in_transaction, batch=batch)


def name_statement(error: OxydeError, sql: str, model: type[Any] | None) -> None:
    """Add to an error the statement that raised it, its model, and the place that asked for it."""
    if error.statement is not None:
        return
    error.statement = sql
    error.place = place_of_caller()
    if isinstance(error, DatabaseError):
        error.model = model
    if sys.version_info >= (3, 11):
        query = "" if model is None else f"a query of `{model.__name__}`, "
        error.add_note(f"{query}asked for at {error.place or 'an unknown place'}: {sql}")


def _count(result: object) -> int | None:
    """The rows of a result: those returned, or those changed."""
    if isinstance(result, tuple):
        # (affected, key) of a statement, (affected, rows, keys) of a bulk statement, (groups, rows)
        # of a prefetch. Some servers count no affected rows where they return them.
        return len(result[1]) if isinstance(result[1], Sized) else result[0]
    if isinstance(result, Sized) and not isinstance(result, (str, bytes, dict)):
        return len(result)
    return None
