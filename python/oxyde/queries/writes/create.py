"""create, get_or_create, update_or_create: one row, with hooks, safe under races."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde._given import mapping_given
from oxyde.db.transaction import atomic
from oxyde.exceptions import (
    FieldError,
    ManagerError,
    MultipleObjectsReturned,
    UniqueViolationError,
)
from oxyde.hydration.related_list import no_column
from oxyde.queries.ir.expression import Expression
from oxyde.queries.names import Names, names_of
from oxyde.queries.writes.validation import build, check_values

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["create", "get_or_create", "update_or_create"]


async def create(
    model: type[Any], instance: Any, values: Mapping[str, Any], executor: Executor
) -> Any:
    """Insert one row and return its instance."""
    if instance is not None:
        if values:
            raise ManagerError(
                "create() takes an instance or values, not both",
                model=model,
                hint="assign the values to the instance first",
            )
        if not isinstance(instance, model):
            raise ManagerError(
                f"create(instance=…) takes a {model.__name__}, not {type(instance).__name__}",
                model=model,
            )
        made = instance
    else:
        if not values:
            raise ManagerError(
                f"create() needs the values of a {model.__name__}",
                model=model,
                hint="create(name=…), or create(instance=…)",
            )
        made = build(model, values)
    await made._oxyde_insert(executor)
    return made


async def get_or_create(
    query: Query[Any, Any],
    defaults: Mapping[str, Any] | None,
    lookups: Mapping[str, Any],
    executor: Executor,
) -> tuple[Any, bool]:
    """The row for these lookups, or a new one; and whether it is new."""
    defaults = mapping_given("defaults", defaults)
    _check(query._names, lookups, defaults)
    found = await _find(query, lookups, executor)
    if found is not None:
        return found, False
    values = _values(query, lookups, defaults)
    return await _create_or_find(query, values, lookups, executor)


async def update_or_create(
    query: Query[Any, Any],
    defaults: Mapping[str, Any] | None,
    create_defaults: Mapping[str, Any] | None,
    lookups: Mapping[str, Any],
    executor: Executor,
) -> tuple[Any, bool]:
    """The row for these lookups, changed, or a new one; and whether it is new."""
    changes = mapping_given("defaults", defaults)
    fresh = changes
    if create_defaults is not None:
        fresh = mapping_given("create_defaults", create_defaults)
    _check(query._names, lookups, changes, fresh)
    _check_changes(query._names, changes)
    while True:
        found = await _find(query, lookups, executor)
        if found is None:
            # Outside a transaction the insert has its own, so that a conflict leaves no lock that
            # others wait for.
            values = _values(query, lookups, fresh)
            found, made = await _create_or_find(query, values, lookups, executor)
            if made:
                return found, True
        async with atomic(client=executor) as block:
            locked = await _find(query.for_update(), lookups, block)
            if locked is not None:
                for name, value in changes.items():
                    _assign(locked, name, _called(value))
                saved = locked.save(client=block)
                if inspect.isawaitable(saved):  # not of a model of `oxyde.sync`
                    await saved
                return locked, False
        # The row was deleted meanwhile.


def _check(names: Names, lookups: Mapping[str, Any], *given: Mapping[str, Any]) -> None:
    """Refuse invalid values before any query runs."""
    for values in given:
        check_values(names, values)
    plain = {
        name: value for name, value in lookups.items() if name != "pk" and _is_plain(names, name)
    }
    check_values(names, {k: v for k, v in plain.items() if isinstance(v, Expression)})


def _check_changes(names: Names, changes: Mapping[str, Any]) -> None:
    """Refuse values that cannot be written to an existing row.

    Raises:
        FieldError: a relation without a column, a key set to None, or a field that the database
            computes.
    """
    columns = [name for name in changes if name in names.meta.field_metadata]
    names.meta.check_not_computed(columns, "update_or_create()")
    for name, value in changes.items():
        relation = names.meta.relations.get(name)
        if relation is not None and relation.column is None:
            raise no_column(names.label, relation)
        if value is None and name in names.primary_key:
            raise FieldError(f"`{names.label}.{name}` of a stored row cannot be None")


def _is_plain(names: Names, name: str) -> bool:
    """Whether a lookup is a field's name and nothing more."""
    return "__" not in name or name in names.meta.field_metadata


async def _find(query: Query[Any, Any], lookups: Mapping[str, Any], executor: Executor) -> Any:
    rows = await query.filter(**lookups).limit(2)._rows_on(executor)
    if len(rows) > 1:
        raise MultipleObjectsReturned(
            f"more than one {query._names.label} matches {', '.join(lookups)}",
            model=query._model,
            hint="name the fields of a unique key",
        )
    return rows[0] if rows else None


async def _create_or_find(
    query: Query[Any, Any],
    values: dict[str, Any],
    lookups: Mapping[str, Any],
    executor: Executor,
) -> tuple[Any, bool]:
    """Insert the row, or take one that was inserted concurrently. A failed insert runs in its own
    savepoint, so that an outer transaction stays usable."""
    instance = build(query._model, values)
    try:
        if executor.in_transaction:
            async with atomic(client=executor) as block:
                await instance._oxyde_insert(block)
        else:
            await instance._oxyde_insert(executor)
    except UniqueViolationError as error:
        # A locking read sees rows committed after the transaction's snapshot.
        again = query.for_update() if executor.in_transaction else query
        found = await _find(again, lookups, executor)
        if found is None:
            await _tell_of_scope(error, query, lookups, executor)
            raise
        return found, False
    return instance, True


async def _tell_of_scope(
    error: UniqueViolationError,
    query: Query[Any, Any],
    lookups: Mapping[str, Any],
    executor: Executor,
) -> None:
    """Say so if the row is there, outside of the scope of its model."""
    label = query._names.label
    if query._names.scope in query._where and await _find(query.unscoped(), lookups, executor):
        error.hint = (
            f"the row is there, outside of the scope of `{label}`: {label}.unscoped finds it"
        )


def _values(
    query: Query[Any, Any], lookups: Mapping[str, Any], defaults: Mapping[str, Any] | None
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in lookups.items():
        name = key.removesuffix("__exact")
        if _is_plain(query._names, name):
            values[name] = value
    names = query._names
    if "pk" in values and "pk" not in names.columns:
        given: Any = values.pop("pk")
        if isinstance(given, names.model):
            given = tuple([vars(given)[name] for name in names.primary_key])
        elif not names.has_composite_key:
            given = (given,)
        values.update(zip(names.primary_key, given, strict=True))
    for name, value in (defaults or {}).items():
        values[name] = _called(value)
    return values


def _called(value: object) -> object:
    return value() if callable(value) and not isinstance(value, type) else value


def _assign(instance: object, name: str, value: object) -> None:
    names = names_of(type(instance))
    if name not in names.model.model_fields:
        raise names.unknown(name)
    setattr(instance, name, value)
