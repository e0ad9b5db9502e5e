"""A query as a SELECT of the IR; runs only when the plan cache misses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.by_shard import check_by_shard
from oxyde.queries.compile.compound import order_of_compound
from oxyde.queries.compile.distinct import are_distinct, check_order
from oxyde.queries.compile.groups import check_groups, group_by, keys_of
from oxyde.queries.compile.join_order import begin_with_first
from oxyde.queries.compile.narrowing import QueryNarrowing
from oxyde.queries.compile.recipe import Cells, JoinTree
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.shape import FIXED_LIMIT
from oxyde.queries.ir.nodes import all_of, column, empty_select, table_of
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.related_row import by_itself
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.lookups.path_value import key_paths, path_value
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.names import Names, names_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term
    from oxyde.queries.names import Hop

__all__ = ["Built", "build_part", "build_rows", "build_select", "limit_of", "where"]


# Aliases per table whose outputs are cached: a model that refers to itself has infinitely many.
_ALIASES = 64


class Built:
    """A SELECT, its scope, and what its rows are made of."""

    __slots__ = ("cells", "scope", "select")

    def __init__(self, select: _ir.Select, scope: Scope, cells: Cells) -> None:
        self.select = select
        self.scope = scope
        self.cells = cells


def build_rows(
    query: QueryState[Any, Any], features: Features
) -> tuple[_ir.Statement, Builder, Any]:
    """The statement for a query's own rows, with the recipe to read them."""
    builder = Builder(features)
    builder.nothing = query._is_empty()
    built = build_select(query, builder)
    return {"select": built.select}, builder, built.cells.recipe()


def build_select(
    query: QueryState[Any, Any],
    builder: Builder,
    *,
    parent: Scope | None = None,
    inner: bool = False,
) -> Built:
    """A query as a SELECT.

    Args:
        query: the clauses.
        builder: the statement that it is a part of.
        parent: the scope around it, for a subquery.
        inner: whether it is part of another SELECT, where a lock is not allowed.

    Raises:
        FieldError: an aggregate without a group, or names or types that do not fit.
    """
    select = empty_select()
    for cte in query._ctes:
        select["ctes"].append(cte.build(builder))
    scope = Scope(builder, query._names, parent=parent)
    scope.narrowing = QueryNarrowing(query)
    scope.opened = query._opened
    select["from"] = {"table": table_of(query._names.meta, scope.alias)}
    for join in query._cte_joins:
        join.build(scope)
    if query._annotations:
        scope.announce(query._annotations.values())
    keys = keys_of(query)
    if parent is None and keys is None and query._lock is None:
        scope.passes = {}
    scope.grouping = scope.grouping_rows = keys is not None
    cells = _outputs(query, scope, select, keys)
    if query._where:
        with scope.each_row():
            select["filter"] = where(query._where, scope)
    if query._by_shard:
        check_by_shard(query, select["filter"], scope)
    if keys is not None:
        select["group_by"] = group_by(scope, keys, select)
        select["having"] = where(query._having, scope)
    elif query._having:
        raise FieldError(
            f"having() of `{query._names.label}` needs group_by()", hint="use filter()"
        )
    distinct = query._distinct
    if distinct is True:
        select["distinct"] = "all" if are_distinct(query) else "rows"
    elif distinct is not False:
        select["distinct"] = {"on": [path_value(scope, name).ir for name in distinct]}
    for operator, other in query._compounds:
        part = build_part(other, builder, parent=parent)
        select["compounds"].append({"operator": operator, "select": part.select})
    terms: list[tuple[Term, _ir.Order]] = []
    if query._order:
        terms = _order_by(query, scope)
        select["order_by"] = [order for _, order in terms]
    if distinct is not False:
        check_order(query, select, terms)
    if query._limit is not None:
        select["limit"] = limit_of(query._limit, builder)
    if query._offset is not None:
        select["offset"] = builder.param("big_int", "offset", lookup=False)
    if query._lock is not None and not inner:
        select["lock"] = _lock(query, scope)
    for extra in query._extras:
        typed = extra.expression.build(scope)
        select["outputs"].append({"expr": typed.ir, "name": extra.name})
        cells.add(extra.name, typed)
    if scope.passes:
        for groups in scope.passes.values():
            groups.finish()
    select["joins"] = scope.joins
    if terms and scope.joins:
        begin_with_first(select, scope)
    if keys is not None:
        check_groups(query, scope, keys, select, terms)
    if scope.fans is not None:
        scope.fans.finish(scope)
    return Built(select, scope, cells)


def build_part(
    query: QueryState[Any, Any], builder: Builder, *, parent: Scope | None = None
) -> Built:
    """A user's query inside another statement, which then must run on the database that the query
    names."""
    builder.has_parts = True
    home = query._home()
    if home is not None:
        builder.homes[home] = query._names.label
    return build_select(query, builder, parent=parent, inner=True)


def limit_of(limit: int, builder: Builder) -> _ir.Expr:
    """A limit as the statement has it."""
    if limit <= FIXED_LIMIT:
        return {"literal": {"int": limit}}
    return builder.param("big_int", "limit", lookup=False)


def where(nodes: tuple[Node, ...], scope: Scope) -> _ir.Predicate | None:
    """All conditions as one, or None without conditions."""
    if not nodes:
        return None
    scope.filtering = True
    built = all_of([by_itself(node, scope) for node in nodes])
    scope.filtering = False
    return built


