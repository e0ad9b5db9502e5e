"""From a lookup with its values to the predicate of the IR, by the form of the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from oxyde import _ir
from oxyde.queries.base import Expression
from oxyde.queries.columns import default_type
from oxyde.queries.predicates import Leaf
from oxyde.queries.scope import Scope

if TYPE_CHECKING:
    from oxyde.queries.resolved import Resolved

__all__ = ["FORMS"]


def _argument_type(resolved: Resolved, leaf: Leaf) -> _ir.ColumnType:
    if resolved.argument_type is not None:
        return resolved.argument_type
    return default_type(leaf.detail) if isinstance(leaf.detail, str) else "json"


def _render_plain(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    argument = scope.builder.param(_argument_type(resolved, leaf), resolved.label)
    return resolved.predicate(operand, [argument])


def _render_null(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    return {
        "lookup": {
            "name": "isnull",
            "operand": operand,
            "arguments": [{"literal": {"bool": leaf.detail}}],
        }
    }


def _render_list(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    argument = scope.builder.param(_argument_type(resolved, leaf), resolved.label, many=True)
    return resolved.predicate(operand, [argument])


def _render_pair(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    column_type = _argument_type(resolved, leaf)
    low = scope.builder.param(column_type, resolved.label)
    high = scope.builder.param(column_type, resolved.label)
    return resolved.predicate(operand, [low, high])


def _render_period(
    resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope
) -> _ir.Predicate:
    bounds: list[_ir.Predicate] = []
    for name in ("gte", "lt")[: leaf.detail]:
        argument = scope.builder.param(resolved.field.column_type, resolved.label)
        bounds.append({"lookup": {"name": name, "operand": operand, "arguments": [argument]}})
    return bounds[0] if len(bounds) == 1 else {"and": bounds}


def _render_expression(
    resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope
) -> _ir.Predicate:
    from oxyde.queries.subquery import QueryExpression

    value: Expression = leaf.detail[0] if isinstance(leaf.detail, tuple) else leaf.detail
    if resolved.spec.takes == "list":
        assert isinstance(value, QueryExpression)
        return {"in_select": {"operand": operand, "select": value.select(scope.origin)}}
    argument = value.build(scope.origin, resolved.argument_type)
    return resolved.predicate(operand, [argument.ir])


FORMS: dict[str, Callable[[Resolved, Leaf, _ir.Expr, Scope], _ir.Predicate]] = {
    "plain": _render_plain,
    "null": _render_null,
    "absent": _render_null,
    "list": _render_list,
    "pair": _render_pair,
    "period": _render_period,
    "expression": _render_expression,
}
