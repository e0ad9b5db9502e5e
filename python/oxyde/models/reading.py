"""Deleting the row of an instance, and reading it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from oxyde.exceptions import NotFoundError
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
from oxyde.models.state import State, set_state, state_of

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.meta import ModelMeta
    from oxyde.models.model import Model

__all__ = ["delete", "refresh"]


async def delete(instance: Model, using: str | None, client: Executor | None) -> int:
    """See `Model.delete`."""
    from oxyde.queries.write import delete_rows

    meta = table_meta(instance)
    key = stored_key(instance, meta)
    check_key(meta, key, "delete")
    executor = executor_of(instance, using, client)
    await run_hook(instance, "pre_delete")
    rows = await delete_rows(meta.model, key, executor)
    set_state(instance, None)
    await run_hook(instance, "post_delete")
    return rows


async def refresh(
    instance: Model,
    fields: Iterable[str] | None,
    using: str | None,
    client: Executor | None,
) -> None:
    """See `Model.refresh`."""
    from oxyde.queries.write import select_one

    meta = table_meta(instance)
    key = stored_key(instance, meta)
    check_key(meta, key, "refresh")
    executor = executor_of(instance, using, client)
    names = set(meta.field_metadata)
    if fields is not None:
        names = column_names(meta, fields, "refresh(fields=…)")
    fresh = await select_one(meta.model, key, executor)
    if fresh is None:
        raise NotFoundError(f"there is no {shown(meta, key)} any more", model=meta.model)
    _take(instance, fresh, meta, names, executor)


def _take(
    instance: Model, fresh: Model, meta: ModelMeta, names: set[str], executor: Executor
) -> None:
    for name in names:
        vars(instance)[name] = vars(fresh)[name]
        instance.__pydantic_fields_set__.add(name)
    for name, relation in meta.relations.items():
        other = vars(instance).get(name)
        if relation.column in names and other is not None:
            link: Link = type(instance).__oxyde_links__[name]
            if vars(other).get(link.target_field) != vars(instance)[relation.column]:
                vars(instance)[name] = None
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
