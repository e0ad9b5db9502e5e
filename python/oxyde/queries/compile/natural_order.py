"""The order of a query without one: that of its model, and of first() and last()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.groups import keys_of
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.ordering import term_of
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term

__all__ = ["default_order", "natural_order"]

_WITHOUT_ORDER = frozenset({"json", "array", "vector"})


def default_order(query: QueryState[Any, Any]) -> tuple[Term, ...]:
    """The order of `Meta.ordering`; none for groups, distinct and combined rows.

    Raises:
        FieldError: it names a field that the model does not have.
    """
    meta = query._names.meta
    if not meta.ordering or query._groups() or query._compounds or query._distinct:
        return ()
    context = query._context()
    try:
        return tuple([term_of(context, name) for name in meta.ordering])
    except FieldError as error:
        raise FieldError(
            f"`{query._names.label}.Meta.ordering`: {error.args[0]}", hint=error.hint
        ) from None


def natural_order(query: QueryState[Any, Any]) -> tuple[Term, ...]:
    """Models by `Meta.ordering` and primary key, groups by their keys, distinct and combined rows
    by their columns."""
    ordered = default_order(query)
    named = {name.lstrip("-") for name in query._names.meta.ordering} if ordered else ()
    context = query._context(grouping=query._groups())
    terms = [term_of(context, name) for name in _names(query) if name not in named]
    for term in terms:
        assert term.order is not None
        column_type = context.check(term.order.expression).type
        if column_type is None or kind_of(column_type) not in _WITHOUT_ORDER:
            ordered += (term,)
    return ordered


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
        return tuple(dict.fromkeys((*(keys_of(query) or ()), *query._shown)))
    return (*query._names.fields, *query._shown)
