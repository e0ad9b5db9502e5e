"""Writes of queries, with the signals before and after them."""

from __future__ import annotations

import dataclasses
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.queries.writes.delete import delete_query
from oxyde.queries.writes.soft_delete import mark_deleted, restore_rows
from oxyde.queries.writes.update import run_update
from oxyde.signals import (
    QueryDeleteEvent,
    QueryUpdateEvent,
    post_query_delete,
    post_query_update,
    pre_query_delete,
    pre_query_update,
)

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["announced_delete", "announced_restore", "announced_update"]


def announced_update(
    query: Query[Any, Any], values: Mapping[str, Any], executor: Executor, *, returning: bool
) -> Coroutine[Any, Any, Any]:
    """`run_update`."""
    # A plain function: one coroutine less where nobody listens.
    announces = pre_query_update.receivers or post_query_update.receivers
    update = _update if announces else run_update
    return update(query, values, executor, returning=returning)


async def _update(
    query: Query[Any, Any], values: Mapping[str, Any], executor: Executor, *, returning: bool
) -> Any:
    event = QueryUpdateEvent(model=query._model, executor=executor, query=query, values=values)
    await pre_query_update.send(event)
    found = await run_update(query, values, executor, returning=returning)
    await _after_update(event, len(found) if returning else found)
    return found


async def announced_restore(query: Query[Any, Any], executor: Executor) -> int:
    """`restore_rows`."""
    name = query._names.meta.soft_delete
    if name is None or not (pre_query_update.receivers or post_query_update.receivers):
        return await restore_rows(query, executor)
    values = {name: None}
    event = QueryUpdateEvent(model=query._model, executor=executor, query=query, values=values)
    await pre_query_update.send(event)
    rows = await restore_rows(query, executor)
    await _after_update(event, rows)
    return rows


async def _after_update(event: QueryUpdateEvent[Any], rows: int) -> None:
    if post_query_update.receivers:
        await post_query_update.send(dataclasses.replace(event, rows=rows))


async def announced_delete(
    query: Query[Any, Any], executor: Executor, *, hard: bool = False
) -> int:
    """`delete_query`, or `mark_deleted` where the model has soft delete, unless `hard`."""
    soft = query._names.meta.soft_delete is not None and not hard
    write = mark_deleted if soft else delete_query
    if not (pre_query_delete.receivers or post_query_delete.receivers):
        return await write(query, executor)
    model = query._model
    await pre_query_delete.send(
        QueryDeleteEvent(model=model, executor=executor, query=query, soft=soft)
    )
    rows = await write(query, executor)
    await post_query_delete.send(
        QueryDeleteEvent(model=model, executor=executor, query=query, soft=soft, rows=rows)
    )
    return rows
