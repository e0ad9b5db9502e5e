"""The row of an instance: its table, its key, the database it is in, its hooks."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, ManagerError
from oxyde.models.state import state_of
from oxyde.models.table_constraints import column_field

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.meta import ModelMeta
    from oxyde.models.model import Model

__all__ = [
    "check_key",
    "column_names",
    "executor_of",
    "run_hook",
    "shown",
    "stored_key",
    "table_meta",
]


def table_meta(instance: Model) -> ModelMeta:
    """The metadata of an instance's model.

    Raises:
        ManagerError: the model has no table.
    """
    meta = type(instance)._db_meta
    if not meta.is_table:
        raise ManagerError(
            f"{type(instance).__name__} has no table",
            model=type(instance),
            hint="set is_table = True in its class Meta",
        )
    return meta


def executor_of(instance: Model, using: str | None, client: Executor | None) -> Executor:
    """Where to run: as the caller says, else the database that the row is from (of a replica, its
    primary)."""
    from oxyde.db.registry import home_of, resolve

    if using is None and client is None:
        state = state_of(instance)
        using = None if state is None or state.database is None else home_of(state.database)
    return resolve(using, client)


def stored_key(instance: Model, meta: ModelMeta) -> dict[str, Any]:
    """The key that the row has in the database, even when a new one was assigned."""
    state = state_of(instance)
    originals = {} if state is None else state.originals
    return {name: originals.get(name, instance.__dict__.get(name)) for name in meta.primary_key}


def check_key(meta: ModelMeta, key: Mapping[str, Any], verb: str) -> None:
    """Refuse a key with None in it.

    Raises:
        ManagerError: a part of the key is None.
    """
    for name, value in key.items():
        if value is None:
            raise ManagerError(
                f"cannot {verb} a {meta.model.__name__} whose {name} is None", model=meta.model
            )


def shown(meta: ModelMeta, key: Mapping[str, Any]) -> str:
    """How a row is called in messages."""
    parts = ", ".join(f"{name}={value!r}" for name, value in key.items())
    return f"{meta.model.__name__} with {parts}"


async def run_hook(instance: Model, name: str, **arguments: Any) -> None:
    """Call a hook, which may be a plain function too."""
    result = getattr(instance, name)(**arguments)
    if inspect.isawaitable(result):
        await result


def column_names(meta: ModelMeta, names: Iterable[str], verb: str) -> set[str]:
    """The fields with a column that an argument names.

    Args:
        verb: which argument of what, for an error.

    Raises:
        FieldError: a name that is unknown, or a relation without a column.
    """
    if isinstance(names, str):
        raise FieldError(f"{verb} takes a list of names, not a text", hint=f'["{names}"]')
    where = f"{verb} of {meta.model.__name__}"
    return {column_field(meta, name, where).name for name in names}
