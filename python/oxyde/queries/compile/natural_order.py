"""The default order of first() and last() on a query without an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.groups import keys_of
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.ordering import term_of
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term

__all__ = ["natural_order"]

_WITHOUT_ORDER = frozenset({"json", "array", "vector"})


def natural_order(query: QueryState[Any, Any]) -> tuple[Term, ...]:
    """Models by primary key, groups by their keys, distinct and combined rows by their columns."""
    context = query._context(grouping=query._groups())
    terms = [term_of(context, name) for name in _names(query)]
    ordered = []
    for term in terms:
        assert term.order is not None
        column_type = context.check(term.order.expression).type
        if column_type is None or kind_of(column_type) not in _WITHOUT_ORDER:
            ordered.append(term)
    return tuple(ordered)


def _names(query: QueryState[Any, Any]) -> tuple[str, ...]:
    key = query._names.primary_key
    if isinstance(query._distinct, tuple):
        own = () if query._groups() or query._row is not RowKind.MODEL else key
        return tuple(dict.fromkeys((*query._distinct, *own)))
    if query._row is RowKind.MODEL and not query._groups():
        return key
    if not query._groups() and not query._distinct and not query._compounds:
        return key
    if query._groups() and not query._distinct and not query._compounds:
        return keys_of(query) or ()
    if query._fields is not None:
        return query._fields
    if query._groups():
        return tuple(dict.fromkeys((*(keys_of(query) or ()), *query._annotations)))
    return (*query._names.fields, *query._annotations)
