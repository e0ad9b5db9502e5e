"""A query as a SELECT of the IR; only on a plan's first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.columns import TEXT
from oxyde.queries.expressions import F, path_value
from oxyde.queries.lookups import resolve
from oxyde.queries.names import Names, names_of
from oxyde.queries.predicates import Node, all_of
from oxyde.queries.rows import Cells, JoinTree
from oxyde.queries.scope import Builder, Scope, Typed, column, table_of

if TYPE_CHECKING:
    from oxyde.queries.names import Hop
    from oxyde.queries.state import QueryState

__all__ = ["Built", "build_part", "build_rows", "build_select", "empty_select", "where"]


# Aliases of a table whose columns are kept: a model that refers to itself has no end of them.
_ALIASES = 64


def empty_select() -> _ir.Select:
    """A SELECT without any clause."""
    return {
        "ctes": [],
        "from": None,
        "joins": [],
        "outputs": [],
        "distinct": "all",
        "filter": None,
        "group_by": [],
        "having": None,
        "compounds": [],
        "order_by": [],
        "limit": None,
        "offset": None,
        "lock": None,
    }


class Built:
    """A SELECT, its scope, and what its rows are made of."""

    __slots__ = ("cells", "scope", "select")

    def __init__(self, select: _ir.Select, scope: Scope, cells: Cells) -> None:
        self.select = select
        self.scope = scope
        self.cells = cells


def build_rows(query: QueryState[Any, Any], flavour: str) -> tuple[_ir.Statement, Builder, Any]:
    """The statement for a query's own rows, with the recipe to read them."""
    builder = Builder(flavour)
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
        inner: whether it is a part of another SELECT (a lock has no place there).

    Raises:
        FieldError: an aggregate without a group, or names or types that do not fit.
    """
    select = empty_select()
    for cte in query._ctes:
        select["ctes"].append(cte.build(builder))
    scope = Scope(builder, query._names, parent=parent)
    scope.locking = query._lock is not None and not inner
    select["from"] = {"table": table_of(query._names.meta, scope.alias)}
    for join in query._cte_joins:
        join.build(scope)
    builder.index = scope.announce(query._annotations.values(), builder.index)
    group_by = _group_by(query)
    scope.grouping = scope.grouping_rows = group_by is not None
    if group_by is not None:
        _check_groups(query, group_by)
    cells = _outputs(query, scope, select, group_by)
    with scope.each_row():
        select["filter"] = where(query._where, scope)
    if group_by is not None:
        select["group_by"] = [_grouped_by(scope, name) for name in group_by]
        select["having"] = where(query._having, scope)
    elif query._having:
        raise FieldError(
            f"having() of `{query._names.label}` needs group_by()", hint="use filter()"
        )
    if query._distinct is True:
        _check_distinct(query)
        select["distinct"] = "rows"
    elif query._distinct:
        select["distinct"] = {"on": [_value(scope, name).ir for name in query._distinct]}
    for operator, other in query._compounds:
        part = build_part(other, builder, parent=parent)
        select["compounds"].append({"operator": operator, "select": part.select})
    if query._order:
        select["order_by"] = _order_by(query, scope)
    if query._limit is not None:
        select["limit"] = builder.param("big_int", "limit", lookup=False)
    if query._offset is not None:
        select["offset"] = builder.param("big_int", "offset", lookup=False)
    if query._lock is not None and not inner:
        select["lock"] = _lock(query, scope)
    select["joins"] = scope.joins
    return Built(select, scope, cells)


def build_part(
    query: QueryState[Any, Any], builder: Builder, *, parent: Scope | None = None
) -> Built:
    """A query of the user inside of another statement, which then runs on the database that this
    one names."""
    home = query._home()
    if home is not None:
        builder.homes[home] = query._names.label
    return build_select(query, builder, parent=parent, inner=True)


def where(nodes: tuple[Node, ...], scope: Scope) -> _ir.Predicate | None:
    """All conditions as one, or None when there is none."""
    if not nodes:
        return None
    scope.filtering = True
    built = all_of([node.build(scope) for node in nodes])
    scope.filtering = False
    return built


def _value(scope: Scope, name: str) -> Typed:
    if name in scope.annotations:
        return scope.annotation(name)
    return path_value(scope, name)


def _group_by(query: QueryState[Any, Any]) -> tuple[str, ...] | None:
    if query._group_by is not None or query._outputs is not None:
        return query._group_by
    grouped = [name for name, each in query._annotations.items() if each.grouped]
    if not grouped:
        return None
    if query._row == "model":
        raise FieldError(
            f"`{grouped[0]}` is an aggregate over the rows of `{query._names.label}` itself",
            hint="say of which groups: group_by(…), or values(…) before it",
        )
    fields = query._names.fields if query._fields is None else query._fields
    windows = [name for name, each in query._annotations.items() if each.expression.windows()]
    return tuple([name for name in fields if name not in grouped and name not in windows])


def _check_groups(query: QueryState[Any, Any], group_by: tuple[str, ...]) -> None:
    """Refuse columns that differ within a group, of which some databases would take any.

    Raises:
        FieldError: there is one.
    """
    shown = [] if query._outputs is not None else list(query._fields or ())
    ordered = [term.order.expression for term in query._order if term.order is not None]
    shown += [each.name for each in ordered if isinstance(each, F)]
    known = {*group_by, *query._annotations}
    groups = [resolve(query._names, name) for name in group_by if name not in query._annotations]
    columns = {(each.hops, each.field.name) for each in groups if not each.path}
    # The row's own key says which row it is.
    whole = all(((), name) in columns for name in query._names.primary_key)
    for name in shown:
        if name in known:
            continue
        one = resolve(query._names, name, known)
        if ((one.hops, one.field.name) in columns) or (whole and not one.hops):
            continue
        raise FieldError(
            f"`{name}` of `{query._names.label}` has many values in a group by "
            + ", ".join(f"`{each}`" for each in group_by),
            hint=f'group_by("{name}") too, or take an aggregate of it: Max("{name}")',
        )


def _check_distinct(query: QueryState[Any, Any]) -> None:
    """Refuse an order by what equal rows differ in, of which some databases would take any.

    Raises:
        FieldError: there is one.
    """
    if query._fields is None or query._outputs is not None:
        return
    names = query._names
    shown = [resolve(names, each) for each in query._fields if each not in query._annotations]
    columns = {(each.hops, each.field.name, each.path) for each in shown}
    for term in query._order:
        expression = None if term.order is None else term.order.expression
        if not isinstance(expression, F) or expression.name in query._annotations:
            continue
        one = resolve(names, expression.name, query._annotations)
        if (one.hops, one.field.name, one.path) not in columns:
            raise FieldError(
                f"distinct rows of `{names.label}` have no `{expression.name}` to be ordered by",
                hint=f'name it in values() too: values(…, "{expression.name}")',
            )


def _grouped_by(scope: Scope, name: str) -> _ir.Expr:
    annotation = scope.annotations.get(name)
    if annotation is not None and annotation.values and name in scope.outputs:
        # By name: the same expression with another placeholder would be another one.
        return {"column": {"table": "", "name": name, "type": annotation.type or TEXT}}
    return _value(scope, name).ir


def _outputs(
    query: QueryState[Any, Any],
    scope: Scope,
    select: _ir.Select,
    group_by: tuple[str, ...] | None,
) -> Cells:
    cells = Cells(query._row, query._names)
    cells.into = query._into
    if query._outputs is not None:
        for output in query._outputs:
            if output.grouped:
                scope.grouping = scope.grouping_rows = True
            typed = output.expression.build(scope)
            select["outputs"].append({"expr": typed.ir, "name": output.name})
            cells.add(output.name, typed)
        return cells
    if query._row == "model":
        _model_outputs(query, scope, select, cells)
        names: tuple[str, ...] = tuple(query._annotations)
    elif query._fields is not None:
        names = query._fields
    elif group_by is not None:
        names = (*group_by, *[each for each in query._annotations if each not in group_by])
    else:
        names = (*query._names.fields, *query._annotations)
    for name in names:
        typed = _value(scope, name)
        if typed.type is None:
            raise FieldError(
                f"the type of `{name}` is not known",
                hint="say it: RawSQL(…, output=int), or Cast(…, int)",
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
    cells.joins = _join_outputs(join_tree(query._joins), scope, query._names, (), select)


def _whole_row(names: Names, alias: str, prefix: str) -> list[_ir.Output]:
    """All columns of a model's table; made once for an alias, and not to be changed."""
    outputs = names.outputs.get((alias, prefix))
    if outputs is None:
        if len(names.outputs) >= _ALIASES:
            names.outputs.clear()
        outputs = names.outputs[alias, prefix] = [
            {"expr": column(alias, field), "name": f"{prefix}{field.db_column}"}
            for field in names.meta.field_metadata.values()
        ]
    return outputs


