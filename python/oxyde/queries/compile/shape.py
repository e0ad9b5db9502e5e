"""A query's shape and values: the key under which its plan is kept, and what it is run with.

Shape and values list the clauses in one order, in which `build_select` numbers the params: CTEs,
annotations, outputs, conditions, groups, compounds, order, limit, offset, extra columns.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.ir.depth import bounded

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.context import Annotation

__all__ = ["FIXED_LIMIT", "part_shape", "shape_of"]

# What most queries set; any other clause appears beside these in a query's own dict.
_USUAL = frozenset({"_model", "_names", "_where", "_order", "_limit", "_offset", "_paged"})
# Limits up to this are part of the statement: those of `get`, `first` and `exists`. The planner
# then knows that it is asked for a row or two; PostgreSQL's plan for any value would expect a tenth
# of the rows, and SQLite would prepare the statement anew each time that a limit is bound.
FIXED_LIMIT = 2
# A global variable is found faster than a member of an Enum.
_MODEL = RowKind.MODEL


def shape_of(query: QueryState[Any, Any], values: list[Any]) -> tuple[Hashable, ...]:
    """The shape of a SELECT; its values are appended to `values`."""
    # Each clause is a tag and one value, so that different queries have different shapes.
    parts: list[Any] = [query._model]
    if _USUAL.issuperset(query.__dict__):
        if query._where:
            parts += ("where", _shapes(query._where, values))
        if query._order:
            parts += ("order", _shapes(query._order, values))
        _slice(query, parts, values)
        return tuple(parts)
    if query._ctes:
        parts += ("with", tuple([cte.shape(values) for cte in query._ctes]))
    if query._cte_joins:
        parts += ("join cte", tuple([join.shape for join in query._cte_joins]))
    if query._row is not _MODEL or query._fields is not None:
        parts += ("rows", query._row, query._fields)
        if query._into is not None:
            parts += ("into", query._into)
    if query._only is not None:
        parts += ("only", query._only)
    if query._joined_only:
        parts += ("joined only", tuple(query._joined_only.items()))
    if query._invalid != "raise":
        parts += ("invalid", query._invalid)
    if query._joins:
        parts += ("join", query._joins)
    if query._opened:
        parts += ("opened", query._opened)
    if query._annotations:
        parts += ("annotate", _named(tuple(query._annotations.values()), values))
        if query._hidden:
            parts += ("hidden", query._hidden)
    if query._outputs is not None:
        parts += ("outputs", _named(query._outputs, values))
    if query._where:
        parts += ("where", _shapes(query._where, values))
    if query._group_by is not None:
        parts += ("group", query._group_by)
    if query._having:
        parts += ("having", _shapes(query._having, values))
    if query._distinct is not False:
        parts += ("distinct", query._distinct)
    if query._compounds:
        others = [(operator, part_shape(other, values)) for operator, other in query._compounds]
        parts += ("compounds", tuple(others))
    if query._order:
        parts += ("order", _shapes(query._order, values))
    _slice(query, parts, values)
    if query._by_shard:
        parts.append("by shard")
    if query._lock is not None:
        parts += ("lock", query._lock)
    if query._extras:
        parts += ("extras", _named(query._extras, values))
    if query._places is not None:
        first, last = query._places
        parts += ("places", first > 0, last is not None)
        values += [place for place in (first or None, last) if place is not None]
    if query._owners is not None:
        hop, keys = query._owners
        parts += ("owners", hop.source.model, hop.name)
        values.append(keys)
    return tuple(parts)


@bounded
def part_shape(query: QueryState[Any, Any], values: list[Any]) -> tuple[Hashable, ...]:
    """The shape of a SELECT inside a statement. It includes the database that the query names,
    since the statement can only run there."""
    shape = shape_of(query, values)
    home = query._home()
    return shape if home is None else (*shape, "using", home)


def _slice(query: QueryState[Any, Any], parts: list[Any], values: list[Any]) -> None:
    limit = query._limit
    if limit is not None:
        if limit <= FIXED_LIMIT:
            parts += ("limit", limit)
        else:
            parts.append("limit")
            values.append(limit)
    if query._offset is not None:
        parts.append("offset")
        values.append(query._offset)


def _shapes(clauses: tuple[Any, ...], values: list[Any]) -> Hashable:
    if len(clauses) == 1:
        values += clauses[0].values
        return (clauses[0].shape,)
    for clause in clauses:
        values += clause.values
    return tuple([clause.shape for clause in clauses])


def _named(annotations: tuple[Annotation, ...], values: list[Any]) -> Hashable:
    for annotation in annotations:
        values += annotation.values
    return tuple([(each.name, each.shape, each.grouped) for each in annotations])
