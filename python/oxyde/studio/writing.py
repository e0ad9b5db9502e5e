"""Inserting, changing and deleting rows, by the models' own methods."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from oxyde import Model, atomic
from oxyde.exceptions import NotFoundError, OxydeError
from oxyde.models.manager import manager_of
from oxyde.studio.forms import Form, version_of
from oxyde.studio.tables import Table

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase

__all__ = ["change", "delete", "insert", "values_of"]

_CHANGED = (
    "The row has been changed by others since the form was opened. Its page shows what is stored "
    "now; save again to overwrite it."
)


async def insert(database: AsyncDatabase, form: Form, values: dict[str, Any]) -> Any:
    """Insert a row; its instance, or None if the form now has errors."""
    model = form.table.model
    try:
        made = model.model_validate(values, by_alias=True, by_name=True)
        async with atomic(client=database) as block:
            return await manager_of(model).create(instance=made, client=block)
    except (ValidationError, OxydeError) as error:
        form.refuse(error)
        return None


async def change(
    database: AsyncDatabase,
    form: Form,
    key: dict[str, object],
    values: dict[str, Any],
    version: str,
) -> bool:
    """Write the changed values of a row; False if the form now has errors.

    Args:
        database: where the row is.
        form: where errors go.
        key: the row's key.
        values: the values of the form.
        version: identifies the row as it was when the form was shown.
    """
    table = form.table
    try:
        async with atomic(client=database) as block:
            row = await _locked(table, key, block)
            if version_of(table, values_of(table, row)) != version:
                form.errors.append(_CHANGED)
                form.version = version_of(table, values_of(table, row))
                return False
            whole = values_of(table, row, secrets=True) | values
            valid = table.model.model_validate(whole, by_alias=True, by_name=True)
            changed = [name for name in values if getattr(valid, name) != getattr(row, name)]
            for name in changed:
                setattr(row, name, getattr(valid, name))
            if changed:
                await _method(row, "save")(update_fields=changed, client=block)
    except (ValidationError, OxydeError) as error:
        form.refuse(error)
        return False
    return True


async def delete(database: AsyncDatabase, table: Table, key: dict[str, object]) -> None:
    """Delete a row.

    Raises:
        OxydeError: it is not there, or the database refuses.
    """
    async with atomic(client=database) as block:
        row = await _locked(table, key, block)
        await _method(row, "delete")(client=block)


def _method(row: Any, name: str) -> Any:
    """The async method of a row, also of a model of `oxyde.sync`."""
    method = getattr(row, name)
    if inspect.iscoroutinefunction(method):
        return method
    return getattr(Model, name).__get__(row)


async def _locked(table: Table, key: dict[str, object], block: Any) -> Any:
    # Rows that their model refuses are here to be repaired.
    query = manager_of(table.model).unvalidated().filter(**key).for_update().client(block)
    row = await query.get_or_none()
    if row is None:
        raise NotFoundError("The row is not there any more.", model=table.model)
    return row


def values_of(table: Table, row: Any, *, secrets: bool = False) -> dict[str, Any]:
    """The values of an instance by field, without the secret ones."""
    return {
        name: getattr(row, name)
        for name, column in table.columns.items()
        if secrets or not column.secret
    }
