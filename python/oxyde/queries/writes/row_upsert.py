"""Upserts of one row, also on databases without conflict targets. MySQL and MariaDB update the row
that conflicts on any unique key, and do not report which. So the clause has a guard
(`conflict.rs`): the statement fails if another key conflicted. Then the row is looked up by its key
and locked, and updated or inserted.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.running import sleep
from oxyde.db.transaction import atomic
from oxyde.exceptions import (
    DatabaseError,
    DeadlockError,
    NotFoundError,
    SerializationError,
    UniqueViolationError,
)
from oxyde.queries.compile.plans import TOO_MANY_ROWS, entry_for
from oxyde.queries.compile.recipe import Cells, from_database
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.writes.conflict import Conflict, unique_keys
from oxyde.queries.writes.insert import encoded, insert_statement, label_columns
from oxyde.queries.writes.instance import insert_one
from oxyde.queries.writes.target import by_key

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.names import Names
    from oxyde.queries.writes.assign import Assigned

__all__ = ["has_other_key", "insert_row", "is_other_key", "other_key", "retried", "upsert_row"]

T = TypeVar("T")

# Retries of a change in its own transaction after a deadlock.
_TRIES = 12


async def retried(work: Callable[[], Awaitable[T]], executor: Executor) -> T:
    """Run `work`; outside a transaction, repeat it after a deadlock."""
    if executor.in_transaction:
        return await work()
    for attempt in range(_TRIES):
        try:
            return await work()
        except (DeadlockError, SerializationError):
            if attempt == _TRIES - 1:
                raise
        await sleep(random.uniform(0.001, 0.004) * 2 ** min(attempt, 6))
    raise AssertionError("the last attempt returns or raises")


def is_other_key(error: DatabaseError) -> bool:
    """Whether the guard of an upsert reports a conflict on another key than its target. (A user's
    subquery can fail in the same way; it fails again in the next step.)"""
    return error.code == TOO_MANY_ROWS


def has_other_key(names: Names, target: tuple[str, ...], given: Iterable[str]) -> bool:
    """Whether rows with these fields have a unique key besides `target`."""
    held = set(given)
    return any(set(key) != set(target) and held.issuperset(key) for key in unique_keys(names))


def other_key(names: Names, target: tuple[str, ...]) -> UniqueViolationError:
    """The error for a unique key that the model does not declare."""
    return UniqueViolationError(
        f"a row of `{names.label}` has another unique key of the new row than {', '.join(target)}",
        model=names.model,
        table=names.meta.table_name,
        hint="declare the key in the model: db_unique, unique_together or Index(unique=True)",
    )


async def insert_row(
    names: Names,
    row: Mapping[str, Any],
    conflict: Conflict,
    changes: tuple[Assigned, ...],
    executor: Executor,
) -> list[Any] | None:
    """Run one INSERT with its upsert clause; return the stored row if the database returns it."""
    fields = names.meta.field_metadata
    columns = tuple(row)
    told = executor.features.insert_returning and conflict.writes(changes)
    returning = names.fields if told else ()
    bound = [encoded(fields[name], value) for name, value in row.items()]
    bound += [value for item in changes for value in item.values]
    shape = (
        "upsert",
        names.model,
        columns,
        conflict.shape,
        tuple([item.shape for item in changes]),
        returning,
    )

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder()
        label_columns(builder, names, columns)
        scope = Scope(builder, names, inline=True)
        clause = conflict.build(names, [item.build(scope) for item in changes])
        statement = insert_statement(names, columns, returning, source="row", conflict=clause)
        cells = Cells(RowKind.MODEL, names)
        cells.fields = names.fields
        return {"insert": statement}, builder, cells.recipe(RowKind.MODEL) if returning else None

    entry = entry_for(executor.features, shape, make, names.model)
    if entry.recipe is None:
        await entry.execute(executor, bound)
        return None
    rows: list[Any] = await entry.fetch_written(executor, bound)
    await from_database(rows, executor)
    return rows


async def upsert_row(
    names: Names,
    row: Mapping[str, Any],
    conflict: Conflict,
    changes: tuple[Assigned, ...],
    executor: Executor,
) -> Any:
    """Insert a row, or update the one with the key that `conflict` names, whatever its other keys;
    return the stored row.

    Raises:
        UniqueViolationError: another row has, or gets, another unique key of the new one.
    """
    key = {name: row[name] for name in conflict.target or names.primary_key}
    async with atomic(client=executor) as block:
        found = None if None in key.values() else await _locked(names, key, block)
        if found is None:
            filled = await insert_one(names.model, row, block)
            own = {name: row.get(name, filled.get(name)) for name in names.primary_key}
            return await _stored(names, own, block)
        own = {name: getattr(found, name) for name in names.primary_key}
        if not conflict.writes(changes):
            return found
        # If several keys conflict, the database uses the primary key.
        by_primary = Conflict(names.primary_key, conflict.update, touch=conflict.touch)
        await insert_row(names, {**row, **own}, by_primary, changes, block)
        return await _stored(names, own, block)


async def _locked(names: Names, key: Mapping[str, Any], block: Executor) -> object:
    rows = await by_key(names.model, key).for_update()._rows_on(block)
    return rows[0] if rows else None


async def _stored(names: Names, key: Mapping[str, Any], block: Executor) -> object:
    row = await _locked(names, key, block)
    if row is None:
        raise NotFoundError(
            f"the row of `{names.label}` that was just written was not found", model=names.model
        )
    return row
