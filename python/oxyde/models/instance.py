"""What an instance does: assignments, saving, deleting, reading again."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, FieldValueError, ManagerError, NotFoundError
from oxyde.models.build import column_field
from oxyde.models.changes import changed_fields, originals_of
from oxyde.models.link import Link
from oxyde.models.state import State, mark_changed, set_state, state_of, touched

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.meta import ModelMeta
    from oxyde.models.model import Model

__all__ = ["delete", "insert", "insert_values", "refresh", "save", "stored"]


# -- assignments ---------------------------------------------------------------------------


def assign_linked(instance: Model, name: str, value: Any) -> None:
    """Assign `author` or `author_id`, and keep the other in step.

    Raises:
        FieldValueError: `author` is given something that is no instance of its model.
    """
    link: Link = type(instance).__oxyde_links__[name]
    base_setattr = super(_model(), instance).__setattr__
    if name == link.attribute:
        if value is not None and not isinstance(value, link.target):
            raise FieldValueError(
                f"{type(instance).__name__}.{name} takes a {link.target.__name__} or None, "
                f"not {type(value).__name__}",
                hint=f"assign the key to {link.column}",
            )
        old = instance.__dict__.get(link.column)
        base_setattr(name, value)
        key = None if value is None else value.__dict__.get(link.target_field)
        instance.__dict__[link.column] = key
        instance.__pydantic_fields_set__.add(link.column)
    else:
        old = instance.__dict__.get(name)
        base_setattr(name, value)
        other = instance.__dict__.get(link.attribute)
        if other is not None and other.__dict__.get(link.target_field) != instance.__dict__[name]:
            instance.__dict__[link.attribute] = None
            instance.__pydantic_fields_set__.discard(link.attribute)
    mark_changed(instance, link.column, old)


def _model() -> type[Model]:
    from oxyde.models.model import Model

    return Model


def mark_differences(instance: Model, before: Mapping[str, Any], name: str) -> None:
    """Note all fields that Pydantic's own assignment changed."""
    missing = object()
    for field, value in instance.__dict__.items():
        old = before.get(field, missing)
        if field == name or old is not value:
            mark_changed(instance, field, None if old is missing else old)


def note_updates(source: Model, copy: Model, update: Mapping[str, Any]) -> None:
    """The updates of `model_copy` are assignments: the foreign key follows them too."""
    for name in update:
        link = type(copy).__oxyde_links__.get(name)
        if link is None:
            if name in type(copy).__pydantic_fields__:
                mark_changed(copy, name, source.__dict__.get(name))
        elif name == link.attribute and link.column not in update:
            assign_linked(copy, name, copy.__dict__[name])
        elif name == link.column and link.attribute not in update:
            assign_linked(copy, name, copy.__dict__[name])
        else:
            mark_changed(copy, link.column, source.__dict__.get(link.column))


def restore_state(instance: Model, state: State | None) -> None:
    """After unpickling."""
    if state is not None:
        set_state(instance, state)


def not_loaded(instance: Model, name: str) -> Exception:
    """The error for a field that is not there."""
    model = type(instance).__name__
    if state_of(instance) is None:
        return AttributeError(f"{model!r} object has no attribute {name!r}")
    relation = type(instance)._db_meta.relations.get(name)
    if relation is not None:
        how = f'prefetch("{name}")' if relation.many else f'join("{name}")'
        return FieldError(f"{model}.{name} was not loaded", hint=f"query with {how}")
    return FieldError(
        f"{model}.{name} was not loaded",
        hint=f'load it with the row, or call `await instance.refresh(["{name}"])`',
    )


# -- saving --------------------------------------------------------------------------------


async def save(
    instance: Model,
    update_fields: Iterable[str] | None,
    using: str | None,
    client: Executor | None,
) -> None:
    """See `Model.save`."""
    meta = _meta(instance)
    names = None if update_fields is None else _column_names(meta, update_fields)
    executor = _executor(instance, using, client)
    if _is_new(instance, meta):
        if names is not None:
            raise ManagerError(
                f"this {meta.model.__name__} is not stored yet, so update_fields says nothing",
                model=meta.model,
                hint="save() it without update_fields first",
            )
        await insert(instance, executor)
        return
    await _hook(instance, "pre_save", is_create=False, update_fields=names)
    _follow_links(instance, meta)
    written = _update_names(instance, meta) if names is None else names
    if written:
        await _update(instance, meta, written, executor)
    await _hook(instance, "post_save", is_create=False, update_fields=names)


