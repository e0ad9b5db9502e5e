"""The base class of functions: those that Oxyde knows, and your own."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar

from oxyde import _core
from oxyde.exceptions import FieldError
from oxyde.queries.expressions.operators import Computed, F, as_expression
from oxyde.queries.expressions.own_sql import OwnSql, check_own_sql, for_dialect, raw_parts
from oxyde.queries.expressions.parts import Part, parts_of
from oxyde.queries.ir.depth import brief
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.declared import output_type

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta

__all__ = ["Func"]


# The core's "no maximum".
_MANY = 1000


@functools.cache
def _counts() -> dict[str, tuple[int, int]]:
    """How many arguments each function of the core takes."""
    return {each["name"]: (each["least"], each["most"]) for each in _core.FUNCTIONS}


def _in_words(least: int, most: int) -> str:
    if most >= _MANY:
        return f"at least {least} argument{'s' * (least != 1)}"
    if least == most:
        return f"{least} argument{'s' * (least != 1)}" if least else "no argument"
    return f"{least} to {most} arguments"


class Func(Computed):
    """A function. Subclass it for a database function that Oxyde does not define::

        class Soundex(Func):
            sql_name = "SOUNDEX"
            output = str

        class Similarity(Func):
            sql = {"postgres": "similarity({0}, {1})"}
            output = float

    `sql` is a template with a slot for each argument (``{*}`` for all), or one for each database. A
    database without one raises `UnsupportedFeatureError`. Columns come quoted and values as
    placeholders.

    Args:
        arguments: names of fields, expressions, or values. Pass a string constant as
            ``Value("…")``.
        output: the type of the result, as for `Cast`, instead of the class's.
    """

    __slots__ = ("arguments", "type")

    # The name in the core's table of functions.
    name: ClassVar[str] = ""
    # For a function of the user's own: its name in SQL.
    sql_name: ClassVar[str] = ""
    # Or its SQL, or that for each database.
    sql: ClassVar[OwnSql] = ""
    output: ClassVar[Any] = None

    def __init__(self, *arguments: object, output: object = None) -> None:
        self.arguments: tuple[Expression, ...] = tuple([self.argument(each) for each in arguments])
        wanted = self.output if output is None else output
        self.type: _ir.ColumnType | None = None if wanted is None else output_type(wanted)
        if self.sql:
            check_own_sql(self.sql, len(self.arguments), f"{type(self).__name__}.sql")
        elif not self.name and not self.sql_name:
            raise FieldError(f"{type(self).__name__} has neither sql_name nor sql")
        own = self.sql or self.sql_name
        least, most = _counts().get("" if own else self.name, (0, _MANY))
        if not least <= len(self.arguments) <= most:
            raise FieldError(
                f"{type(self).__name__}() takes {_in_words(least, most)}, not "
                f"{len(self.arguments)}",
                hint=(type(self).__doc__ or "").partition("\n")[0] or None,
            )

    @staticmethod
    def argument(given: object) -> Expression:
        """An argument: a name of a field, an expression, or a value."""
        return F(given) if isinstance(given, str) else as_expression(given)

    def key(self) -> Hashable:
        """The function."""
        name = type(self) if self.sql else self.name or self.sql_name
        return ("function", name, self.type and repr(self.type))

    def parts(self) -> tuple[Expression, ...]:
        """The arguments."""
        return self.arguments

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The call."""
        scope.builder.computed[f"{type(self).__name__}()"] = None
        arguments = self.build_arguments(scope, parts_of(self.arguments, scope), want)
        column_type = self.result(arguments)
        built = [each.ir for each in arguments]
        if self.sql:
            parts = raw_parts(for_dialect(scope, self.sql, f"{type(self).__name__}()"), built)
            return Typed({"raw": {"parts": parts, "type": column_type}}, column_type)
        if self.sql_name:
            return Typed(_own(self.sql_name, built, column_type), column_type)
        ir: _ir.Expr = {"function": {"name": self.name, "arguments": built, "type": column_type}}
        return Typed(ir, column_type, self.field(arguments))

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The arguments; values take the type of the first argument."""
        built: list[Typed] = []
        for each in parts:
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

    def field(self, arguments: list[Typed]) -> FieldMeta | None:
        """The field whose values the result has, if any."""
        return None

    @brief
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.arguments))})"


def _own(name: str, arguments: list[_ir.Expr], column_type: _ir.ColumnType) -> _ir.Expr:
    if not all(part.isidentifier() for part in name.split(".")):
        raise FieldError(f"sql_name must be the name of a function, not {name!r}")
    parts: list[_ir.RawPart] = [{"text": f"{name}("}]
    for position, argument in enumerate(arguments):
        if position:
            parts.append({"text": ", "})
        parts.append({"expr": argument})
    parts.append({"text": ")"})
    return {"raw": {"parts": parts, "type": column_type}}
