"""The parts of an expression under construction, each with the position of its first value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.queries.expressions.context import context_of
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["Part", "parts_of"]

T = TypeVar("T")


class Part:
    """A part of an expression that can be built at any time, in any order, or not at all.

    Attributes:
        expression: the part.
        start: the position of its first value.
        width: the number of its values.
    """

    __slots__ = ("expression", "start", "width")

    def __init__(self, expression: Expression, start: int, width: int) -> None:
        self.expression = expression
        self.start = start
        self.width = width

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """Build it; see `Expression.build`."""
        return scope.builder.placed(self.start, self.expression.build, scope, want)

    def built_by(self, build: Callable[[Scope], T], scope: Scope) -> T:
        """Build it by other means than `Expression.build`."""
        return scope.builder.placed(self.start, build, scope)

    def condition(self, scope: Scope) -> _ir.Predicate:
        """Build a part that is a condition."""
        built = self.build(scope).ir
        assert "predicate" in built
        return built["predicate"]

    def leave_out(self, scope: Scope) -> None:
        """Drop its params: the part is not used in the SQL."""
        scope.builder.forget(self.start, self.width)


def parts_of(parts: Iterable[Expression], scope: Scope) -> list[Part]:
    """Reserve the next positions for the values of these parts, in this order."""
    builder = scope.builder
    placed = []
    for part in parts:
        known = builder.widths.get(id(part))
        width = _width(part, scope) if known is None else known[1]
        placed.append(Part(part, builder.reserve(width), width))
    return placed


def _width(expression: Expression, scope: Scope) -> int:
    """The number of an expression's values. Cached per statement: counting again at each level of
    nesting would take quadratic time."""
    widths = scope.builder.widths
    parts = expression.parts()
    width = 0
    for part in parts:
        known = widths.get(id(part))
        width += _width(part, scope) if known is None else known[1]
    if not parts:
        own = expression.width
        if own is None:
            values: list[Any] = []
            expression.shape(context_of(scope), values)
            own = len(values)
        width = own
    # Keeps the expression alive, so that its id stays unique.
    widths[id(expression)] = expression, width
    return width
