"""bulk_create and bulk_update: any number of rows, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.db.transaction import atomic
from oxyde.exceptions import FieldError, ManagerError, OxydeError
from oxyde.queries.conflict import Conflict, conflict_of
from oxyde.queries.insert import (
    default_keys,
    encoded,
    insert_column,
    insert_statement,
    label_columns,
    tuple_of,
)
from oxyde.queries.names import Names
from oxyde.queries.plans import entry_for
from oxyde.queries.scope import Builder, table_of
from oxyde.queries.validation import build, validate_field

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oxyde.db.executor import Executor

__all__ = ["bulk_create", "bulk_update"]


class _Group:
    """Rows that give the same columns."""

    __slots__ = ("columns", "filled", "members", "rows")

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.members: list[Any] = []
        self.rows: list[list[Any]] = []
        # What the database filled in, by member; None where it does not tell.
        self.filled: list[dict[str, Any]] | None = None


async def bulk_create(
    names: Names,
    items: Iterable[Any],
    executor: Executor,
    *,
    batch_size: int | None,
    ignore_conflicts: bool,
    update_conflicts: bool,
    update_fields: Iterable[str] | None,
    unique_fields: Iterable[str] | None,
) -> list[Any]:
    """Insert rows and give their instances, in order."""
    _check_size(batch_size)
    instances = [_instance(names, item) for item in items]
    if not instances:
        return []
    groups = await _grouped(names, instances, executor)
    conflicts = [
        conflict_of(
            names,
            ignore=ignore_conflicts,
            update=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
            given=group.columns,
        )
        for group in groups
    ]
    async with _one_unit(executor, len(groups) > 1) as place:
        for group, conflict in zip(groups, conflicts, strict=True):
            await _insert(names, group, conflict, place, batch_size)
    for group in groups:
        if group.filled is not None:
            for member, filled in zip(group.members, group.filled, strict=True):
                member._oxyde_stored(executor.name, filled)
    return instances


def _check_size(batch_size: int | None) -> None:
    if batch_size is not None and (isinstance(batch_size, bool) or not batch_size > 0):
        raise OxydeError(f"batch_size is a number above zero, not {batch_size!r}")


def _instance(names: Names, item: Any) -> Any:
    if isinstance(item, names.model):
        return item
    if isinstance(item, dict):
        return build(names.model, item, names)
    raise ManagerError(
        f"bulk_create() takes instances of {names.label} and dicts, not {type(item).__name__}",
        model=names.model,
    )


async def _grouped(names: Names, instances: list[Any], executor: Executor) -> list[_Group]:
    fields = names.meta.field_metadata
    groups: dict[tuple[str, ...], _Group] = {}
    returning = executor.features["insert_returning"]
    encoders = {name: field for name, field in fields.items() if field.encode is not None}
    for instance in instances:
        values: dict[str, Any] = instance._oxyde_insert_values()
        if not returning:
            left = [name for name in names.primary_key if name not in values]
            if left:
                values.update(await default_keys(names, left, executor))
        columns = tuple(values)
        group = groups.get(columns)
        if group is None:
            group = groups[columns] = _Group(columns)
        group.members.append(instance)
        if encoders:
            group.rows.append(
                [
                    encoded(encoders[name], value) if name in encoders else value
                    for name, value in values.items()
                ]
            )
        else:
            group.rows.append(list(values.values()))
    return list(groups.values())


@asynccontextmanager
async def _keep(executor: Executor) -> AsyncIterator[Executor]:
    yield executor


def _one_unit(executor: Executor, several: bool) -> AbstractAsyncContextManager[Executor]:
    return atomic(client=executor) if several else _keep(executor)


async def _insert(
    names: Names,
    group: _Group,
    conflict: Conflict | None,
    executor: Executor,
    batch_size: int | None,
) -> None:
    left = tuple([name for name in names.fields if name not in group.columns])
    # Rows that were left alone do not come back, so that the others could not be told apart.
    told = conflict is None or bool(conflict.update)
    returning = left if told and executor.features["insert_returning"] else ()
    shape = (
        "bulk insert",
        names.model,
        group.columns,
        returning,
        None if conflict is None else conflict.shape,
    )

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder()
        clause = None if conflict is None else conflict.build(names)
        statement = insert_statement(
            names, group.columns, returning, source="rows", conflict=clause
        )
        label_columns(builder, names, group.columns)
        return {"insert": statement}, builder, tuple_of(names, returning) if returning else None

    entry = entry_for(executor.flavour, shape, make, names.model)
    _, rows, ids = await entry.bulk(executor, group.rows, batch_size)
    if not told:
        return
    if returning:
        if rows is None or len(rows) != len(group.members):
            return
        group.filled = [dict(zip(returning, row, strict=True)) for row in rows]
        return
    if left and conflict is not None:
        return
    group.filled = await _without_returning(names, group, left, ids, executor)


async def _without_returning(
    names: Names,
    group: _Group,
    left: Sequence[str],
    ids: list[int] | None,
    executor: Executor,
) -> list[dict[str, Any]] | None:
    fields = names.meta.field_metadata
    counted = next((name for name in left if fields[name].auto_increment), None)
    reread = [name for name in left if fields[name].generated and name != counted]
    plain = [name for name in left if not fields[name].generated]
    if counted is not None and (ids is None or len(ids) != len(group.members)):
        return None
    filled: list[dict[str, Any]] = []
    for position in range(len(group.members)):
        values: dict[str, Any] = dict.fromkeys(plain)
        if counted is not None and ids is not None:
            values[counted] = ids[position]
        filled.append(values)
    if reread and len(names.primary_key) == 1:
        await _read_again(names, group, filled, reread, executor)
    return filled


async def _read_again(
    names: Names,
    group: _Group,
    filled: list[dict[str, Any]],
    reread: list[str],
    executor: Executor,
) -> None:
    from oxyde.queries.query import Query

    key = names.primary_key[0]
    if key in group.columns:
        position = group.columns.index(key)
        keys = [row[position] for row in group.rows]
    else:
        keys = [values[key] for values in filled]
    query: Query[Any, Any] = Query(names.model)
    rows = await query.filter(**{f"{key}__in": keys}).values_list(key, *reread).all(client=executor)
    found = {row[0]: row[1:] for row in rows}
    for values, one in zip(filled, keys, strict=True):
        values.update(zip(reread, found.get(one, ()), strict=False))


async def bulk_update(
    names: Names,
    items: Iterable[Any],
    fields: Iterable[str],
    executor: Executor,
    *,
    batch_size: int | None,
) -> int:
    """Write some fields of many rows, each with its own values; the number of rows."""
    _check_size(batch_size)
    listed = [fields] if isinstance(fields, str) else fields
    columns = tuple(dict.fromkeys(names.field(name).name for name in listed))
    if not columns:
        raise FieldError("bulk_update() needs the fields to write", hint='["name", …]')
    for name in columns:
        if name in names.primary_key:
            raise FieldError(f"bulk_update() cannot change the key `{names.label}.{name}`")
    instances = list(items)
    metadata = names.meta.field_metadata
    order = (*names.primary_key, *columns)
    rows: list[list[Any]] = []
    for instance in instances:
        if not isinstance(instance, names.model):
            raise ManagerError(
                f"bulk_update() takes instances of {names.label}, not {type(instance).__name__}",
                model=names.model,
            )
        row = []
        for name in names.primary_key:
            key = instance.__dict__.get(name)
            if key is None:
                raise ManagerError(
                    f"bulk_update(): a {names.label} without a key", model=names.model
                )
            row.append(encoded(metadata[name], key))
        for name in columns:
            value = validate_field(names.model, name, getattr(instance, name))
            row.append(encoded(metadata[name], value))
        rows.append(row)
    if not rows:
        return 0

    def make() -> tuple[_ir.Statement, Builder, None]:
        builder = Builder()
        statement: _ir.BulkUpdate = {
            "table": table_of(names.meta, names.meta.table_name),
            "keys": [insert_column(metadata[name]) for name in names.primary_key],
            "columns": [insert_column(metadata[name]) for name in columns],
        }
        label_columns(builder, names, order)
        return {"bulk_update": statement}, builder, None

    entry = entry_for(executor.flavour, ("bulk update", names.model, columns), make, names.model)
    affected, _, _ = await entry.bulk(executor, rows, batch_size)
    for instance in instances:
        state = instance._oxyde_state
        if state is not None and state.changed:
            state.changed.difference_update(columns)
    return affected
