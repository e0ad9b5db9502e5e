"""Functions of the database: text, numbers, dates, choices; and the base of your own."""

from __future__ import annotations

from oxyde.queries.choice_functions import Coalesce, Greatest, Least, NullIf
from oxyde.queries.date_functions import CurrentDate, CurrentTime, Extract, Now, Trunc
from oxyde.queries.function import Func
from oxyde.queries.number_functions import (
    Abs,
    Ceil,
    Exp,
    Floor,
    Ln,
    Power,
    Random,
    Round,
    Sign,
    Sqrt,
)
from oxyde.queries.text_functions import (
    Concat,
    Left,
    Length,
    Lower,
    LTrim,
    Position,
    Repeat,
    Replace,
    Reverse,
    Right,
    RTrim,
    Substr,
    Trim,
    Upper,
)

__all__ = [
    "Abs",
    "Ceil",
    "Coalesce",
    "Concat",
    "CurrentDate",
    "CurrentTime",
    "Exp",
    "Extract",
    "Floor",
    "Func",
    "Greatest",
    "LTrim",
    "Least",
    "Left",
    "Length",
    "Ln",
    "Lower",
    "Now",
    "NullIf",
    "Position",
    "Power",
    "RTrim",
    "Random",
    "Repeat",
    "Replace",
    "Reverse",
    "Right",
    "Round",
    "Sign",
    "Sqrt",
    "Substr",
    "Trim",
    "Trunc",
    "Upper",
]
