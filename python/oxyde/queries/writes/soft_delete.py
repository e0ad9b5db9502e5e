"""Soft delete: rows are marked instead of deleted, with the rows that refer to them by CASCADE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oxyde.db.transaction import atomic
from oxyde.exceptions import ManagerError
from oxyde.queries.compile.state import unscoped_query
from oxyde.queries.expressions.functions import Now
from oxyde.queries.names import Names
from oxyde.queries.writes.keys import among
from oxyde.queries.writes.update import run_update

if TYPE_CHECKING:
    from oxyde._meta import ForeignKey, ModelMeta
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["mark_deleted", "restore_rows"]


async def mark_deleted(query: Query[Any, Any], executor: Executor) -> int:
    """Mark the rows of a query as deleted now, those that are not already; the number of rows."""
    name = _field(query._names.meta)
    if query._limit is None and query._offset is None:
        query = query.filter(**{name: None})
    if not any(_cascading(query._names.meta)):
        return int(await run_update(query, {name: Now()}, executor, returning=False))
    async with atomic(client=executor) as block:
        return await _mark(query, None, block)


async def restore_rows(query: Query[Any, Any], executor: Executor) -> int:
    """Restore the marked rows of a query; the number of rows.

    Raises:
        ManagerError: the model has no soft delete.
        UniqueViolationError: another row has taken a unique key of one of them.
    """
    meta = query._names.meta
    if meta.soft_delete is None:
        label = meta.model.__name__
        raise ManagerError(
            f"restore() brings back rows that are marked as deleted, and {label} deletes them",
            model=meta.model,
            hint=f"class {label}(SoftDelete)",
        )
    if query._limit is None and query._offset is None:
        query = query.filter(**{f"{meta.soft_delete}__isnull": False})
    if not any(_cascading(meta)):
        values = {meta.soft_delete: None}
        return int(await run_update(query, values, executor, returning=False))
    async with atomic(client=executor) as block:
        return await _restore(query, block)


async def _mark(query: Query[Any, Any], moment: object, block: Executor) -> int:
    """Mark the rows of a query and those that refer to them, all with the same time."""
    names = query._names
    name = _field(names.meta)
    rows = await _read(query, block)
    if not rows:
        return 0
    chosen = _by_keys(names, rows)
    marked = int(await run_update(chosen, {name: moment or Now()}, block, returning=False))
    if moment is None:
        # The time of the database, as it is stored.
        moment = await chosen.values_list(name, flat=True).first(client=block)
    for child, column, key in _cascading(names.meta):
        values = [row[key.target_field] for row in rows]
        below = unscoped_query(child.model).filter(**{f"{column}__in": values, _field(child): None})
        await _mark(below, moment, block)
    return marked


async def _restore(query: Query[Any, Any], block: Executor) -> int:
    """Restore the rows of a query, and those that were marked with them."""
    names = query._names
    name = _field(names.meta)
    rows = await _read(query, block)
    if not rows:
        return 0
    restored = int(await run_update(_by_keys(names, rows), {name: None}, block, returning=False))
    for moment in dict.fromkeys([row[name] for row in rows]):
        for child, column, key in _cascading(names.meta):
            values = [row[key.target_field] for row in rows if row[name] == moment]
            marked = {f"{column}__in": values, _field(child): moment}
            await _restore(unscoped_query(child.model).filter(**marked), block)
    return restored


async def _read(query: Query[Any, Any], block: Executor) -> list[dict[str, Any]]:
    """The keys, the times, and the fields that others refer to, of the rows of a query."""
    names = query._names
    wanted = [*names.primary_key, _field(names.meta)]
    wanted += [key.target_field for _, _, key in _cascading(names.meta)]
    query = query._copy()
    query._distinct = False
    rows: list[dict[str, Any]] = (
        await query.values(*dict.fromkeys(wanted)).for_update().all(client=block)
    )
    return rows


def _by_keys(names: Names, rows: list[dict[str, Any]]) -> Query[Any, Any]:
    query = unscoped_query(names.model)
    if len(names.primary_key) == 1:
        [key] = names.primary_key
        return query.filter(**{f"{key}__in": [row[key] for row in rows]})
    keys = [tuple([row[name] for name in names.primary_key]) for row in rows]
    return query._with_where((among(names, keys),))


def _cascading(meta: ModelMeta) -> Iterator[tuple[ModelMeta, str, ForeignKey]]:
    """The models with soft delete that refer to a model with ``db_on_delete="CASCADE"``, each with
    the column."""
    for model in meta.model._oxyde_tables():
        other: ModelMeta = model._db_meta
        if other.soft_delete is None or model.__oxyde_options__.shares_table:
            continue
        for name, field in other.field_metadata.items():
            key = field.foreign_key
            if key is not None and key.model is meta.model and key.on_delete == "CASCADE":
                yield other, name, key


def _field(meta: ModelMeta) -> str:
    assert meta.soft_delete is not None
    return meta.soft_delete
