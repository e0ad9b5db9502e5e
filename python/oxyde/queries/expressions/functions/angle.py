"""Trigonometry, in radians, as floats. Outside of a function's domain the result is NULL."""

from __future__ import annotations

from oxyde.queries.expressions.functions.base import Func

__all__ = [
    "ACos",
    "ASin",
    "ATan",
    "ATan2",
    "Cos",
    "Cot",
    "Degrees",
    "Pi",
    "Radians",
    "Sin",
    "Tan",
]


class _Angle(Func):
    __slots__ = ()
    output = float

    def __init__(self, expression: object) -> None:
        super().__init__(expression)


class Sin(_Angle):
    """The sine."""

    __slots__ = ()
    name = "sin"


class Cos(_Angle):
    """The cosine."""

    __slots__ = ()
    name = "cos"


class Tan(_Angle):
    """The tangent."""

    __slots__ = ()
    name = "tan"


class Cot(_Angle):
    """The cotangent; NULL for 0."""

    __slots__ = ()
    name = "cot"


class ASin(_Angle):
    """The arc sine; NULL for a number that is not from -1 to 1."""

    __slots__ = ()
    name = "asin"


class ACos(_Angle):
    """The arc cosine; NULL for a number that is not from -1 to 1."""

    __slots__ = ()
    name = "acos"


class ATan(_Angle):
    """The arc tangent."""

    __slots__ = ()
    name = "atan"


class ATan2(Func):
    """``ATan2("y", "x")``: the angle of the point, from -π to π."""

    __slots__ = ()
    name = "atan2"
    output = float

    def __init__(self, y: object, x: object) -> None:
        super().__init__(y, x)


class Degrees(_Angle):
    """Convert radians to degrees."""

    __slots__ = ()
    name = "degrees"


class Radians(_Angle):
    """Convert degrees to radians."""

    __slots__ = ()
    name = "radians"


class Pi(Func):
    """The number π."""

    __slots__ = ()
    name = "pi"
    output = float

    def __init__(self) -> None:
        super().__init__()
