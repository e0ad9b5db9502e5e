"""UNION, INTERSECT and EXCEPT: which queries can be combined, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.operators import F
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term

__all__ = ["check_compound", "order_of_compound"]


def _columns(query: QueryState[Any, Any]) -> int:
    if query._row is RowKind.MODEL:
        loaded = query._names.fields if query._only is None else query._only
        return len(loaded) + len(query._shown)
    if query._fields is not None:
        return len(query._fields)
    if query._group_by is not None:
        return len({*query._group_by, *query._shown})
    return len(query._names.fields) + len(query._shown)


def check_compound(one: QueryState[Any, Any], other: QueryState[Any, Any]) -> None:
    """Check that the rows of both queries have the same columns.

    Raises:
        FieldError: they have different models or columns.
    """
    if not hasattr(other, "_names"):
        raise FieldError(f"union() takes queries, not {other!r:.80}")
    if one._row is RowKind.MODEL and (
        other._row is not RowKind.MODEL or other._model is not one._model
    ):
        raise FieldError(
            f"a union of `{one._names.label}` takes queries of the same model",
            hint="use values_list(…) on both for rows of different models",
        )
    if one._joins or other._joins:
        raise FieldError(
            f"a combined query of `{one._names.label}` cannot join()", hint="use prefetch()"
        )
    if _columns(one) != _columns(other):
        raise FieldError(
            f"a union of rows of `{one._names.label}` and `{other._names.label}` with "
            f"{_columns(one)} and {_columns(other)} columns",
            hint="name the same number of fields in both",
        )


def order_of_compound(query: QueryState[Any, Any], scope: Scope, term: Term) -> _ir.Order:
    """An ORDER BY term of the combined query, by the name of an output column.

    Raises:
        FieldError: it names no output column.
    """
    order = term.order
    if order is None or not isinstance(order.expression, F):
        raise FieldError(
            f"the combined query of `{query._names.label}` can only be ordered by its columns",
            hint="name one: order_by(…)",
        )
    name = order.expression.name
    shown = name
    if query._row is RowKind.MODEL and name not in scope.annotations:
        field = query._names.field(name)
        shown, column_type = field.db_column, field.column_type
    else:
        found = query._fields or (*query._names.fields, *query._shown)
        if name not in found:
            raise FieldError(
                f"the combined query of `{query._names.label}` has no column `{name}`",
                hint=hint_for(name, found),
            )
        if name in scope.annotations:
            column_type = scope.annotations[name].type or "text"
        else:
            column_type = query._context().check(order.expression).type or "text"
    return {
        "expr": {"column": {"table": "", "name": shown, "type": column_type}},
        "direction": "desc" if order.descending else "asc",
        "nulls": order.nulls,
        "indexed": False,
    }
