"""upsert: insert or update one row by a unique key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.db.transaction import atomic
from oxyde.exceptions import (
    DatabaseError,
    FieldError,
    ManagerError,
    NotFoundError,
    UnsupportedFeatureError,
)
from oxyde.queries.compile.recipe import is_certain
from oxyde.queries.writes.assign import Assigned, assigned
from oxyde.queries.writes.conflict import Conflict, key_among, unique_key, updated_fields
from oxyde.queries.writes.default_keys import default_keys
from oxyde.queries.writes.row_upsert import (
    has_other_key,
    insert_row,
    is_other_key,
    other_key,
    retried,
    upsert_row,
)
from oxyde.queries.writes.target import by_key
from oxyde.queries.writes.validation import build
from oxyde.signals import UpsertEvent, post_upsert, pre_upsert

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.names import Names
    from oxyde.queries.query import Query

__all__ = ["upsert"]

# Attempts to upsert a row that is deleted before it can be read.
_TRIES = 10


async def upsert(
    query: Query[Any, Any],
    values: Mapping[str, Any],
    executor: Executor,
    *,
    unique_fields: Iterable[str] | None,
    update_fields: Iterable[str] | None,
    update: Mapping[str, Any] | None,
) -> Any:
    """Insert a row, or update the one with its unique key; return the stored instance."""
    names = query._names
    if not values:
        raise ManagerError(f"upsert() needs the values of a {names.label}", model=names.model)
    event = None
    if pre_upsert.receivers or post_upsert.receivers:
        event = UpsertEvent(model=names.model, executor=executor, values=values)
        await pre_upsert.send(event)
    instance = build(names.model, values)
    row: dict[str, Any] = instance._oxyde_insert_values(executor)
    given = frozenset(row)
    instance._oxyde_check_links(executor)
    if not executor.features.insert_returning:
        left = [name for name in names.fields if name not in row]
        keys = await default_keys(names, left, 1, executor)
        row.update({name: value for name, (value,) in keys.items()})
    if unique_fields is not None:
        target = unique_key(names, unique_fields)
        missing = [name for name in target if name not in row]
        if missing:
            raise FieldError(f"upsert(): the key `{missing[0]}` has no value")
    else:
        target = key_among(names, {name: value for name, value in row.items() if name in values})
    changes = assigned(query._context(), update or {})
    changed = _changed(query, values, row, target, update_fields, update)
    conflict = Conflict(target, changed, touch=not changed and not changes)
    if executor.features.conflict_target:
        rows = await retried(lambda: insert_row(names, row, conflict, changes, executor), executor)
        assert rows is not None
        stored = rows[0]
    else:

        async def by_any_key() -> Any:
            if executor.features.insert_returning or is_certain(names):
                return await _by_any_key(names, row, conflict, target, changes, executor)
            # If the row cannot be read, nothing is written.
            async with atomic(client=executor) as block:
                return await _by_any_key(names, row, conflict, target, changes, block)

        stored = await retried(by_any_key, executor)
    stored._oxyde_upserted(executor, given)
    if event is not None:
        await post_upsert.send(dataclasses.replace(event, instance=stored))
    return stored


async def _by_any_key(
    names: Names,
    row: dict[str, Any],
    conflict: Conflict,
    target: tuple[str, ...],
    changes: tuple[Assigned, ...],
    executor: Executor,
) -> object:
    """The same on databases whose upsert clause checks all unique keys."""
    key = {name: row[name] for name in target}
    told = executor.features.insert_returning
    written = {item.field.name for item in changes}
    if not told and written.intersection(names.primary_key):
        raise UnsupportedFeatureError(
            f"`{names.label}`: upsert(update=…) of the primary key is not supported by "
            f"{executor.features.dialect}",
            hint="change the key with update()",
        )
    if None in key.values() or (not told and written.intersection(target)):
        return await upsert_row(names, row, conflict, changes, executor)
    # In a transaction a statement that may fail gets its own savepoint, so that the next one can
    # run. If no other key can conflict, the savepoint is not worth its cost.
    apart = executor.in_transaction and bool(changes or has_other_key(names, target, row))
    for _ in range(_TRIES):
        try:
            if apart:
                async with atomic(client=executor) as block:
                    rows = await insert_row(names, row, conflict, changes, block)
            else:
                rows = await insert_row(names, row, conflict, changes, executor)
        except DatabaseError as error:
            if not is_other_key(error):
                raise
            if executor.in_transaction and not apart:
                raise other_key(names, target) from error
            return await upsert_row(names, row, conflict, changes, executor)
        if rows:
            return rows[0]
        # An existing row keeps its primary key, so it is found by the conflicting key. A locking
        # read sees rows committed after the transaction's snapshot.
        again = by_key(names.model, key)
        found = await (again.for_update() if executor.in_transaction else again)._rows_on(executor)
        if found:
            return found[0]
        # The row was deleted meanwhile.
    raise NotFoundError(
        f"the row of `{names.label}` that was upserted was not found by its key",
        model=names.model,
        hint="a trigger may change the key, or others delete the row again and again",
    )


def _changed(
    query: Query[Any, Any],
    values: Mapping[str, Any],
    row: Mapping[str, Any],
    target: tuple[str, ...],
    update_fields: Iterable[str] | None,
    update: Mapping[str, Any] | None,
) -> tuple[str, ...]:
    names = query._names
    if update_fields is not None:
        return updated_fields(names, update_fields, row, "upsert()")
    if update is not None:
        return ()
    given = [names.field(name).name for name in values if name in names.meta.field_metadata]
    given += [
        names.field(name).name
        for name, relation in names.meta.relations.items()
        if name in values and relation.column is not None
    ]
    left_alone = {*target, *names.primary_key}
    usable = row.keys() - left_alone
    return tuple([name for name in names.fields if name in given and name in usable])
