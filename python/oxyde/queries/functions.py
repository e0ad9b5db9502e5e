"""Functions of the database: text, numbers, dates, choices; and the base of your own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.columns import kind_of
from oxyde.queries.expressions import Computed, F, as_expression
from oxyde.queries.outputs import output_type
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

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


class Func(Computed):
    """A function. Subclass it for one of the database's own that is not here::

        class Soundex(Func):
            sql_name = "SOUNDEX"
            output = str

    Args:
        arguments: names of fields, expressions, or values. In a function that mixes texts and
            fields, give texts as ``Value("…")``.
        output: the type of the result, as for `Cast`, instead of the class's.
    """

    __slots__ = ("arguments", "type")

    # The name in the core's table of functions.
    name: ClassVar[str] = ""
    # For a function of the user's own: its name in SQL.
    sql_name: ClassVar[str] = ""
    output: ClassVar[Any] = None

    def __init__(self, *arguments: Any, output: Any = None) -> None:
        self.arguments: tuple[Expression, ...] = tuple(
            [F(each) if isinstance(each, str) else as_expression(each) for each in arguments]
        )
        wanted = self.output if output is None else output
        self.type = None if wanted is None else output_type(wanted)
        if not self.name and not self.sql_name:
            raise FieldError(f"{type(self).__name__} has no sql_name")

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The function and its arguments."""
        shapes = [each.shape(context, values) for each in self.arguments]
        return ("function", self.name or self.sql_name, repr(self.type), *shapes)

    def operands(self) -> tuple[Expression, ...]:
        """The arguments."""
        return self.arguments

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The call."""
        arguments = self.build_arguments(scope, want)
        column_type = self.result(arguments)
        built = [each.ir for each in arguments]
        if self.sql_name:
            return Typed(_own(self.sql_name, built, column_type), column_type)
        ir: _ir.Expr = {"function": {"name": self.name, "arguments": built, "type": column_type}}
        return Typed(ir, column_type, self.field(arguments))

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The arguments; values take the type of the first argument."""
        built: list[Typed] = []
        for each in self.arguments:
            built.append(each.build(scope, built[0].type if built else None))
        return built

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """The type of the result."""
        if self.type is not None:
            return self.type
        for argument in arguments:
            if argument.type is not None:
                return argument.type
        return "text"

    def field(self, arguments: list[Typed]) -> Any:
        """The field whose values the result has, if any."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.arguments))})"


def _own(name: str, arguments: list[_ir.Expr], column_type: _ir.ColumnType) -> _ir.Expr:
    if not all(part.isidentifier() for part in name.split(".")):
        raise FieldError(f"sql_name is the name of a function, not {name!r}")
    parts: list[dict[str, Any]] = [{"text": f"{name}("}]
    for position, argument in enumerate(arguments):
        if position:
            parts.append({"text": ", "})
        parts.append({"expr": argument})
    parts.append({"text": ")"})
    return {"raw": {"parts": parts, "type": column_type}}


class _Text(Func):
    """A function of texts."""

    __slots__ = ()
    output = str

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The arguments; the first is text."""
        built = super().build_arguments(scope, want)
        first = built[0].type
        if first is not None and kind_of(first) not in ("text", "varchar", "enum"):
            raise FieldError(
                f"{type(self).__name__} takes text, not {kind_of(first)}",
                hint="use Cast(…, str)",
            )
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


class _Choice(Func):
    __slots__ = ()

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """Arguments of one type: that of the first which is no lone value."""
        beside = want
        index, labels = scope.builder.index, len(scope.builder.labels)
        for each in self.arguments:
            typed = each.build(scope)
            if "param" not in typed.ir and typed.type is not None:
                beside = typed.type
                break
        scope.builder.index = index
        del scope.builder.labels[labels:]
        built = [each.build(scope, beside) for each in self.arguments]
        kinds = {_family(each.type) for each in built if each.type is not None}
        if len(kinds) > 1:
            raise FieldError(
                f"{type(self).__name__} takes values of one type, not {', '.join(sorted(kinds))}",
                hint="convert them with Cast(…)",
            )
        return built

    def field(self, arguments: list[Typed]) -> Any:
        """The field of the first argument that is a column."""
        return next((each.field for each in arguments if each.field is not None), None)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """The widest of the arguments' types."""
        if self.type is not None:
            return self.type
        types = [each.type for each in arguments if each.type is not None]
        for kind in ("decimal", "double", "big_int", "integer"):
            for column_type in types:
                if kind_of(column_type) == kind:
                    return column_type
        return types[0] if types else "text"