async def insert(instance: Model, executor: Executor) -> None:
    """Insert the instance, with its hooks."""
    from oxyde.queries.write import insert_one

    await _hook(instance, "pre_save", is_create=True, update_fields=None)
    filled = await insert_one(type(instance), insert_values(instance), executor)
    stored(instance, executor.name, filled)
    await _hook(instance, "post_save", is_create=True, update_fields=None)


def insert_values(instance: Model) -> dict[str, Any]:
    """The values of an INSERT by field; what the database fills in is left out.

    Raises:
        pydantic.ValidationError: a value that was assigned is not valid.
        FieldValueError: the row that a foreign key refers to is not saved.
    """
    meta = _meta(instance)
    _follow_links(instance, meta)
    _validate(instance, touched(instance))
    values: dict[str, Any] = {}
    for name, field in meta.field_metadata.items():
        if name not in instance.__dict__:
            continue
        value = instance.__dict__[name]
        if value is None and field.generated:
            given = name in instance.__pydantic_fields_set__
            if not (given and field.nullable):
                continue
        values[name] = value
    return values


def stored(instance: Model, database: str | None, filled: Mapping[str, Any]) -> None:
    """Note that the instance was written, and what the database filled in."""
    instance.__dict__.update(filled)
    instance.__pydantic_fields_set__.update(filled)
    meta = type(instance)._db_meta
    set_state(instance, State(database, originals=originals_of(instance, meta)))
    touched(instance).clear()


async def _update(instance: Model, meta: ModelMeta, names: set[str], executor: Executor) -> None:
    from oxyde.queries.write import update_rows

    state = state_of(instance)
    originals = {} if state is None else state.originals
    key = {name: originals.get(name, instance.__dict__.get(name)) for name in meta.primary_key}
    _check_key(meta, key, "save")
    assigned = touched(instance) if state is None else state.changed
    _validate(instance, assigned & names)
    values = {name: instance.__dict__[name] for name in meta.field_metadata if name in names}
    if await update_rows(meta.model, key, values, executor) == 0:
        raise NotFoundError(
            f"there is no {_shown(meta, key)} to update",
            model=meta.model,
            hint=f"{meta.model.__name__}.objects.create(instance=…) inserts it",
        )
    _written(instance, meta, names, executor)


def _written(instance: Model, meta: ModelMeta, names: set[str], executor: Executor) -> None:
    state = state_of(instance)
    if state is None:
        state = State(executor.name, originals=originals_of(instance, meta))
        touched(instance).clear()
    else:
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
        if field.primary_key or name not in instance.__dict__:
            continue
        if (
            field.db_default is not None
            and instance.__dict__[name] is None
            and name not in instance.__pydantic_fields_set__
        ):
            continue
        names.add(name)
    return names


def _is_new(instance: Model, meta: ModelMeta) -> bool:
    if state_of(instance) is not None:
        return False
    given = instance.__pydantic_fields_set__
    return any(
        instance.__dict__.get(name) is None or name not in given for name in meta.primary_key
    )


def _column_names(meta: ModelMeta, names: Iterable[str]) -> set[str]:
    if isinstance(names, str):
        raise FieldError("update_fields takes a list of names, not a text", hint=f'["{names}"]')
    where = f"save(update_fields=…) of {meta.model.__name__}"
    return {column_field(meta, name, where).name for name in names}


def _follow_links(instance: Model, meta: ModelMeta) -> None:
    """Take the keys of rows that were saved after they were assigned."""
    for name, relation in meta.relations.items():
        if relation.column is None:
            continue
        other = instance.__dict__.get(name)
        if other is None or instance.__dict__.get(relation.column) is not None:
            continue
        link: Link = type(instance).__oxyde_links__[name]
        key = other.__dict__.get(link.target_field)
        if key is None:
            raise FieldValueError(
                f"{meta.model.__name__}.{name} is a {link.target.__name__} that is not saved yet",
                hint="save it first",
            )
        instance.__dict__[relation.column] = key
        instance.__pydantic_fields_set__.add(relation.column)
        mark_changed(instance, relation.column, None)


