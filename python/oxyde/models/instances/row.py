"""The row of an instance: its table, its key, the database it is in, its hooks."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde._given import iterable_given
from oxyde.db.registry import resolve, resolve_home
from oxyde.db.running import is_without_loop
from oxyde.exceptions import FieldError, ManagerError
from oxyde.hydration.state import state_of
from oxyde.models.tables.table_constraints import column_field

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.db.executor import Executor
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
    """Where to run: as the caller says, else on the row's database (for a replica, its primary).

    Raises:
        TransactionError: that would be outside of the block that is open.
    """
    if using is None and client is None:
        state = state_of(instance)
        if state is not None and state.database is not None:
            return resolve_home(state.database, f"this {type(instance).__name__}")
    return resolve(using, client)


def stored_key(instance: Model, meta: ModelMeta) -> dict[str, Any]:
    """The row's key in the database, even if a new one was assigned."""
    state = state_of(instance)
    originals = {} if state is None else state.originals
    return {name: originals.get(name, instance.__dict__.get(name)) for name in meta.primary_key}


def check_key(meta: ModelMeta, key: Mapping[str, Any], verb: str) -> None:
    """Refuse a model without a key, or a key with None in it.

    Raises:
        ManagerError: the model has no key, or a part of the key is None.
    """
    if not key:
        raise ManagerError(
            f"{verb}() finds a row by its key, and {meta.model.__name__} has no primary key",
            model=meta.model,
            hint=f"{meta.model.__name__}.objects.filter(…) finds rows by other fields",
        )
    for name, value in key.items():
        if value is None:
            raise ManagerError(
                f"cannot {verb} a {meta.model.__name__} whose {name} is None", model=meta.model
            )


def shown(meta: ModelMeta, key: Mapping[str, Any]) -> str:
    """The row's name in messages."""
    parts = ", ".join(f"{name}={value!r}" for name, value in key.items())
    return f"{meta.model.__name__} with {parts}"


async def run_hook(instance: Model, name: str, **arguments: object) -> None:
    """Call a hook, which may be a plain or an async function."""
    result = getattr(instance, name)(**arguments)
    if not inspect.isawaitable(result):
        return
    try:
        await result
    except RuntimeError as error:
        if not is_without_loop() or "no running event loop" not in str(error):
            raise
        raise ManagerError(
            f"{type(instance).__name__}.{name}() needs an event loop, and oxyde.sync, which called "
            "it, has none",
            model=type(instance),
            hint="await only Oxyde in it, or declare it as a plain function",
        ) from error


def column_names(meta: ModelMeta, names: Iterable[str], verb: str) -> set[str]:
    """The fields with columns named by an argument.

    Args:
        verb: which argument of what, for an error.

    Raises:
        FieldError: an unknown name, or a relation without a column.
    """
    if isinstance(names, str):
        raise FieldError(f"{verb} takes a list of names, not a string", hint=f'["{names}"]')
    where = f"{verb} of {meta.model.__name__}"
    names = iterable_given(where, names)
    return {column_field(meta, name, where).name for name in names}
