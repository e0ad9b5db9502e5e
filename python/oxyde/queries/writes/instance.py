"""Statements on single rows by primary key, called by model instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.state import unscoped_query
from oxyde.queries.ir.nodes import all_of, column, exact, table_of
from oxyde.queries.ir.scope import Builder
from oxyde.queries.names import Names, names_of
from oxyde.queries.writes.automatic import assignments_of
from oxyde.queries.writes.default_keys import default_keys
from oxyde.queries.writes.delete import delete_query
from oxyde.queries.writes.insert import (
    encoded,
    insert_column,
    insert_statement,
    is_counted,
    label_columns,
    tuple_of,
)
from oxyde.queries.writes.target import by_key

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor

__all__ = ["delete_rows", "insert_one", "read_again", "select_one", "update_rows"]


async def insert_one(
    model: type[Any], values: Mapping[str, Any], executor: Executor
) -> dict[str, Any]:
    """Insert a row.

    Args:
        model: its model.
        values: validated values by field; the database fills in the others.
        executor: where.

    Returns:
        The values of the fields that were not given.

    Raises:
        IntegrityError: the database refuses the row.
    """
    names = names_of(model)
    fields = names.meta.field_metadata
    given = tuple(values)
    left = tuple([name for name in names.fields if name not in values])
    returning = executor.features.insert_returning and not is_counted(names, left, executor)
    if not left or returning:
        row = [encoded(fields[name], value) for name, value in values.items()]
        return await _insert_returning(names, given, left, row, executor)
    made = await default_keys(names, left, 1, executor)
    filled = {name: value for name, (value,) in made.items()}
    given = (*given, *filled)
    row = [encoded(fields[name], value) for name, value in values.items()]
    row += [encoded(fields[name], value) for name, value in filled.items()]
    entry = entry_for(
        executor.features, ("insert", model, given, ()), lambda: _single(names, given, ()), model
    )
    _, last_id = await entry.execute(executor, row)
    key = {name: values.get(name, filled.get(name)) for name in names.primary_key}
    reread = []
    for name in left:
        field = fields[name]
        if name in filled:
            continue
        if field.auto_increment:
            filled[name] = key[name] = last_id
        elif field.generated:
            reread.append(name)
        else:
            filled[name] = None
    if reread:
        filled.update(await read_again(model, tuple(reread), key, executor))
    return filled


async def update_rows(
    model: type[Any],
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    executor: Executor,
    *,
    expected: Mapping[str, Any] = {},
    read: tuple[str, ...] = (),
) -> tuple[int, dict[str, Any]]:
    """Write some columns of one row.

    Args:
        model: its model.
        key: the fields that identify it, with their values.
        values: validated values by field.
        executor: where.
        expected: further values that the row must have.
        read: fields that the database sets, too.

    Returns:
        The number of matched rows, and the values of `read`.
    """
    names = names_of(model)
    fields = names.meta.field_metadata
    written, found = tuple(values), (*key, *expected)
    returning = read if executor.features.update_returning else ()

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder()
        alias = names.meta.table_name
        assignments: list[_ir.Assignment] = [
            {
                "column": insert_column(fields[name]),
                "value": builder.param(
                    fields[name].column_type, f"{names.label}.{name}", lookup=False
                ),
            }
            for name in written
        ]
        assignments += assignments_of(names.meta, alias, values)
        conditions = [
            exact(
                column(alias, fields[name]),
                builder.param(fields[name].column_type, f"{names.label}.{name}", lookup=False),
            )
            for name in found
        ]
        update: _ir.Update = {
            "table": table_of(names.meta, alias),
            "joins": [],
            "assignments": assignments,
            "scope": {"where": all_of(conditions)},
            "returning": [
                {"expr": column(alias, fields[name]), "name": fields[name].db_column}
                for name in returning
            ],
        }
        return {"update": update}, builder, tuple_of(names, returning) if returning else None

    shape = ("update row", model, written, found, returning)
    entry = entry_for(executor.features, shape, make, model)
    row = [encoded(fields[name], value) for name, value in values.items()]
    for each in (key, expected):
        row += [encoded(fields[name], value) for name, value in each.items()]
    if returning:
        rows = await entry.fetch_written(executor, row)
        return len(rows), dict(zip(returning, rows[0], strict=True)) if rows else {}
    affected, _ = await entry.execute(executor, row)
    if not read or not affected:
        return affected, {}
    now = {name: values.get(name, value) for name, value in key.items()}
    return affected, await read_again(model, read, now, executor)


async def delete_rows(model: type[Any], key: Mapping[str, Any], executor: Executor) -> int:
    """Delete the row with a key; the number of rows deleted."""
    return await delete_query(by_key(model, key), executor)


async def select_one(model: type[Any], key: Mapping[str, Any], executor: Executor) -> Any:
    """The row with a key as an instance, or None."""
    rows = await by_key(model, key)._rows_on(executor)
    return rows[0] if rows else None


async def _insert_returning(
    names: Names,
    given: tuple[str, ...],
    left: tuple[str, ...],
    row: list[Any],
    executor: Executor,
) -> dict[str, Any]:
    entry = entry_for(
        executor.features,
        ("insert", names.model, given, left),
        lambda: _single(names, given, left),
        names.model,
    )
    if entry.recipe is None:
        await entry.execute(executor, row)
        return {}
    rows = await entry.fetch_written(executor, row)
    return dict(zip(left, rows[0], strict=True))


def _single(
    names: Names, given: tuple[str, ...], left: tuple[str, ...]
) -> tuple[_ir.Statement, Builder, Any]:
    builder = Builder()
    statement = insert_statement(names, given, left, source="row")
    label_columns(builder, names, given)
    return {"insert": statement}, builder, tuple_of(names, left) if left else None


async def read_again(
    model: type[Any], wanted: tuple[str, ...], key: Mapping[str, Any], executor: Executor
) -> dict[str, Any]:
    """Fields of the row with a key; none if it is gone."""
    query = unscoped_query(model).filter(**key)
    rows = await query.values_list(*wanted).all(client=executor)
    return dict(zip(wanted, rows[0], strict=True)) if rows else {}
