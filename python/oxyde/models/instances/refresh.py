"""Reading the row of an instance again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from oxyde.exceptions import NotFoundError
from oxyde.hydration.state import State, set_state, state_of
from oxyde.models.instances.far_rows import restore_far_rows
from oxyde.models.instances.row import (
    check_key,
    column_names,
    executor_of,
    shown,
    stored_key,
    table_meta,
)
from oxyde.models.instances.undo import Before
from oxyde.models.relations.foreign_key import Link

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.db.executor import Executor
    from oxyde.models.model import Model

__all__ = ["follow_column", "forget_other_row", "refresh"]


async def refresh(
    instance: Model,
    fields: Iterable[str] | None,
    using: str | None,
    client: Executor | None,
) -> None:
    """See `Model.refresh`."""
    # Imported here so that defining models loads no queries.
    from oxyde.queries.writes.instance import select_one

    meta = table_meta(instance)
    key = stored_key(instance, meta)
    check_key(meta, key, "refresh")
    executor = executor_of(instance, using, client)
    names = set(meta.field_metadata)
    if fields is not None:
        names = column_names(meta, fields, "refresh(fields=…)")
    fresh = await select_one(meta.model, key, executor)
    if fresh is None:
        raise NotFoundError(f"{shown(meta, key)} no longer exists", model=meta.model)
    _take(instance, fresh, meta, names, executor)


def _take(
    instance: Model, fresh: Model, meta: ModelMeta, names: set[str], executor: Executor
) -> None:
    for name in names:
        vars(instance)[name] = vars(fresh)[name]
        instance.__pydantic_fields_set__.add(name)
    for name, relation in meta.relations.items():
        if relation.column in names:
            forget_other_row(instance, name, relation.column)
    known, read = state_of(instance), state_of(fresh)
    originals = {} if read is None else dict(read.originals)
    if known is None or names == set(meta.field_metadata):
        if meta.far and known is not None:
            restore_far_rows(instance, meta, known)
        state = State(executor.name, originals=originals)
    else:
        state = known.private()
        state.changed -= names
        state.originals.update({n: text for n, text in originals.items() if n in names})
        if state.loaded is not None:
            state.loaded = state.loaded | names
    if read is not None and read.seen_in is not None:
        state.seen_in = read.seen_in
    set_state(instance, state)


def forget_other_row(instance: Model, name: str, column: str) -> None:
    """Remove the loaded row of a foreign key whose column now refers to another row."""
    other = vars(instance).get(name)
    if other is not None:
        link: Link = type(instance).__oxyde_links__[name]
        if vars(other).get(link.target_field) != vars(instance)[column]:
            vars(instance)[name] = None


def follow_column(instance: Model, column: str, value: object, executor: Executor) -> None:
    """Record a new value of a column that was not assigned on the instance."""
    state, held = state_of(instance), vars(instance)
    if state is None or column in state.changed or held.get(column, value) == value:
        return
    if executor.journal is not None:
        executor.journal.add(Before(instance, {column: value}))
    held[column] = value
    for name, relation in type(instance)._db_meta.relations.items():
        if relation.column == column:
            forget_other_row(instance, name, column)