def _outputs(
    query: QueryState[Any, Any],
    scope: Scope,
    select: _ir.Select,
    keys: tuple[str, ...] | None,
) -> Cells:
    cells = Cells(query._row, query._names)
    cells.invalid = query._invalid
    cells.into = query._into
    if query._outputs is not None:
        for output in query._outputs:
            if output.grouped:
                scope.grouping = scope.grouping_rows = True
            typed = output.expression.build(scope)
            select["outputs"].append({"expr": typed.ir, "name": output.name})
            cells.add(output.name, typed)
        return cells
    if query._row is RowKind.MODEL:
        _model_outputs(query, scope, select, cells)
        names: tuple[str, ...] = query._shown
    elif query._fields is not None:
        names = query._fields
    elif keys is not None:
        names = (*keys, *[each for each in query._shown if each not in keys])
    else:
        names = (*query._names.fields, *query._shown)
    for name in names:
        columns = None if name in query._annotations else key_paths(query._names, name)
        if columns is not None:
            # A composite key is read as a tuple of its columns.
            cells.keys[name] = len(cells.list), len(columns)
            for column_path in columns:
                typed = path_value(scope, column_path)
                shown = f"{name}.{column_path}"
                select["outputs"].append({"expr": typed.ir, "name": shown})
                cells.add(shown, typed)
            continue
        typed = path_value(scope, name)
        if typed.type is None:
            raise FieldError(
                f"the type of `{name}` is not known",
                hint="declare it: RawSQL(…, output=int), or Cast(…, int)",
            )
        select["outputs"].append({"expr": typed.ir, "name": name})
        cells.add(name, typed)
        scope.outputs.add(name)
    return cells


def _model_outputs(
    query: QueryState[Any, Any], scope: Scope, select: _ir.Select, cells: Cells
) -> None:
    cells.fields = query._names.fields
    if query._only is None:
        select["outputs"].extend(_whole_row(query._names, scope.alias, ""))
    else:
        cells.fields = query._only
        metadata = query._names.meta.field_metadata
        for name in query._only:
            select["outputs"].append(
                {"expr": column(scope.alias, metadata[name]), "name": metadata[name].db_column}
            )
    if query._joins:
        tree = join_tree(query._names, query._joins)
        cells.joins = _join_outputs(tree, scope, query, query._names, (), select)


def _whole_row(names: Names, alias: str, prefix: str) -> list[_ir.Output]:
    """All columns of a model's table; cached by alias, so callers must not change it."""
    outputs = names.outputs.get((alias, prefix))
    if outputs is None:
        if len(names.outputs) >= _ALIASES:
            names.outputs.clear()
        outputs = names.outputs[alias, prefix] = [
            {"expr": column(alias, field), "name": f"{prefix}{field.db_column}"}
            for field in names.meta.field_metadata.values()
        ]
    return outputs


def join_tree(names: Names, paths: tuple[str, ...]) -> dict[str, Any]:
    """Paths as a tree: `{"author": {"company": {}}}`."""
    tree: dict[str, Any] = {}
    for path in paths:
        here = tree
        for segment in split_path(names, path):
            here = here.setdefault(segment, {})
    return tree


def _join_outputs(
    tree: dict[str, Any],
    scope: Scope,
    query: QueryState[Any, Any],
    names: Names,
    hops: tuple[Hop, ...],
    select: _ir.Select,
) -> tuple[JoinTree, ...]:
    made = []
    for attribute, below in tree.items():
        path = (*hops, names.hop(attribute))
        target = names_of(path[-1].target.model)
        alias = scope.join(path)
        fields = query._joined_only.get("__".join([hop.name for hop in path]))
        if fields is None:
            fields = target.fields
            select["outputs"].extend(_whole_row(target, alias, f"{alias}."))
        else:
            for name in fields:
                field = target.meta.field_metadata[name]
                shown = f"{alias}.{field.db_column}"
                select["outputs"].append({"expr": column(alias, field), "name": shown})
        children = _join_outputs(below, scope, query, target, path, select)
        made.append(JoinTree(attribute, target.model, fields, children))
    return tuple(made)


def _order_by(query: QueryState[Any, Any], scope: Scope) -> list[tuple[Term, _ir.Order]]:
    if query._compounds:
        return [(term, order_of_compound(query, scope, term)) for term in query._order]
    built = [(term, term.build(scope)) for term in query._order]
    return [(term, order) for term, order in built if order is not None]


def _lock(query: QueryState[Any, Any], scope: Scope) -> _ir.Lock:
    assert query._lock is not None
    strength, wait, names = query._lock
    windows = any(each.windows for each in query._annotations.values())
    if query._compounds or query._groups() or query._distinct is not False or windows:
        raise FieldError(
            f"a lock applies to rows of `{query._names.label}`, not to distinct, grouped, "
            "combined or windowed rows",
            hint="lock the rows by their keys: objects.filter(id__in=…).for_update()",
        )
    of = []
    for name in names:
        if name == "self":
            of.append(scope.alias)
        else:
            here, hops = query._names, []
            for segment in split_path(query._names, name):
                hops.append(here.hop(segment))
                here = names_of(hops[-1].target.model)
            of.append(scope.join(hops))
    features = scope.builder.features
    can = features is not None and features.lock_of
    if can and not of and len(scope.sure) <= len(scope.joins):
        of = list(scope.sure)
    return {"strength": strength, "wait": wait, "of": of}
