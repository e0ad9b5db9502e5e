"""String functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.operators import F, as_expression
from oxyde.queries.expressions.parts import Part
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import INTEGERS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = [
    "Chr",
    "Concat",
    "LPad",
    "LTrim",
    "Left",
    "Length",
    "Lower",
    "Ord",
    "Position",
    "RPad",
    "RTrim",
    "Repeat",
    "Replace",
    "Reverse",
    "Right",
    "Substr",
    "TextFunction",
    "Trim",
    "Upper",
]


class _OfText(Func):
    """A function whose first argument is text."""

    __slots__ = ()
    # The type of the values beside it.
    beside: ClassVar[_ir.ColumnType] = "text"

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The arguments; the first is text."""
        first, *rest = parts
        return [self.build_text(scope, first), *[each.build(scope, self.beside) for each in rest]]

    def build_text(self, scope: Scope, part: Part) -> Typed:
        """The first argument.

        Raises:
            FieldError: it is not a string.
        """
        first = part.build(scope)
        kind = "text" if first.type is None else kind_of(first.type)
        if kind not in self.kinds():
            raise scope.unfit(self, f"takes text, not {kind}", "use Cast(…, str)")
        if kind == "enum":
            # The label, where the database has a type of its own for enums.
            return Typed({"cast": {"operand": first.ir, "type": "text"}}, "text")
        return first

    def kinds(self) -> tuple[str, ...]:
        """The kinds of column that it takes."""
        return ("text", "varchar", "enum")


class TextFunction(_OfText):
    """A function from string to string."""

    __slots__ = ()
    output = str


class Lower(TextFunction):
    """Convert to lower case."""

    __slots__ = ()
    name = "lower"


class Upper(TextFunction):
    """Convert to upper case."""

    __slots__ = ()
    name = "upper"


class Trim(TextFunction):
    """Strip spaces from both ends."""

    __slots__ = ()
    name = "trim"


class LTrim(TextFunction):
    """Strip spaces from the start."""

    __slots__ = ()
    name = "ltrim"


class RTrim(TextFunction):
    """Strip spaces from the end."""

    __slots__ = ()
    name = "rtrim"


class Reverse(TextFunction):
    """The string in reverse."""

    __slots__ = ()
    name = "reverse"


class Chr(Func):
    """``Chr("code")``: the character of a Unicode code point; NULL if there is none. 0 has none
    here: PostgreSQL does not store it."""

    __slots__ = ()
    name = "chr"
    output = str

    def __init__(self, expression: object) -> None:
        super().__init__(expression)

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """A whole number."""
        built = [each.build(scope, "big_int") for each in parts]
        kind = kind_of(built[0].type or "big_int")
        if kind not in INTEGERS:
            raise scope.unfit(self, f"takes whole numbers, not {kind}")
        return built


class Ord(_OfText):
    """The Unicode code point of the first character; NULL for an empty string."""

    __slots__ = ()
    name = "ord"
    output = int

    def __init__(self, expression: object) -> None:
        super().__init__(expression)


class Length(_OfText):
    """The number of characters; for binary data, of bytes."""

    __slots__ = ()
    name = "length"
    output = int

    def kinds(self) -> tuple[str, ...]:
        """Strings and binary data."""
        return (*super().kinds(), "bytes")


class Replace(TextFunction):
    """``Replace("name", "old", "new")``: every `old` becomes `new`."""

    __slots__ = ()
    name = "replace"

    def __init__(self, expression: object, old: object, new: object) -> None:
        super().__init__(expression, *map(as_expression, (old, new)))


class _Counted(TextFunction):
    """A function of a string and integers."""

    __slots__ = ()
    beside = "big_int"

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The text and the numbers."""
        first, *numbers = super().build_arguments(scope, parts, want)
        for each in numbers:
            if each.type is not None and kind_of(each.type) not in INTEGERS:
                raise scope.unfit(self, f"counts by whole numbers, not {kind_of(each.type)}")
        return [first, *numbers]


class Repeat(_Counted):
    """``Repeat("name", 3)``; zero or less gives an empty string."""

    __slots__ = ()
    name = "repeat"


class Substr(_Counted):
    """``Substr("name", 2, 3)``: three characters from the second on.

    Positions before the first are empty, as in the SQL standard: ``Substr("name", 0, 3)`` gives two
    characters. A negative length gives an empty string.
    """

    __slots__ = ()
    name = "substr"


class Left(_Counted):
    """``Left("name", 3)``: the first three characters; a negative number gives none."""

    __slots__ = ()
    name = "left"


class Right(_Counted):
    """``Right("name", 3)``: the last three characters; a negative number gives none."""

    __slots__ = ()
    name = "right"


class _Padded(TextFunction):
    __slots__ = ()

    def __init__(self, expression: object, length: object, fill: object = " ") -> None:
        super().__init__(expression, as_expression(length), as_expression(fill))

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The text, the length and what fills it."""
        text, length, fill = parts
        first = self.build_text(scope, text)
        number = length.build(scope, "big_int")
        if number.type is not None and kind_of(number.type) not in INTEGERS:
            raise scope.unfit(self, f"pads to a whole number, not {kind_of(number.type)}")
        return [first, number, fill.build(scope, "text")]


class LPad(_Padded):
    """``LPad("code", 8, "0")``: pad at the start to this length; a longer string is truncated at
    its end."""

    __slots__ = ()
    name = "lpad"


class RPad(_Padded):
    """``RPad("code", 8, ".")``: pad at the end to this length; a longer string is truncated at its
    end."""

    __slots__ = ()
    name = "rpad"


class Position(_OfText):
    """``Position("name", "x")``: the position of the string, from 1; 0 if it is not found."""

    __slots__ = ()
    name = "position"
    output = int

    def __init__(self, expression: object, part: object) -> None:
        super().__init__(expression, as_expression(part))


class Concat(Func):
    """Concatenate strings; NULL counts as an empty string.

    Args:
        parts: names of fields, and strings as ``Value(" ")``; a string that cannot be a field's
            name, such as ``" "``, is a Value too.
    """

    __slots__ = ()
    name = "concat"
    output = str

    def __init__(self, *parts: object, output: object = None) -> None:
        made = [
            as_expression(part)
            if not isinstance(part, str) or not part.replace("__", "_").isidentifier()
            else F(part)
            for part in parts
        ]
        super().__init__(*made, output=output)

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """Each argument, of any type."""
        return [each.build(scope, "text") for each in parts]
