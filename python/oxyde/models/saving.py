"""Saving an instance: INSERT or UPDATE, of what changed, validated first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldValueError, ManagerError, NotFoundError
from oxyde.models.changes import changed_fields, originals_of
from oxyde.models.link import Link
from oxyde.models.row import (
    check_key,
    column_names,
    executor_of,
    run_hook,
    shown,
    stored_key,
    table_meta,
)
from oxyde.models.state import mark_changed, mark_stored, set_state, state_of, touched

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.meta import ModelMeta
    from oxyde.models.model import Model

__all__ = ["check_home", "check_links", "insert", "insert_values", "save", "stored"]


async def save(
    instance: Model,
    update_fields: Iterable[str] | None,
    using: str | None,
    client: Executor | None,
) -> None:
    """See `Model.save`."""
    meta = table_meta(instance)
    names = (
        None
        if update_fields is None
        else column_names(meta, update_fields, "save(update_fields=…)")
    )
    executor = executor_of(instance, using, client)
    if _is_new(instance, meta):
        if names is not None:
            raise ManagerError(
                f"this {meta.model.__name__} is not stored yet, so update_fields says nothing",
                model=meta.model,
                hint="save() it without update_fields first",
            )
        await insert(instance, executor)
        return
    for name in names or ():
        getattr(instance, name)  # raises where it was not loaded
    before = dict(vars(instance))
    await run_hook(instance, "pre_save", is_create=False, update_fields=names)
    _follow_links(instance, meta)
    check_links(instance, executor)
    if names is None:
        written = _update_names(instance, meta)
    else:
        # What the hook changed is written too.
        now = vars(instance)
        written = names | {
            name for name in meta.field_metadata if now.get(name) is not before.get(name)
        }
    if written:
        await _update(instance, meta, written, executor)
    await run_hook(instance, "post_save", is_create=False, update_fields=names)


async def insert(instance: Model, executor: Executor) -> None:
    """Insert the instance, with its hooks."""
    from oxyde.queries.write import insert_one

    await run_hook(instance, "pre_save", is_create=True, update_fields=None)
    values = insert_values(instance)
    check_links(instance, executor)
    filled = await insert_one(type(instance), values, executor)
    stored(instance, executor.name, filled)
    await run_hook(instance, "post_save", is_create=True, update_fields=None)


def insert_values(instance: Model) -> dict[str, Any]:
    """The values of an INSERT by field; what the database fills in is left out.

    Raises:
        pydantic.ValidationError: a value that was assigned is not valid.
        FieldValueError: the row that a foreign key refers to is not saved.
    """
    meta = table_meta(instance)
    if meta.relations:
        _follow_links(instance, meta)
    assigned = touched(instance)
    if assigned:
        _validate(instance, assigned)
    held = vars(instance)
    values = {name: held[name] for name in meta.field_metadata if name in held}
    for name in meta.generated:
        if values.get(name, held) is None:
            given = name in instance.__pydantic_fields_set__
            if not (given and meta.field_metadata[name].nullable):
                del values[name]
    return values


def stored(instance: Model, database: str | None, filled: Mapping[str, Any]) -> None:
    """Note that the instance was written, and what the database filled in."""
    vars(instance).update(filled)
    instance.__pydantic_fields_set__.update(filled)
    meta = type(instance)._db_meta
    mark_stored(instance, database, originals_of(instance, meta) if meta.mutable else {})


def check_links(instance: Model, executor: Executor) -> None:
    """Refuse to refer to a row of another database, where its key would mean another row or none.

    Raises:
        ManagerError: the row of a foreign key was loaded from, or saved to, another database.
    """
    meta = type(instance)._db_meta
    for name, relation in meta.relations.items():
        if relation.column is not None:
            check_home(f"{meta.model.__name__}.{name}", vars(instance).get(name), executor)


def check_home(label: str, other: Model | None, executor: Executor) -> None:
    """Refuse a row of another database than the executor's, under the name `label`.

    Raises:
        ManagerError: it is from another one.
    """
    state = None if other is None else state_of(other)
    if state is None:
        return
    from oxyde.db.registry import one_database

    home = state.database or "default"
    if not one_database(home, executor.name):
        raise ManagerError(
            f"`{label}` is a row of the database {home!r}, and is not in {executor.name!r}",
            model=type(other),
            hint=f"load or create it there: using={executor.name!r}",
        )


async def _update(instance: Model, meta: ModelMeta, names: set[str], executor: Executor) -> None:
    from oxyde.queries.write import update_rows

    key = stored_key(instance, meta)
    check_key(meta, key, "save")
    state = state_of(instance)
    assigned = touched(instance) if state is None else state.changed
    _validate(instance, assigned & names)
    values = {name: vars(instance)[name] for name in meta.field_metadata if name in names}
    found = await update_rows(meta.model, key, values, executor)
    if found == 0:
        raise NotFoundError(
            f"there is no {shown(meta, key)} to update",
            model=meta.model,
            hint=f"{meta.model.__name__}.objects.create(instance=…) inserts it",
        )
    _written(instance, meta, names, executor)


def _written(instance: Model, meta: ModelMeta, names: set[str], executor: Executor) -> None:
    state = state_of(instance)
    if state is None:
        mark_stored(instance, executor.name, originals_of(instance, meta))
        return
    state = state.private() if state.shared else state
    state.changed -= names
    for name in meta.primary_key:
        state.originals.pop(name, None)
    state.originals.update(originals_of(instance, meta, names))
    set_state(instance, state)


def _update_names(instance: Model, meta: ModelMeta) -> set[str]:
    """The columns that `save()` writes."""
    state = state_of(instance)
    if state is not None:
        return changed_fields(instance, meta, state)
    names = set()
    for name, field in meta.field_metadata.items():
        if field.primary_key or name not in vars(instance):
            continue
        if (
            field.db_default is not None
            and vars(instance)[name] is None
            and name not in instance.__pydantic_fields_set__
        ):
            continue
        names.add(name)
    return names


def _is_new(instance: Model, meta: ModelMeta) -> bool:
    if state_of(instance) is not None:
        return False
    given = instance.__pydantic_fields_set__
    return any(vars(instance).get(name) is None or name not in given for name in meta.primary_key)


def _follow_links(instance: Model, meta: ModelMeta) -> None:
    """Take the keys of rows that were saved after they were assigned."""
    for name, relation in meta.relations.items():
        if relation.column is None:
            continue
        other = vars(instance).get(name)
        if other is None or vars(instance).get(relation.column) is not None:
            continue
        link: Link = type(instance).__oxyde_links__[name]
        key = vars(other).get(link.target_field)
        if key is None:
            raise FieldValueError(
                f"{meta.model.__name__}.{name} is a {link.target.__name__} that is not saved yet",
                hint="save it first",
            )
        vars(instance)[relation.column] = key
        instance.__pydantic_fields_set__.add(relation.column)
        mark_changed(instance, relation.column, None)


def _validate(instance: Model, names: Iterable[str]) -> None:
    """Run Pydantic's validation on values that were assigned without it."""
    cls = type(instance)
    if cls.model_config.get("validate_assignment"):
        return
    for name in sorted(names):
        field = cls.__pydantic_fields__.get(name)
        if field is None or name not in vars(instance):
            continue
        value = vars(instance)[name]
        if value is None and not field.is_required() and field.default is None:
            continue
        scratch = instance.__copy__()
        cls.__pydantic_validator__.validate_assignment(scratch, name, value)
        vars(instance)[name] = vars(scratch)[name]
