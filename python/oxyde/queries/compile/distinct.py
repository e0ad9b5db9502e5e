"""DISTINCT: where it is redundant, and which orders it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.operators import F

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term

__all__ = ["are_distinct", "check_order"]


def are_distinct(query: QueryState[Any, Any]) -> bool:
    """Whether no two rows can be equal: they include the primary key, and no join repeats them."""
    if query._cte_joins or query._compounds or query._outputs is not None or query._groups():
        return False
    key = query._names.primary_key
    return bool(key) and (
        query._row is RowKind.MODEL or query._fields is None or set(key).issubset(query._fields)
    )


def check_order(
    query: QueryState[Any, Any], select: _ir.Select, terms: list[tuple[Term, _ir.Order]]
) -> None:
    """Refuse an order by something that is not selected: some databases would pick an arbitrary
    value.

    Raises:
        FieldError: there is one.
    """
    if select["distinct"] == "rows":
        shown = [each["expr"] for each in select["outputs"]]
        for term, order in terms:
            if order["expr"] not in shown and _by_name(order["expr"]) is None:
                expression = None if term.order is None else term.order.expression
                if isinstance(expression, F):
                    what, name = f"`{expression.name}`", f'"{expression.name}"'
                else:
                    what, name = "number at random", "name=…"
                    if expression is not None:
                        what = repr(expression)
                raise FieldError(
                    f"distinct rows of `{query._names.label}` have no {what:.80} to order by",
                    hint=f"name it in values() too: values(…, {name})",
                )
    elif isinstance(query._distinct, tuple) and not isinstance(select["distinct"], str):
        wanted = select["distinct"]["on"]
        first = [order["expr"] for _, order in terms[: len(wanted)]]
        names = query._distinct
        if terms and not all(each in wanted or _by_name(each) in names for each in first):
            fields = ", ".join(f'"{each}"' for each in query._distinct)
            raise FieldError(
                f"the first row of `{query._names.label}` for each value of {fields} is one in "
                "their order",
                hint=f"order_by({fields}, …) first",
            )


def _by_name(ir: _ir.Expr) -> str | None:
    """The name, where it is that of an output."""
    return ir["column"]["name"] if "column" in ir and not ir["column"]["table"] else None
