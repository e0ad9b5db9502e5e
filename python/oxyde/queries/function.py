"""The base of functions: those of the database that Oxyde knows, and your own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.expressions import Computed, F, as_expression
from oxyde.queries.outputs import output_type
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["Func"]


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