def _validate(instance: Model, names: Iterable[str]) -> None:
    """Run Pydantic's validation on values that were assigned without it."""
    cls = type(instance)
    if cls.model_config.get("validate_assignment"):
        return
    for name in sorted(names):
        field = cls.__pydantic_fields__.get(name)
        if field is None or name not in instance.__dict__:
            continue
        value = instance.__dict__[name]
        if value is None and not field.is_required() and field.default is None:
            continue
        scratch = instance.model_copy()
        cls.__pydantic_validator__.validate_assignment(scratch, name, value)
        instance.__dict__[name] = scratch.__dict__[name]


# -- deleting, reading again ---------------------------------------------------------------


async def delete(instance: Model, using: str | None, client: Executor | None) -> int:
    """See `Model.delete`."""
    from oxyde.queries.write import delete_rows

    meta = _meta(instance)
    key = _stored_key(instance, meta)
    _check_key(meta, key, "delete")
    executor = _executor(instance, using, client)
    await _hook(instance, "pre_delete")
    rows = await delete_rows(meta.model, key, executor)
    set_state(instance, None)
    await _hook(instance, "post_delete")
    return rows


async def refresh(
    instance: Model,
    fields: Iterable[str] | None,
    using: str | None,
    client: Executor | None,
) -> None:
    """See `Model.refresh`."""
    from oxyde.queries.write import select_one

    meta = _meta(instance)
    key = _stored_key(instance, meta)
    _check_key(meta, key, "refresh")
    executor = _executor(instance, using, client)
    names = set(meta.field_metadata) if fields is None else _column_names(meta, fields)
    fresh = await select_one(meta.model, key, executor)
    if fresh is None:
        raise NotFoundError(f"there is no {_shown(meta, key)} any more", model=meta.model)
    _take(instance, fresh, meta, names, executor)


def _take(
    instance: Model, fresh: Model, meta: ModelMeta, names: set[str], executor: Executor
) -> None:
    for name in names:
        instance.__dict__[name] = fresh.__dict__[name]
        instance.__pydantic_fields_set__.add(name)
    for name, relation in meta.relations.items():
        other = instance.__dict__.get(name)
        if relation.column in names and other is not None:
            link: Link = type(instance).__oxyde_links__[name]
            if other.__dict__.get(link.target_field) != instance.__dict__[relation.column]:
                instance.__dict__[name] = None
    known, read = state_of(instance), state_of(fresh)
    originals = {} if read is None else dict(read.originals)
    if known is None or names == set(meta.field_metadata):
        state = State(executor.name, originals=originals)
    else:
        state = known.private()
        state.changed -= names
        state.originals.update({n: text for n, text in originals.items() if n in names})
        if state.loaded is not None:
            state.loaded = state.loaded | names
    set_state(instance, state)


# -- shared --------------------------------------------------------------------------------


def _meta(instance: Model) -> ModelMeta:
    meta = type(instance)._db_meta
    if not meta.is_table:
        raise ManagerError(
            f"{type(instance).__name__} has no table",
            model=type(instance),
            hint="set is_table = True in its class Meta",
        )
    return meta


def _executor(instance: Model, using: str | None, client: Executor | None) -> Executor:
    from oxyde.db.registry import resolve

    if using is None and client is None:
        state = state_of(instance)
        using = None if state is None else state.database
    return resolve(using, client)


def _stored_key(instance: Model, meta: ModelMeta) -> dict[str, Any]:
    """The key that the row has in the database, even when a new one was assigned."""
    state = state_of(instance)
    originals = {} if state is None else state.originals
    return {name: originals.get(name, instance.__dict__.get(name)) for name in meta.primary_key}


def _check_key(meta: ModelMeta, key: Mapping[str, Any], verb: str) -> None:
    for name, value in key.items():
        if value is None:
            raise ManagerError(
                f"cannot {verb} a {meta.model.__name__} whose {name} is None", model=meta.model
            )


def _shown(meta: ModelMeta, key: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{name}={value!r}" for name, value in key.items())
    return f"{meta.model.__name__} with {parts}"


async def _hook(instance: Model, name: str, **arguments: Any) -> None:
    hook = getattr(type(instance), name)
    if hook is getattr(_model(), name):
        return
    result = hook(instance, **arguments)
    if inspect.isawaitable(result):
        await result
