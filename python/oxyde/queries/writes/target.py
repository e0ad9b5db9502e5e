"""The target rows of an UPDATE or DELETE: those of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.compile.aggregation import output
from oxyde.queries.compile.by_shard import check_by_shard
from oxyde.queries.compile.narrowing import QueryNarrowing
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import build_select, where
from oxyde.queries.compile.state import unscoped_query
from oxyde.queries.expressions.operators import F
from oxyde.queries.ir.nodes import all_of, column, empty_select, exact
from oxyde.queries.ir.scope import Scope
from oxyde.queries.names import names_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.query import Query

__all__ = ["announce", "bare_target", "by_key", "refuse_unfit", "scope_of_change"]


def refuse_unfit(query: Query[Any, Any], verb: str) -> None:
    """Refuse clauses that are not allowed in an UPDATE or DELETE.

    Raises:
        OxydeError: the query has one.
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
    """Whether the rows are not chosen by a condition alone."""
    return query._limit is not None or query._offset is not None or bool(query._cte_joins)


def scope_of_change(
    query: Query[Any, Any], scope: Scope, first: int, sees: Callable[[object], bool]
) -> _ir.Scope:
    """Which rows, in the IR.

    Args:
        first: the position of the query's first value.
        sees: whether a query in a condition could see rows that the statement has changed already.
    """
    if _chosen(query):
        return {"where": _among_chosen(query, scope)}
    condition = where(query._where, scope)
    if query._by_shard:
        check_by_shard(query, condition, scope)
    if condition is None:
        return "all"
    if sees(condition):
        scope.builder.index = first
        condition = _among_chosen(query, scope)
    return {"where": condition}


def _among_chosen(query: Query[Any, Any], scope: Scope) -> _ir.Predicate:
    """The condition that the query selects the row. The query is a derived table, for databases
    that cannot read the table that they change, or that would read changed rows."""
    builder, names = scope.builder, query._names
    picking = query._copy()
    picking._joins, picking._prefetches, picking._lock = (), (), None
    context = picking._context()
    picking._outputs = tuple([output(context, name, F(name)) for name in names.primary_key])
    picked = build_select(picking, builder, inner=True)
    if query._limit is None and query._offset is None:
        # Like a limit, this keeps the database from merging the derived table into the statement.
        picked.select["distinct"] = "rows"
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


def announce(query: Query[Any, Any], scope: Scope) -> None:
    """Register the query's annotations, and whether a key or an index restricts its rows."""
    scope.narrowing = QueryNarrowing(query)
    scope.opened = query._opened
    # If a SELECT chooses the rows, it has the annotations.
    if not _chosen(query):
        scope.announce(query._annotations.values())


def bare_target(query: Query[Any, Any]) -> Query[Any, Any]:
    """The query without clauses that only affect how its rows are returned."""
    bare = query._copy()
    bare._row, bare._fields, bare._only = RowKind.MODEL, None, None
    bare._joins, bare._prefetches, bare._lock = (), (), None
    if query._limit is None and query._offset is None:
        bare._order = ()
    if not _chosen(query):
        bare._distinct = False
    return bare


def by_key(model: type[Any], key: Mapping[str, Any]) -> Query[Any, Any]:
    """The query for the row with a unique key, in the scope of its model or not.

    Raises:
        FieldError: no key is given.
    """
    names = names_of(model)
    if not key:
        raise FieldError(f"`{names.label}` needs a key")
    query: Query[Any, Any] = unscoped_query(model)
    for name, value in key.items():
        query = query.filter(**{name: value})
    return query
