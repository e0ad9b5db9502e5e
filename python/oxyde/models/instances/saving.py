"""Saving an instance: INSERT, or UPDATE of validated changes; and deleting its row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.db.registry import one_database
from oxyde.exceptions import FieldValueError, ManagerError, NotFoundError
from oxyde.hydration.fields import input_of
from oxyde.hydration.state import (
    mark_changed,
    mark_read,
    mark_stored,
    set_state,
    state_of,
    touched,
)
from oxyde.models.instances.changes import changed_fields, loaded_columns, originals_of
from oxyde.models.instances.far_rows import check_far_rows, empty_far_rows
from oxyde.models.instances.row import (
    check_key,
    column_names,
    executor_of,
    run_hook,
    shown,
    stored_key,
    table_meta,
)
from oxyde.models.instances.undo import Before
from oxyde.models.instances.version import (
    delete_unchanged,
    known_version,
    stale_row,
    update_unchanged,
)
from oxyde.models.relations.foreign_key import Link
from oxyde.signals import (
    DeleteEvent,
    SaveEvent,
    Signal,
    post_delete,
    post_save,
    pre_delete,
    pre_save,
)

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.db.executor import Executor
    from oxyde.db.journal import Journal
    from oxyde.models.model import Model
    from oxyde.queries.query import Query

__all__ = [
    "check_home",
    "check_links",
    "delete_row",
    "insert",
    "insert_values",
    "restore_row",
    "save",
    "stored",
    "written_together",
]


async def save(
    instance: Model,
    update_fields: Iterable[str] | None,
    using: str | None,
    client: Executor | None,
) -> None:
    """See `Model.save`."""
    meta = table_meta(instance)
    meta.check_writable("save")
    names = None
    if update_fields is not None:
        names = column_names(meta, update_fields, "save(update_fields=…)")
        meta.check_not_computed(names, "save(update_fields=…)")
    executor = executor_of(instance, using, client)
    if _is_new(instance, meta):
        if names is not None:
            raise ManagerError(
                f"this {meta.model.__name__} is not stored yet, so update_fields has no effect",
                model=meta.model,
                hint="save() it without update_fields first",
            )
        await insert(instance, executor, copied=state_of(instance) is not None)
        return
    for name in names or ():
        getattr(instance, name)  # raises where it was not loaded
    before = dict(vars(instance))
    await run_hook(instance, "pre_save", is_create=False, update_fields=names)
    if pre_save.receivers:
        await _send(pre_save, instance, executor, names)
    _follow_links(instance, meta, executor.journal)
    check_links(instance, executor)
    if names is None:
        if meta.far:
            check_far_rows(instance, meta, new=False)
        written = _update_names(instance, meta)
    else:
        # Changes made by the hook are written too.
        now = vars(instance)
        written = names | {
            name for name in meta.field_metadata if now.get(name) is not before.get(name)
        }
        meta.check_not_computed(written, "save()")
    if written:
        await _update(instance, meta, written, executor)
    await run_hook(instance, "post_save", is_create=False, update_fields=names)
    if post_save.receivers:
        await _send(post_save, instance, executor, names)


async def _send(
    signal: Signal[SaveEvent[Any]],
    instance: Model,
    executor: Executor,
    names: Iterable[str] | None = None,
    *,
    is_create: bool = False,
) -> None:
    await signal.send(
        SaveEvent(
            model=type(instance),
            executor=executor,
            instance=instance,
            is_create=is_create,
            update_fields=None if names is None else frozenset(names),
        )
    )


async def insert(instance: Model, executor: Executor, *, copied: bool = False) -> None:
    """Insert the instance, with its hooks; `copied` if it was loaded and its key was removed."""
    # Imported here, as those below, so that defining models loads no queries.
    from oxyde.queries.writes.instance import insert_one

    meta = type(instance)._db_meta
    meta.check_writable("create")
    await run_hook(instance, "pre_save", is_create=True, update_fields=None)
    if pre_save.receivers:
        await _send(pre_save, instance, executor, is_create=True)
    if copied:
        _make_copy(instance, meta)
    values = insert_values(instance, executor.journal)
    if copied:
        _drop_automatic(instance, meta, values)
    check_links(instance, executor)
    filled = await insert_one(type(instance), values, executor)
    stored(instance, executor.name, filled, executor.journal)
    if meta.far:
        empty_far_rows(instance, meta)
    await run_hook(instance, "post_save", is_create=True, update_fields=None)
    if post_save.receivers:
        await _send(post_save, instance, executor, is_create=True)


def _drop_automatic(instance: Model, meta: ModelMeta, values: dict[str, Any]) -> None:
    """Leave the times and the version of the row that was copied to the database."""
    state = state_of(instance)
    for name in meta.generated:
        if meta.field_metadata[name].automatic and state and name not in state.changed:
            values.pop(name, None)


def insert_values(instance: Model, journal: Journal | None = None) -> dict[str, Any]:
    """The values of an INSERT by field, without those that the database fills in.

    Args:
        journal: records changes of the instance.

    Raises:
        pydantic.ValidationError: an assigned value is not valid.
        FieldValueError: the row of a foreign key has not been saved.
        FieldError: a relation without a column holds rows.
    """
    meta = table_meta(instance)
    if meta.relations:
        _follow_links(instance, meta, journal)
        if meta.far:
            check_far_rows(instance, meta, new=True)
    state = state_of(instance)
    assigned = touched(instance) if state is None else state.changed
    if assigned:
        _validate(instance, assigned)
        if state is None:
            mark_read(instance, assigned)
    held = vars(instance)
    values = {name: held[name] for name in meta.field_metadata if name in held}
    if meta.computed:
        meta.check_not_computed(_given_computed(instance, meta), "an insert")
        for name in meta.computed:
            values.pop(name, None)
    for name in meta.generated:
        if values.get(name, held) is None:
            given = name in instance.__pydantic_fields_set__
            if not (given and meta.field_metadata[name].nullable):
                del values[name]
    return values


def _given_computed(instance: Model, meta: ModelMeta) -> list[str]:
    """The computed fields that were given a value, or assigned one, since the row was read."""
    state = state_of(instance)
    given = instance.__pydantic_fields_set__ if state is None else state.changed
    held = vars(instance)
    return [name for name in meta.computed if name in given and held.get(name) is not None]


def stored(
    instance: Model, database: str | None, filled: Mapping[str, Any], journal: Journal | None
) -> None:
    """Mark the instance as written, with the values that the database filled in."""
    if journal is not None:
        journal.add(Before(instance, filled))
    vars(instance).update(filled)
    instance.__pydantic_fields_set__.update(filled)
    meta = type(instance)._db_meta
    originals = originals_of(instance, meta) if meta.mutable else {}
    mark_stored(instance, database, originals, journal)


def check_links(instance: Model, executor: Executor) -> None:
    """Refuse references to rows of another database: here their keys would refer to other rows, or
    none.

    Raises:
        ManagerError: the row of a foreign key was loaded from, or saved to, another database.
    """
    meta = type(instance)._db_meta
    for name, relation in meta.relations.items():
        if relation.column is not None:
            check_home(f"{meta.model.__name__}.{name}", vars(instance).get(name), executor)


def check_home(label: str, other: Model | None, executor: Executor) -> None:
    """Refuse a row of another database than the executor's; `label` names it in the error.

    Raises:
        ManagerError: it is from another database.
    """
    state = None if other is None else state_of(other)
    if state is None:
        return
    home = state.database or "default"
    if not one_database(home, executor.name):
        raise ManagerError(
            f"`{label}` is a row of the database {home!r}, and is not in {executor.name!r}",
            model=type(other),
            hint=f"load or create it there: using={executor.name!r}",
        )


async def delete_row(
    instance: Model, using: str | None, client: Executor | None, *, hard: bool = False
) -> int:
    """See `Model.delete`; `hard` if the row is not only marked as deleted."""
    # Imported here as in `insert`.
    from oxyde.queries.writes.instance import delete_rows
    from oxyde.queries.writes.soft_delete import mark_deleted

    meta = table_meta(instance)
    meta.check_writable("delete")
    key = stored_key(instance, meta)
    check_key(meta, key, "delete")
    executor = executor_of(instance, using, client)
    soft = meta.soft_delete is not None and not hard
    model = type(instance)
    await run_hook(instance, "pre_delete")
    if pre_delete.receivers:
        before = DeleteEvent(model=model, executor=executor, instance=instance, soft=soft)
        await pre_delete.send(before)
    if soft:
        rows = await mark_row(instance, meta, key, executor, mark_deleted, "delete()")
    else:
        if meta.version is None:
            rows = await delete_rows(meta.model, key, executor)
        else:
            rows = await delete_unchanged(instance, meta, key, executor)
        if executor.journal is not None:
            executor.journal.add(Before(instance, with_key=True))
        set_state(instance, None)
    await run_hook(instance, "post_delete")
    if post_delete.receivers:
        await post_delete.send(
            DeleteEvent(model=model, executor=executor, instance=instance, soft=soft, rows=rows)
        )
    return rows


async def restore_row(
    instance: Model, meta: ModelMeta, key: Mapping[str, Any], executor: Executor
) -> int:
    """Mark the row as not deleted: a save of that field."""
    # Imported here as in `insert`.
    from oxyde.queries.writes.soft_delete import restore_rows

    names = [] if meta.soft_delete is None else [meta.soft_delete]
    if pre_save.receivers:
        await _send(pre_save, instance, executor, names)
    rows = await mark_row(instance, meta, key, executor, restore_rows, "restore()")
    if post_save.receivers:
        await _send(post_save, instance, executor, names)
    return rows


async def mark_row(
    instance: Model,
    meta: ModelMeta,
    key: Mapping[str, Any],
    executor: Executor,
    mark: Callable[[Query[Any, Any], Executor], Awaitable[int]],
    verb: str,
) -> int:
    """Mark the row as deleted, or as not deleted, and read what the database set.

    Args:
        verb: the method, for the error.

    Raises:
        StaleObjectError: others changed the row since it was read.
    """
    # Imported here as in `insert`.
    from oxyde.queries.writes.instance import read_again
    from oxyde.queries.writes.target import by_key

    assert meta.soft_delete is not None
    row, version, expected = by_key(meta.model, key), meta.version, 0
    if version is not None:
        expected = known_version(instance, meta, verb)
        row = row.filter(**{version: expected})
    rows = await mark(row, executor)
    held = [name for name in (*meta.automatic, *meta.computed) if name in vars(instance)]
    read = await read_again(meta.model, (meta.soft_delete, *held), key, executor)
    if version is not None and not rows and read.get(version) != expected:
        raise await stale_row(meta, key, expected, executor, verb)
    if read:
        _written(instance, meta, {meta.soft_delete, *meta.automatic}, executor, read)
    return rows


async def _update(instance: Model, meta: ModelMeta, names: set[str], executor: Executor) -> None:
    # Imported here as in `insert`.
    from oxyde.queries.writes.instance import update_rows

    key = stored_key(instance, meta)
    check_key(meta, key, "save")
    state = state_of(instance)
    assigned = touched(instance) if state is None else state.changed
    if meta.version is not None:
        names = names | {meta.version}
    _validate(instance, assigned & names)
    if state is None and assigned:
        mark_read(instance, names)
    held = vars(instance)
    values = {name: held[name] for name in meta.field_metadata if name in names}
    read = meta.computed
    if meta.automatic:
        read += tuple([name for name in meta.automatic if name not in names])
        names = names.union(meta.automatic)
    if state is not None:
        read = tuple([name for name in read if name in held])
    if meta.version is not None:
        values = await update_unchanged(instance, meta, key, values, read, executor)
        _written(instance, meta, names, executor, values)
        return
    found, filled = await update_rows(meta.model, key, values, executor, read=read)
    if found == 0:
        raise NotFoundError(
            f"there is no {shown(meta, key)} to update",
            model=meta.model,
            hint=f"{meta.model.__name__}.objects.create(instance=…) inserts it",
        )
    _written(instance, meta, names, executor, filled)


def _written(
    instance: Model, meta: ModelMeta, names: set[str], executor: Executor, read: Mapping[str, Any]
) -> None:
    state = state_of(instance)
    if executor.journal is not None:
        executor.journal.add(Before(instance, read))
    vars(instance).update(read)
    instance.__pydantic_fields_set__.update(read)
    if state is None:
        mark_stored(instance, executor.name, originals_of(instance, meta))
        return
    state = state.private() if state.shared else state
    if names >= loaded_columns(instance, meta):
        state.seen_in = None
    state.changed -= names
    for name in meta.primary_key:
        state.originals.pop(name, None)
    state.originals.update(originals_of(instance, meta, names))
    set_state(instance, state)


def written_together(
    meta: ModelMeta, instances: Iterable[Model], names: frozenset[str], executor: Executor
) -> None:
    """Mark columns of instances as written by one statement (`bulk_update`)."""
    in_place, journal = names.intersection(meta.mutable), executor.journal
    for instance in instances:
        state = state_of(instance)
        if state is None or not (in_place or not state.changed.isdisjoint(names)):
            continue
        if journal is not None:
            journal.add(Before(instance))
        if in_place:
            state = state.private() if state.shared else state
            state.originals.update(originals_of(instance, meta, in_place))
            set_state(instance, state)
        # A shared state has no changes.
        state.changed -= names


def _update_names(instance: Model, meta: ModelMeta) -> set[str]:
    """The columns that `save()` writes."""
    meta.check_not_computed(_given_computed(instance, meta), "save()")
    state = state_of(instance)
    if state is not None:
        names = changed_fields(instance, meta, state).difference(meta.computed)
        if meta.automatic:
            # An assigned version is the expected one, not a change.
            given = state.changed.difference((meta.version,))
            names.difference_update([name for name in meta.automatic if name not in given])
        return names
    names = set()
    for name, field in meta.field_metadata.items():
        if field.primary_key or name not in vars(instance) or name in meta.computed:
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
    state = state_of(instance)
    if state is not None:
        # A loaded row whose key was removed is inserted as a copy.
        held = vars(instance)
        return any(name in state.changed and held.get(name) is None for name in meta.primary_key)
    given = instance.__pydantic_fields_set__
    return any(vars(instance).get(name) is None or name not in given for name in meta.primary_key)


def _make_copy(instance: Model, meta: ModelMeta) -> None:
    """Prepare a loaded instance without a key to be inserted as a new row.

    Raises:
        ManagerError: no new key is generated.
        FieldError: the row was loaded partially.
    """
    for name in meta.field_metadata:
        getattr(instance, name)  # raises where it was not loaded
    for name in meta.primary_key:
        if vars(instance)[name] is not None or meta.field_metadata[name].generated:
            continue
        factory = type(instance).__pydantic_fields__[name]
        made = None
        if factory.default_factory is not None:
            made = factory.get_default(call_default_factory=True, validated_data={})
        if made is None:
            check_key(meta, {name: None}, "save")
        setattr(instance, name, made)


def _follow_links(instance: Model, meta: ModelMeta, journal: Journal | None) -> None:
    """Copy the keys of assigned rows that were saved later: for the first time, or again after a
    rollback."""
    for name, relation in meta.relations.items():
        if relation.column is None:
            continue
        other = vars(instance).get(name)
        if other is None:
            continue
        link: Link = type(instance).__oxyde_links__[name]
        key = vars(other).get(link.target_field)
        held = vars(instance).get(relation.column)
        if held is not None and (key == held or not _may_follow(instance, link, other)):
            continue
        if key is None:
            raise FieldValueError(
                f"{meta.model.__name__}.{name} is a {link.target.__name__} that has not been "
                "saved yet",
                hint="save it first",
            )
        if journal is not None:
            journal.add(Before(instance, {relation.column: key}))
        vars(instance)[relation.column] = key
        instance.__pydantic_fields_set__.add(relation.column)
        mark_changed(instance, relation.column, held)


def _may_follow(instance: Model, link: Link, other: Model) -> bool:
    """Whether a foreign key assigned from a row should follow the row's current key. Not for a
    stored and unchanged row, nor for a key that was assigned directly."""
    state, its = state_of(instance), state_of(other)
    if state is not None and link.column not in state.changed:
        return False
    return its is None or link.target_field not in its.changed


def _validate(instance: Model, names: Iterable[str]) -> None:
    """Validate values that were assigned without validation."""
    cls = type(instance)
    if cls.model_config.get("validate_assignment"):
        return
    if not names:
        return
    for name in sorted(names):
        field = cls.__pydantic_fields__.get(name)
        if field is None or name not in vars(instance):
            continue
        value = vars(instance)[name]
        if value is None and not field.is_required() and field.default is None:
            continue
        scratch = instance.__copy__()
        given = input_of(cls, name, value)
        cls.__pydantic_validator__.validate_assignment(scratch, name, given)
        vars(instance)[name] = vars(scratch)[name]