def join_tree(paths: tuple[str, ...]) -> dict[str, Any]:
    """Paths as a tree: `{"author": {"company": {}}}`."""
    tree: dict[str, Any] = {}
    for path in paths:
        here = tree
        for segment in path.split("__"):
            here = here.setdefault(segment, {})
    return tree


def _join_outputs(
    tree: dict[str, Any],
    scope: Scope,
    names: Names,
    hops: tuple[Hop, ...],
    select: _ir.Select,
) -> tuple[JoinTree, ...]:
    made = []
    for attribute, below in tree.items():
        path = (*hops, names.hop(attribute))
        target = names_of(path[-1].target.model)
        alias = scope.join(path)
        select["outputs"].extend(_whole_row(target, alias, f"{alias}."))
        children = _join_outputs(below, scope, target, path, select)
        made.append(JoinTree(attribute, target.model, target.fields, children))
    return tuple(made)


def _order_by(query: QueryState[Any, Any], scope: Scope) -> list[_ir.Order]:
    if not query._compounds:
        return [term.build(scope) for term in query._order]
    from oxyde.queries.compound import order_of_compound

    return [order_of_compound(query, scope, term) for term in query._order]


def _lock(query: QueryState[Any, Any], scope: Scope) -> _ir.Lock:
    assert query._lock is not None
    strength, wait, names = query._lock
    windows = any(each.expression.windows() for each in query._annotations.values())
    if query._compounds or query._groups() or query._distinct is not False or windows:
        raise FieldError(
            f"a lock is on rows of `{query._names.label}`, and distinct, grouped or combined rows, "
            "or those with a window, are none",
            hint="lock the rows by their keys: objects.filter(id__in=…).for_update()",
        )
    of = []
    for name in names:
        if name == "self":
            of.append(scope.alias)
        else:
            here, hops = query._names, []
            for segment in name.split("__"):
                hops.append(here.hop(segment))
                here = names_of(hops[-1].target.model)
            of.append(scope.join(hops))
    if not of and len(scope.sure) <= len(scope.joins) and scope.builder.can("lock_of"):
        of = list(scope.sure)
    return {"strength": strength, "wait": wait, "of": of}
