"""Comparisons whose left side is not a plain field."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldLookupError, FieldLookupValueError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.columns import kind_of
from oxyde.queries.expressions import Computed, as_expression, context_of
from oxyde.queries.lookup_table import SPECS
from oxyde.queries.predicates import Node
from oxyde.queries.related import groups_rows
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["Comparison", "Holds", "Truth"]


class Comparison(Node):
    """``Lower("name") == "alice"``: a lookup whose operand is an expression."""

    __slots__ = ("arguments", "grouped", "left", "lookup")

    def __init__(
        self,
        left: Expression,
        lookup: str,
        arguments: tuple[Any, ...],
        shape: Hashable,
        values: tuple[Any, ...],
    ) -> None:
        self.left = left
        self.lookup = lookup
        self.arguments = arguments
        self.grouped = False
        self.shape = shape
        self.values = values

    @classmethod
    def make(cls, context: Context, left: Expression, lookup: str, right: Any) -> Comparison:
        """The comparison with its names looked up.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: the lookup does not fit the left side's type.
        """
        arguments: tuple[Any, ...]
        if right is None and lookup == "exact":
            lookup, arguments = "isnull", (True,)
        elif right is None:
            raise FieldLookupValueError(f"{lookup} cannot compare with None", hint="use isnull")
        elif lookup == "isnull":
            arguments = (right,)
        elif lookup in ("between", "range"):
            arguments = tuple(as_expression(each) for each in right)
        elif lookup == "in":
            arguments = (list(right),)
        else:
            arguments = (as_expression(right),)
        values: list[Any] = []
        shapes: list[Hashable] = [left.shape(context, values)]
        for argument in arguments:
            if isinstance(argument, Expression):
                shapes.append(argument.shape(context, values))
            elif isinstance(argument, list):
                values.append(argument)
                shapes.append("list")
            else:
                shapes.append(argument)
        node = cls(left, lookup, arguments, ("compare", lookup, *shapes), tuple(values))
        node.grouped = any(
            groups_rows(context, each)
            for each in (left, *arguments)
            if isinstance(each, Expression)
        )
        context.check_node(node)
        return node

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The lookup over the expression."""
        left = self.left.build(scope)
        if left.type is not None:
            kind = kind_of(left.type)
            if kind not in SPECS[self.lookup].kinds:
                raise FieldLookupError(
                    f"lookup `{self.lookup}` does not fit {self.left!r:.80} of "
                    f"`{scope.names.label}` ({kind})"
                )
        arguments: list[_ir.Expr] = []
        for argument in self.arguments:
            if isinstance(argument, Expression):
                arguments.append(argument.build(scope, left.type).ir)
            elif isinstance(argument, list):
                label = repr(self.left)
                arguments.append(scope.builder.param(left.type or "text", label, many=True))
            else:
                arguments.append({"literal": {"bool": argument}})
        return {"lookup": {"name": self.lookup, "operand": left.ir, "arguments": arguments}}


class Holds(Computed):
    """Whether a condition holds, as a value: what ``annotate(adult=Q(age__gte=18))`` means."""

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
        return Typed({"predicate": node.build(scope)}, "bool")

    def __repr__(self) -> str:
        return repr(self.condition)


class Truth(Node):
    """A boolean expression by itself."""

    __slots__ = ("expression", "grouped")

    def __init__(self, expression: Expression, context: Context) -> None:
        values: list[Any] = []
        self.expression = expression
        self.shape = ("truth", expression.shape(context, values))
        self.values = tuple(values)
        self.grouped = groups_rows(context, expression)

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The expression as a predicate."""
        built = self.expression.build(scope)
        if "predicate" in built.ir:
            return built.ir["predicate"]  # type: ignore[no-any-return]
        return {"expr": built.ir}
