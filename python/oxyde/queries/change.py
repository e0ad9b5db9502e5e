"""UPDATE and DELETE of a query's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.assign import Assigned
from oxyde.queries.build_ir import build_select, empty_select, where
from oxyde.queries.expressions import F
from oxyde.queries.insert import insert_column
from oxyde.queries.names import Names, names_of
from oxyde.queries.plans import entry_for
from oxyde.queries.predicates import all_of
from oxyde.queries.rows import Cells, from_database
from oxyde.queries.scope import Builder, Scope, column, exact, table_of
from oxyde.queries.shape import shape_of
from oxyde.queries.terminal import output

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["delete_query", "refuse_unfit", "update_query"]


def refuse_unfit(query: Query[Any, Any], verb: str) -> None:
    """Refuse clauses that have no place in an UPDATE or DELETE.

    Raises:
        OxydeError: there is one.
    """
    if query._compounds or query._groups() or query._having:
        raise OxydeError(
            f"a grouped or combined query of `{query._names.label}` cannot be {verb}d",
            hint="filter by its keys: filter(id__in=…)",
        )
    if query._distinct not in (False, True):
        raise OxydeError(
            f"a query of `{query._names.label}` with distinct(on=…) cannot be {verb}d",
            hint="filter by its keys: filter(id__in=…)",
        )


def _chosen(query: Query[Any, Any]) -> bool:
    """Whether the rows are picked by more than a condition on each."""
    return query._limit is not None or query._offset is not None or bool(query._cte_joins)


def _scope_of_change(query: Query[Any, Any], scope: Scope) -> _ir.Scope:
    if _chosen(query):
        return {"where": _among_chosen(query, scope)}
    condition = where(query._where, scope)
    return "all" if condition is None else {"where": condition}


def _among_chosen(query: Query[Any, Any], scope: Scope) -> _ir.Predicate:
    """The row is one of those that the query picks. The pick is a table of its own (derived), so
    that databases which cannot read the table they change can do it too."""
    builder, names = scope.builder, query._names
    picking = query._copy()
    picking._joins, picking._prefetches, picking._lock = (), (), None
    context = picking._context()
    picking._outputs = tuple([output(context, name, F(name)) for name in names.primary_key])
    picked = build_select(picking, builder, inner=True)
    alias = builder.alias("picked")
    outer = empty_select()
    outer["from"] = {"subquery": {"select": picked.select, "alias": alias}}
    fields = [names.meta.field_metadata[name] for name in names.primary_key]
    keys: list[_ir.Expr] = [
        {"column": {"table": alias, "name": field.name, "type": field.column_type}}
        for field in fields
    ]
    if len(fields) == 1:
        outer["outputs"] = [{"expr": keys[0], "name": fields[0].db_column}]
        return {"in_select": {"operand": column(scope.alias, fields[0]), "select": outer}}
    outer["outputs"] = [{"expr": {"literal": {"int": 1}}, "name": "one"}]
    outer["filter"] = all_of(
        [exact(key, column(scope.alias, field)) for key, field in zip(keys, fields, strict=True)]
    )
    return {"exists": outer}


def _returning(names: Names, scope: Scope) -> tuple[list[_ir.Output], Cells]:
    cells = Cells("model", names)
    cells.fields = names.fields
    fields = names.meta.field_metadata
    outputs: list[_ir.Output] = [
        {"expr": column(scope.alias, fields[name]), "name": fields[name].db_column}
        for name in names.fields
    ]
    return outputs, cells


async def update_query(
    query: Query[Any, Any],
    items: tuple[Assigned, ...],
    executor: Executor,
    *,
    returning: bool = False,
) -> Any:
    """Change the rows of a query: the number of rows, or with `returning` the instances."""
    values = [value for item in items for value in item.values]
    bare = _bare(query)
    shape = (
        "update",
        tuple([item.shape for item in items]),
        returning,
        shape_of(bare, values),
    )

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder(executor.flavour)
        statement, recipe = update_statement(bare, items, builder, returning=returning)
        return statement, builder, recipe

    entry = entry_for(executor.flavour, shape, make, bare._model)
    if entry.recipe is not None:
        rows: list[Any] = await entry.fetch(executor, values)
        from_database(rows, executor)
        return rows
    affected, _ = await entry.execute(executor, values)
    return affected


def update_statement(
    query: Query[Any, Any],
    items: tuple[Assigned, ...],
    builder: Builder,
    *,
    returning: bool,
) -> tuple[_ir.Statement, Any]:
    """The UPDATE, and the recipe of its rows."""
    scope = Scope(builder, query._names, inline=True)
    end = _annotate(query, scope, _width(items))
    assignments = [item.build(scope) for item in items]
    if builder.can("sequential_assignments") and _crossed(assignments, scope.alias):
        return old_values_statement(query, items, Builder(builder.flavour), builder), None
    builder.index = end
    update: _ir.Update = {
        "table": table_of(query._names.meta, scope.alias),
        "joins": [],
        "assignments": assignments,
        "scope": _scope_of_change(query, scope),
        "returning": [],
    }
    if not returning:
        return {"update": update}, None
    update["returning"], cells = _returning(query._names, scope)
    return {"update": update}, cells.recipe("model")


def _crossed(assignments: list[_ir.Assignment], alias: str) -> bool:
    """Whether an assignment reads a column that another one sets."""
    return any(
        one is not other and _reads(one["value"], alias, other["column"]["name"])
        for one in assignments
        for other in assignments
    )


def _reads(node: Any, alias: str, name: str) -> bool:
    if isinstance(node, dict):
        column = node.get("column")
        if isinstance(column, dict) and column.get("table") == alias:
            return column.get("name") == name
        return any(_reads(value, alias, name) for value in node.values())
    return isinstance(node, list) and any(_reads(item, alias, name) for item in node)


def old_values_statement(
    query: Query[Any, Any], items: tuple[Assigned, ...], builder: Builder, result: Builder
) -> _ir.Statement:
    """The UPDATE where assignments would see the values of those before: from a table of the new
    values, made of the rows as they were."""
    names = query._names
    fields = [names.meta.field_metadata[name] for name in names.primary_key]
    select = empty_select()
    source = Scope(builder, names)
    select["from"] = {"table": table_of(names.meta, source.alias)}
    select["outputs"] = [
        {"expr": column(source.alias, field), "name": field.db_column} for field in fields
    ]
    for join in query._cte_joins:
        join.build(source)
    of_ctes: list[Any] = []
    for cte in query._ctes:
        cte.shape(of_ctes)
    start = _width(items) + len(of_ctes)
    end = source.announce(query._annotations.values(), start)
    new: list[_ir.Expr] = []
    alias = builder.alias("new_values")
    for position, item in enumerate(items):
        name = f"value_{position}"
        built = item.build(source)
        select["outputs"].append({"expr": built["value"], "name": name})
        new.append({"column": {"table": alias, "name": name, "type": item.field.column_type}})
    select["ctes"] = [cte.build(builder) for cte in query._ctes]
    builder.index = end
    select["filter"] = where(query._where, source)
    if query._order:
        select["order_by"] = [term.build(source) for term in query._order]
    if query._limit is not None:
        select["limit"] = builder.param("big_int", "limit", lookup=False)
    if query._offset is not None:
        select["offset"] = builder.param("big_int", "offset", lookup=False)
    select["joins"] = source.joins
    # Equal rows once: so that the database makes the table before it changes the other.
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
    update: _ir.Update = {
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
    result.take(builder)
    return {"update": update}


def delete_statement(query: Query[Any, Any], builder: Builder) -> _ir.Statement:
    """The DELETE."""
    scope = Scope(builder, query._names, inline=True)
    builder.index = _annotate(query, scope, 0)
    delete: _ir.Delete = {
        "table": table_of(query._names.meta, scope.alias),
        "scope": _scope_of_change(query, scope),
        "returning": [],
    }
    return {"delete": delete}


def _width(items: tuple[Assigned, ...]) -> int:
    """How many values the items of SET have, which come before all others."""
    return sum(len(item.values) for item in items)


def _annotate(query: Query[Any, Any], scope: Scope, start: int) -> int:
    """Let annotations be named; where their params, which begin at `start`, end."""
    if _chosen(query):
        # The SELECT that picks the rows has them.
        return start
    return scope.announce(query._annotations.values(), start)


def _bare(query: Query[Any, Any]) -> Query[Any, Any]:
    bare = query._copy()
    bare._row, bare._fields, bare._only = "model", None, None
    bare._joins, bare._prefetches, bare._lock = (), (), None
    if not _chosen(query):
        bare._order = ()
        bare._distinct = False
    return bare


async def delete_query(query: Query[Any, Any], executor: Executor) -> int:
    """Delete the rows of a query; the number of rows."""
    values: list[Any] = []
    bare = _bare(query)
    shape = ("delete", shape_of(bare, values))

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder(executor.flavour)
        return delete_statement(bare, builder), builder, None

    entry = entry_for(executor.flavour, shape, make, bare._model)
    affected, _ = await entry.execute(executor, values)
    return affected


def by_key(model: type[Any], key: Mapping[str, Any]) -> Query[Any, Any]:
    """The query for one row.

    Raises:
        FieldError: a part of the key is not given.
    """
    from oxyde.queries.query import Query

    names = names_of(model)
    if not key:
        raise FieldError(f"`{names.label}` needs a key")
    query: Query[Any, Any] = Query(model)
    for name in names.primary_key:
        query = query.filter(**{name: key[name]})
    return query
