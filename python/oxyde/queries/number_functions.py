"""Functions of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde import _ir
from oxyde.queries.function import Func
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    pass

__all__ = [
    "Abs",
    "Ceil",
    "Exp",
    "Floor",
    "Ln",
    "Power",
    "Random",
    "Round",
    "Sign",
    "Sqrt",
]


class Abs(Func):
    """Without its sign."""

    __slots__ = ()
    name = "abs"


class Ceil(Func):
    """The next whole number upwards."""

    __slots__ = ()
    name = "ceil"


class Floor(Func):
    """The next whole number downwards."""

    __slots__ = ()
    name = "floor"


class Round(Func):
    """``Round("price", 2)``: to so many digits after the point, or to a whole number."""

    __slots__ = ()
    name = "round"

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The number and the digits."""
        first, *rest = self.arguments
        return [first.build(scope), *[each.build(scope, "big_int") for each in rest]]


class Sign(Func):
    """-1, 0 or 1."""

    __slots__ = ()
    name = "sign"
    output = int


class Sqrt(Func):
    """The square root."""

    __slots__ = ()
    name = "sqrt"
    output = float


class Exp(Func):
    """e to this power."""

    __slots__ = ()
    name = "exp"
    output = float


class Ln(Func):
    """The natural logarithm."""

    __slots__ = ()
    name = "ln"
    output = float


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
