"""The default of an aggregate: its value over no values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oxyde.queries.expressions.functions.choice import family_of
from oxyde.queries.expressions.operators import Value
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import INTEGERS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.aggregates import Aggregate
    from oxyde.queries.expressions.context import Annotation

__all__ = ["UNKNOWN", "or_default", "over_nothing"]

UNKNOWN = object()


def or_default(aggregate: Aggregate, scope: Scope) -> Typed:
    """An aggregate with a default.

    Raises:
        FieldError: the default is not of the type of the result.
    """
    plain, default = parts_of(aggregate.parts(), scope)
    built = plain.build(scope)
    other = default.build(scope, built.type)
    types: list[_ir.ColumnType] = [each for each in (built.type, other.type) if each is not None]
    families = {family_of(each) for each in types}
    if len(families) > 1:
        raise scope.unfit(
            aggregate, f"its result is {kind_of(types[0])}, and its default {kind_of(types[1])}"
        )
    column_type: _ir.ColumnType = built.type or other.type or "text"
    if kind_of(column_type) in INTEGERS and other.type is not None:
        # Max of integers, or 0.5.
        column_type = other.type if kind_of(other.type) not in INTEGERS else column_type
    ir: _ir.Expr = {
        "function": {"name": "coalesce", "arguments": [built.ir, other.ir], "type": column_type}
    }
    return Typed(ir, column_type, built.field)


def over_nothing(annotation: Annotation) -> Any:
    """An aggregate's value over no rows; UNKNOWN if only the database can compute it."""
    expression: Any = annotation.expression
    if not hasattr(expression, "default"):
        return UNKNOWN
    if expression.counts:
        return 0
    default = expression.default
    if default is None:
        return None
    if not isinstance(default, Value) or annotation.field is not None or annotation.type is None:
        return UNKNOWN
    kind, value = kind_of(annotation.type), default.value
    if kind == "double" and isinstance(value, int | float | Decimal):
        return float(value)
    if kind == "decimal" and isinstance(value, int):
        return Decimal(value)
    return value