def _family(column_type: _ir.ColumnType) -> str:
    kind = kind_of(column_type)
    if kind in ("small_int", "integer", "big_int", "decimal", "double"):
        return "number"
    return "text" if kind == "varchar" else kind


class Coalesce(_Choice):
    """The first argument that is not NULL: ``Coalesce("nickname", "name")``."""

    __slots__ = ()
    name = "coalesce"


class Greatest(_Choice):
    """The largest argument; NULL when one is NULL."""

    __slots__ = ()
    name = "greatest"


class Least(_Choice):
    """The smallest argument; NULL when one is NULL."""

    __slots__ = ()
    name = "least"


class NullIf(_Choice):
    """``NullIf("name", Value(""))``: NULL when both are equal, else the first."""

    __slots__ = ()
    name = "nullif"


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


class Now(Func):
    """The moment at which the statement (on PostgreSQL the transaction) began.

    Args:
        aware: with a time zone; else a naive moment in UTC.
    """

    __slots__ = ()
    name = "now"

    def __init__(self, *, aware: bool = True) -> None:
        super().__init__(output="timestamp_tz" if aware else "date_time")

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """As the column beside it takes it."""
        column_type = want if want in ("timestamp_tz", "date_time") else self.type
        assert column_type is not None
        ir: _ir.Expr = {"function": {"name": "now", "arguments": [], "type": column_type}}
        return Typed(ir, column_type)


class CurrentDate(Func):
    """Today, in UTC."""

    __slots__ = ()
    name = "current_date"
    output = "date"

    def __init__(self) -> None:
        super().__init__()


class CurrentTime(Func):
    """The time of day, in UTC."""

    __slots__ = ()
    name = "current_time"
    output = "time"

    def __init__(self) -> None:
        super().__init__()


_EXTRACTS = (
    "year",
    "iso_year",
    "quarter",
    "month",
    "week",
    "day",
    "day_of_year",
    "week_day",
    "iso_week_day",
    "hour",
    "minute",
    "second",
    "microsecond",
    "epoch",
    "date",
    "time",
)
_TRUNCS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


class _Dated(Func):
    __slots__ = ("part",)

    def __init__(
        self, expression: Any, part: str, known: tuple[str, ...], zone: str | None
    ) -> None:
        if part not in known:
            from oxyde.queries.columns import hint_for

            raise FieldError(f"unknown part of a date: {part!r}", hint=hint_for(part, known))
        self.part = part
        zones = () if zone is None else (as_expression(zone),)
        super().__init__(expression, *zones)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The part, and what it is taken of."""
        return (self.part, super().shape(context, values))

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The date, and the zone as text."""
        first, *rest = self.arguments
        built = first.build(scope)
        if built.type is not None and kind_of(built.type) not in (
            "date",
            "time",
            "date_time",
            "timestamp_tz",
        ):
            raise FieldError(f"{type(self).__name__} takes a date, not {kind_of(built.type)}")
        return [built, *[each.build(scope, "text") for each in rest]]

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The call of the function for the part."""
        arguments = self.build_arguments(scope, want)
        column_type = self.result(arguments)
        ir: _ir.Expr = {
            "function": {
                "name": f"{self.name}_{self.part}",
                "arguments": [each.ir for each in arguments],
                "type": column_type,
            }
        }
        return Typed(ir, column_type)


class Extract(_Dated):
    """A part of a date or time: ``Extract("created_at", "year")``.

    Args:
        expression: a date, time or moment.
        part: year, iso_year, quarter, month, week, day, day_of_year, week_day (Sunday is 1),
            iso_week_day (Monday is 1), hour, minute, second, microsecond, epoch, date or time.
        zone: the time zone in which a moment is read, by its IANA name; UTC when None.
    """

    __slots__ = ()
    name = "extract"

    def __init__(self, expression: Any, part: str, *, zone: str | None = None) -> None:
        super().__init__(expression, part, _EXTRACTS, zone)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """A number, a date or a time."""
        if self.part in ("date", "time"):
            return self.part
        return "double" if self.part == "epoch" else "big_int"


class Trunc(_Dated):
    """The first moment of the year, month …: ``Trunc("created_at", "month")``.

    Args:
        expression: a date or moment.
        unit: year, quarter, month, week (from Monday), day, hour, minute or second.
        zone: the time zone in which a moment is read, by its IANA name; UTC when None.
    """

    __slots__ = ()
    name = "trunc"

    def __init__(self, expression: Any, unit: str, *, zone: str | None = None) -> None:
        super().__init__(expression, unit, _TRUNCS, zone)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """That of the argument."""
        return arguments[0].type or "timestamp_tz"
