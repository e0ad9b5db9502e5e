"""Single rows by their key: what the instances of models call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.queries.change import by_key, delete_query
from oxyde.queries.insert import encoded, insert_column, insert_one
from oxyde.queries.names import names_of
from oxyde.queries.plans import entry_for
from oxyde.queries.predicates import all_of
from oxyde.queries.scope import Builder, column, exact, table_of

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["delete_rows", "insert_one", "select_one", "update_rows"]


async def update_rows(
    model: type[Any], key: Mapping[str, Any], values: Mapping[str, Any], executor: Executor
) -> int:
    """Write some columns of one row.

    Args:
        model: its model.
        key: the fields that find it, with their values.
        values: validated values by field.
        executor: where.

    Returns:
        The number of rows found.
    """
    names = names_of(model)
    fields = names.meta.field_metadata
    written, found = tuple(values), tuple(key)

    def make() -> tuple[_ir.Statement, Builder, None]:
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
            "returning": [],
        }
        return {"update": update}, builder, None

    entry = entry_for(executor.flavour, ("update row", model, written, found), make, model)
    row = [encoded(fields[name], value) for name, value in values.items()]
    row += [encoded(fields[name], value) for name, value in key.items()]
    affected, _ = await entry.execute(executor, row)
    return affected


async def delete_rows(model: type[Any], key: Mapping[str, Any], executor: Executor) -> int:
    """Delete the row with a key; the number of rows deleted."""
    return await delete_query(by_key(model, key), executor)


async def select_one(model: type[Any], key: Mapping[str, Any], executor: Executor) -> Any:
    """The row with a key as an instance, or None."""
    rows = await by_key(model, key)._rows_on(executor)
    return rows[0] if rows else None
