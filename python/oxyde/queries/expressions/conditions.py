"""Conditions as values, and boolean expressions as conditions."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde.queries.expressions.context import context_of
from oxyde.queries.expressions.operators import Computed
from oxyde.queries.ir.depth import brief
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.related_row import by_itself
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.names import Hop

__all__ = ["Holds", "Truth"]


class Holds(Computed):
    """A condition as a boolean value: ``annotate(adult=Q(age__gte=18))``."""

    __slots__ = ("condition",)

    def __init__(self, condition: Conditional) -> None:
        self.condition = condition

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The condition's shape."""
        node = self.condition.resolve(context)
        values.extend(node.values)
        return ("holds", node.shape)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The condition as a truth value."""
        node = self.condition.resolve(context_of(scope))
        return Typed({"predicate": by_itself(node, scope)}, "bool")

    @brief
    def __repr__(self) -> str:
        return repr(self.condition)


class Truth(Node):
    """A boolean expression as a condition."""

    __slots__ = ("expression", "grouped")

    def __init__(self, expression: Expression, context: Context) -> None:
        values: list[Any] = []
        self.expression = expression
        self.shape = ("truth", expression.shape(context, values))
        self.values = tuple(values)
        self.grouped = expression.groups_rows(context)

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """Those of the expression."""
        return self.expression.rows(scope)

    def build(self, scope: Scope) -> _ir.Predicate:
        """The expression as a predicate."""
        built = self.expression.build(scope)
        if "predicate" in built.ir:
            return built.ir["predicate"]
        return {"expr": built.ir}
