"""Functions of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.queries.columns import kind_of
from oxyde.queries.expressions import F, as_expression
from oxyde.queries.function import Func
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    pass

__all__ = [
    "Concat",
    "LTrim",
    "Left",
    "Length",
    "Lower",
    "Position",
    "RTrim",
    "Repeat",
    "Replace",
    "Reverse",
    "Right",
    "Substr",
    "Trim",
    "Upper",
]


class _Text(Func):
    """A function of texts."""

    __slots__ = ()
    output = str

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The arguments; the first is text."""
        built = super().build_arguments(scope, want)
        first = built[0].type
        if first is not None and kind_of(first) not in ("text", "varchar", "enum"):
            raise scope.unfit(self, f"takes text, not {kind_of(first)}", "use Cast(…, str)")
        return built


class Lower(_Text):
    """In lower case."""

    __slots__ = ()
    name = "lower"


class Upper(_Text):
    """In upper case."""

    __slots__ = ()
    name = "upper"


class Trim(_Text):
    """Without spaces at both ends."""

    __slots__ = ()
    name = "trim"


class LTrim(_Text):
    """Without spaces at the start."""

    __slots__ = ()
    name = "ltrim"


class RTrim(_Text):
    """Without spaces at the end."""

    __slots__ = ()
    name = "rtrim"


class Reverse(_Text):
    """Read from the end."""

    __slots__ = ()
    name = "reverse"


class Length(Func):
    """The number of characters."""

    __slots__ = ()
    name = "length"
    output = int


class Replace(_Text):
    """``Replace("name", "old", "new")``: every `old` becomes `new`."""

    __slots__ = ()
    name = "replace"

    def __init__(self, expression: Any, old: Any, new: Any) -> None:
        super().__init__(expression, *map(as_expression, (old, new)))


class Repeat(_Text):
    """``Repeat("name", 3)``."""

    __slots__ = ()
    name = "repeat"

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The text and the number."""
        return [self.arguments[0].build(scope), self.arguments[1].build(scope, "big_int")]


class Substr(Repeat):
    """``Substr("name", 2, 3)``: three characters from the second on."""

    __slots__ = ()
    name = "substr"

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The text and the numbers."""
        first, *rest = self.arguments
        return [first.build(scope), *[each.build(scope, "big_int") for each in rest]]


class Left(Repeat):
    """``Left("name", 3)``: the first three characters."""

    __slots__ = ()
    name = "left"


class Right(Repeat):
    """``Right("name", 3)``: the last three characters."""

    __slots__ = ()
    name = "right"


class Position(Func):
    """``Position("name", "x")``: where the text begins, from 1; 0 when it is not there."""

    __slots__ = ()
    name = "position"
    output = int

    def __init__(self, expression: Any, part: Any) -> None:
        super().__init__(expression, as_expression(part))


class Concat(Func):
    """Texts put together; NULL counts as an empty text.

    Args:
        parts: names of fields, and texts as ``Value(" ")``; a text that is no field's name, such
            as ``" "``, is a Value too.
    """

    __slots__ = ()
    name = "concat"
    output = str

    def __init__(self, *parts: Any, output: Any = None) -> None:
        made = [
            as_expression(part)
            if not isinstance(part, str) or not part.replace("__", "_").isidentifier()
            else F(part)
            for part in parts
        ]
        super().__init__(*made, output=output)

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """Each argument, of any type."""
        return [each.build(scope, "text") for each in self.arguments]
