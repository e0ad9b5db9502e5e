"""update(): in one statement, or where no UPDATE gives its rows back, by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde.db.transaction import atomic
from oxyde.exceptions import ManagerError
from oxyde.queries.assign import Assigned, assigned
from oxyde.queries.change import refuse_unfit, update_query

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["run_update"]


async def run_update(
    query: Query[Any, Any],
    values: Mapping[str, Any],
    executor: Executor,
    *,
    returning: bool,
) -> Any:
    """Change the rows of a query: their number, or with `returning` the instances."""
    refuse_unfit(query, "update")
    if not values:
        raise ManagerError("update() without any value", model=query._model, hint="update(name=…)")
    items = assigned(query._context(), values)
    if not returning or executor.features["update_returning"]:
        return await update_query(query, items, executor, returning=returning)
    async with atomic(client=executor) as block:
        return await _by_keys(query, items, block)


async def _by_keys(
    query: Query[Any, Any], items: tuple[Assigned, ...], executor: Executor
) -> list[Any]:
    from oxyde.queries.query import Query

    names = query._names
    picking = query.values_list(*names.primary_key).for_update()
    picking._distinct = False
    keys = await picking._rows_on(executor)
    if not keys:
        return []
    fresh: Query[Any, Any] = Query(names.model)
    if len(names.primary_key) == 1:
        chosen = fresh.filter(**{f"{names.primary_key[0]}__in": [key[0] for key in keys]})
    else:
        from oxyde.queries.keys import among

        chosen = fresh._with_where((among(names, keys),))
    await update_query(chosen, items, executor)
    changed = {item.field.name for item in items}
    if changed.intersection(names.primary_key):
        raise ManagerError(
            "update(returning=True) cannot change the key on this database", model=names.model
        )
    return await chosen._rows_on(executor)
