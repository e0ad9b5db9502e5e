"""UPDATE of a query's rows: in one statement, or on databases without UPDATE … RETURNING by their
keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from oxyde.db.transaction import atomic
from oxyde.exceptions import ManagerError
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.recipe import Cells, from_database
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import limit_of, where
from oxyde.queries.compile.shape import shape_of
from oxyde.queries.compile.state import unscoped_query
from oxyde.queries.compile.validity import sifted
from oxyde.queries.ir.nodes import all_of, column, empty_select, exact, table_of
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.writes.assign import Assigned, assigned, with_automatic
from oxyde.queries.writes.cascades import computes_from_updated, sees_updated
from oxyde.queries.writes.insert import insert_column
from oxyde.queries.writes.keys import among
from oxyde.queries.writes.target import announce, bare_target, refuse_unfit, scope_of_change

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["run_update", "update_query", "update_statement"]


async def run_update(
    query: Query[Any, Any],
    values: Mapping[str, Any],
    executor: Executor,
    *,
    returning: bool,
) -> Any:
    """Update the rows of a query; return their number, or with `returning` the instances."""
    refuse_unfit(query, "update")
    if not values:
        raise ManagerError(
            "update() needs at least one value", model=query._model, hint="update(name=…)"
        )
    items = with_automatic(query._names, assigned(query._context(), values))
    if query._is_empty():
        return [] if returning else 0
    if not returning or executor.features.update_returning:
        return await update_query(query, items, executor, returning=returning)
    async with atomic(client=executor) as block:
        return await _by_keys(query, items, block)


async def _by_keys(
    query: Query[Any, Any], items: tuple[Assigned, ...], executor: Executor
) -> list[Any]:
    names = query._names
    picking = query._copy()
    picking._invalid = "raise"
    picking = picking.values_list(*names.primary_key).for_update()
    picking._distinct = False
    keys = await picking._rows_on(executor)
    if not keys:
        return []
    # An updated row may leave the scope.
    fresh = unscoped_query(names.model)
    fresh._invalid, fresh._on_skipped = query._invalid, query._on_skipped
    if len(names.primary_key) == 1:
        chosen = fresh.filter(**{f"{names.primary_key[0]}__in": [key[0] for key in keys]})
    else:
        chosen = fresh._with_where((among(names, keys),))
    await update_query(chosen, items, executor)
    changed = {item.field.name for item in items}
    if changed.intersection(names.primary_key):
        raise ManagerError(
            "update(returning=True) cannot change the key on this database", model=names.model
        )
    return await chosen._rows_on(executor)


async def update_query(
    query: Query[Any, Any],
    items: tuple[Assigned, ...],
    executor: Executor,
    *,
    returning: bool = False,
) -> Any:
    """Update the rows of a query; return their number, or with `returning` the instances."""
    values = [value for item in items for value in item.values]
    bare = bare_target(query)
    shape = (
        "update",
        tuple([item.shape for item in items]),
        returning,
        shape_of(bare, values),
    )

    def make() -> tuple[_ir.Statement, Builder, Any]:
        return update_statement(bare, items, executor.features, returning=returning)

    entry = entry_for(executor.features, shape, make, bare._model)
    if entry.recipe is not None:
        rows: list[Any] = sifted(query, await entry.fetch_written(executor, values))
        if executor.journal is not None:
            executor.journal.wrote = True
        await from_database(rows, executor)
        return rows
    affected, _ = await entry.execute(executor, values)
    return affected


def update_statement(
    query: Query[Any, Any],
    items: tuple[Assigned, ...],
    features: Features | None,
    *,
    returning: bool,
) -> tuple[_ir.Statement, Builder, Any]:
    """The UPDATE, its builder, and the recipe of its rows."""
    builder = Builder(features)
    scope = Scope(builder, query._names, inline=True)
    start = builder.reserve(_width(items))
    first = builder.index
    announce(query, scope)
    assignments = builder.placed(start, _assignments, items, scope)
    meta = query._names.meta
    sequential = features is not None and features.sequential_assignments
    if (sequential and _crossed(assignments, scope.alias)) or computes_from_updated(
        features, meta, assignments
    ):
        builder = Builder(features)
        update: _ir.Update = _with_old_values(query, items, builder)
    else:
        sees = partial(sees_updated, features, meta, assignments)
        rows = scope_of_change(query, scope, first, sees)
        update = {
            "table": table_of(meta, scope.alias),
            "joins": [],
            "assignments": assignments,
            "scope": rows,
            "returning": [],
        }
    if not returning:
        return {"update": update}, builder, None
    update["returning"], cells = _returning(query, update["table"]["alias"])
    return {"update": update}, builder, cells.recipe(RowKind.MODEL)


def _assignments(items: tuple[Assigned, ...], scope: Scope) -> list[_ir.Assignment]:
    return [item.build(scope) for item in items]


def _crossed(assignments: list[_ir.Assignment], alias: str) -> bool:
    """Whether an assignment reads a column that another one sets."""
    return any(
        one is not other and _reads(one["value"], alias, other["column"]["name"])
        for one in assignments
        for other in assignments
    )


def _reads(node: object, alias: str, name: str) -> bool:
    if isinstance(node, dict):
        column = node.get("column")
        if isinstance(column, dict) and column.get("table") == alias:
            return column.get("name") == name
        return any(_reads(value, alias, name) for value in node.values())
    return isinstance(node, list) and any(_reads(item, alias, name) for item in node)


def _with_old_values(
    query: Query[Any, Any], items: tuple[Assigned, ...], builder: Builder
) -> _ir.Update:
    """An UPDATE that joins a derived table of the new values, for databases whose assignments see
    the results of earlier ones, or whose queries those of earlier rows."""
    names = query._names
    fields = [names.meta.field_metadata[name] for name in names.primary_key]
    select = empty_select()
    source = Scope(builder, names)
    source.opened = query._opened
    select["from"] = {"table": table_of(names.meta, source.alias)}
    select["outputs"] = [
        {"expr": column(source.alias, field), "name": field.db_column} for field in fields
    ]
    for join in query._cte_joins:
        join.build(source)
    start = builder.reserve(_width(items))
    select["ctes"] = [cte.build(builder) for cte in query._ctes]
    source.announce(query._annotations.values())
    new: list[_ir.Expr] = []
    alias = builder.alias("new_values")
    built = builder.placed(start, _assignments, items, source)
    for position, (item, assignment) in enumerate(zip(items, built, strict=True)):
        name = f"value_{position}"
        select["outputs"].append({"expr": assignment["value"], "name": name})
        new.append({"column": {"table": alias, "name": name, "type": item.field.column_type}})
    select["filter"] = where(query._where, source)
    if query._order:
        orders = [term.build(source) for term in query._order]
        select["order_by"] = [order for order in orders if order is not None]
    if query._limit is not None:
        select["limit"] = limit_of(query._limit, builder)
    if query._offset is not None:
        select["offset"] = builder.param("big_int", "offset", lookup=False)
    select["joins"] = source.joins
    # DISTINCT forces the database to materialize the derived table before the update.
    select["distinct"] = "rows" if query._limit is None else "all"
    target = builder.alias(names.meta.table_name)
    on = all_of(
        [
            exact(
                {"column": {"table": alias, "name": field.db_column, "type": field.column_type}},
                column(target, field),
            )
            for field in fields
        ]
    )
    return {
        "table": table_of(names.meta, target),
        "joins": [
            {"kind": "inner", "source": {"subquery": {"select": select, "alias": alias}}, "on": on}
        ],
        "assignments": [
            {"column": insert_column(item.field), "value": value}
            for item, value in zip(items, new, strict=True)
        ],
        "scope": "all",
        "returning": [],
    }


def _returning(query: Query[Any, Any], alias: str) -> tuple[list[_ir.Output], Cells]:
    names = query._names
    cells = Cells(RowKind.MODEL, names)
    cells.invalid = query._invalid
    cells.fields = names.fields
    fields = names.meta.field_metadata
    outputs: list[_ir.Output] = [
        {"expr": column(alias, fields[name]), "name": fields[name].db_column}
        for name in names.fields
    ]
    return outputs, cells


def _width(items: tuple[Assigned, ...]) -> int:
    """The number of values in SET, which come before all others."""
    return sum(len(item.values) for item in items)
