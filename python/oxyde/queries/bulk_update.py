"""bulk_update: some fields of any number of rows, all or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, ManagerError
from oxyde.queries.bulk import check_size
from oxyde.queries.insert import encoded, insert_column, label_columns
from oxyde.queries.names import Names
from oxyde.queries.plans import entry_for
from oxyde.queries.scope import Builder, table_of
from oxyde.queries.validation import validate_field

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["bulk_update"]


async def bulk_update(
    names: Names,
    items: Iterable[Any],
    fields: Iterable[str],
    executor: Executor,
    *,
    batch_size: int | None,
) -> int:
    """Write some fields of many rows, each with its own values; the number of rows."""
    check_size(batch_size)
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
