"""Functions of numbers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.operators import Combined
from oxyde.queries.expressions.parts import Part
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = [
    "Abs",
    "Ceil",
    "Exp",
    "Floor",
    "Ln",
    "Log",
    "Mod",
    "Power",
    "Random",
    "Round",
    "Sign",
    "Sqrt",
]


class Abs(Func):
    """The absolute value."""

    __slots__ = ()
    name = "abs"


class Ceil(Func):
    """Round up to an integer."""

    __slots__ = ()
    name = "ceil"


class Floor(Func):
    """Round down to an integer."""

    __slots__ = ()
    name = "floor"


class Round(Func):
    """``Round("price", 2)``: to a number of decimal places, or to an integer; -1 rounds to tens.
    Halves round away from zero, floats by their decimal representation (2.675 becomes 2.68)."""

    __slots__ = ()
    name = "round"

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The number and the digits."""
        first, *rest = parts
        return [first.build(scope), *[each.build(scope, "big_int") for each in rest]]


class Sign(Func):
    """-1, 0 or 1."""

    __slots__ = ()
    name = "sign"
    output = int


class Sqrt(Func):
    """The square root; NULL for a negative number."""

    __slots__ = ()
    name = "sqrt"
    output = float


class Exp(Func):
    """e to this power."""

    __slots__ = ()
    name = "exp"
    output = float


class Ln(Func):
    """The natural logarithm; NULL for zero and negative numbers."""

    __slots__ = ()
    name = "ln"
    output = float


class Log(Func):
    """``Log("views", base=2)``: the logarithm to a base; NULL for zero and negative numbers, and
    for a base that has none (0, 1, negative)."""

    __slots__ = ()
    name = "log"
    output = float

    def __init__(self, expression: object, *, base: object) -> None:
        super().__init__(expression, base)


class Mod(Func):
    """``Mod("views", 10)``: the remainder, the same as ``F("views") % 10``; NULL for a divisor
    of 0."""

    __slots__ = ()

    def __init__(self, expression: object, divisor: object) -> None:
        self.arguments = (self.argument(expression), self.argument(divisor))
        self.type = None

    def key(self) -> Hashable:
        """The function."""
        return "mod"

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """As the operator."""
        return Combined("modulo", *self.arguments).build(scope, want)


class Power(Func):
    """``Power("x", 2)``."""

    __slots__ = ()
    name = "power"
    output = float


class Random(Func):
    """A random number from 0 up to 1."""

    __slots__ = ()
    name = "random"
    output = float
