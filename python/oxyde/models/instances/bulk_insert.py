"""Bulk inserts of one model's instances: what Rust needs to read and fill them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from oxyde.db.slices import BETWEEN, slices_of
from oxyde.hydration.state import (
    UNTOUCHED,
    State,
    mark_assigned,
    set_state,
    state_of,
    whole_row,
)
from oxyde.models.instances.far_rows import forget_far_rows
from oxyde.models.instances.refresh import forget_other_row
from oxyde.models.instances.row import stored_key
from oxyde.models.instances.saving import stored
from oxyde.models.instances.undo import Before, note_bulk

if TYPE_CHECKING:
    from collections.abc import Generator

    from oxyde._core import Inserting, Slices
    from oxyde._meta import ModelMeta
    from oxyde.db.executor import Executor
    from oxyde.models.model import Model

__all__ = ["all_stored", "inserting_of", "upserted"]


def inserting_of(meta: ModelMeta, columns: tuple[str, ...]) -> Inserting | None:
    """How Rust reads rows from instances that set these columns; None if Python must read each
    instance. That is the case if None may be meant as a value in a column that the database fills
    in.
    """
    # Imported here so that defining models does not load the extension.
    from oxyde._core import Inserting

    fields = meta.field_metadata
    if any(fields[name].nullable for name in meta.generated if name not in meta.computed):
        return None
    return Inserting(
        meta.model,
        [(name, fields[name].encode, fields[name].generated) for name in columns],
        [name for name in fields if name not in columns],
        [
            (name, relation.column, meta.model.__oxyde_links__[name].target_field)
            for name, relation in meta.relations.items()
            if relation.column is not None
        ],
        list(meta.far),
    )


def all_stored(
    inserting: Inserting | None,
    instances: list[Any],
    executor: Executor,
    names: tuple[str, ...],
    rows: list[Any],
) -> list[Slices[None]]:
    """Mark instances as written; `rows`, which is emptied, holds the database's values for the
    fields `names`."""
    meta: ModelMeta = instances[0]._db_meta
    if inserting is None or meta.mutable:
        works = [slices_of(_each_stored(instances, executor, names, rows))]
    else:
        state = whole_row(executor.name)
        if executor.journal is not None:
            note_bulk(executor.journal, inserting, instances, names, rows)
            state = State(executor.name, shared=True)
            state.seen_in = executor.journal
        works = [inserting.stored(instances, names, rows, state, UNTOUCHED, mark_assigned)]
    if any(relation.column in names for relation in meta.relations.values()):
        works.append(slices_of(_forget_other_rows(instances, meta, names)))
    return works


def _each_stored(
    instances: list[Any], executor: Executor, names: tuple[str, ...], rows: list[Any]
) -> Generator[None, None, None]:
    meta: ModelMeta = instances[0]._db_meta
    for at, instance in enumerate(instances):
        before = stored_key(instance, meta)
        filled = dict(zip(names, rows[at], strict=True))
        stored(instance, executor.name, filled, executor.journal)
        if meta.far:
            forget_far_rows(instance, meta, before)
        rows[at] = None
        if at % BETWEEN == 0:
            yield


def _forget_other_rows(
    instances: list[Any], meta: ModelMeta, names: tuple[str, ...]
) -> Generator[None, None, None]:
    links = [
        (name, relation.column)
        for name, relation in meta.relations.items()
        if relation.column is not None and relation.column in names
    ]
    for at, instance in enumerate(instances):
        for name, column in links:
            forget_other_row(instance, name, column)
        if at % BETWEEN == 0:
            yield


def upserted(instance: Model, executor: Executor, given: Collection[str]) -> None:
    """Mark a newly loaded row as written with these fields given by the caller. After a rollback
    the instance is not stored, and has only a key that the caller gave."""
    if executor.journal is None:
        return
    state, held = state_of(instance), vars(instance)
    made = {name: held[name] for name in instance._db_meta.primary_key if name not in given}
    held.update(dict.fromkeys(made))
    set_state(instance, None)
    executor.journal.add(Before(instance, made))
    held.update(made)
    state = State(executor.name) if state is None else state.private()
    state.seen_in = executor.journal
    set_state(instance, state)
