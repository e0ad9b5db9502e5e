"""JSON documents made of values of the row."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.operators import Constant, F, as_expression
from oxyde.queries.expressions.parts import Part
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["JsonArray", "JsonObject", "check_member"]

# Kinds that JSON has no form for.
_NO_MEMBERS = frozenset({"bytes", "interval", "range", "vector"})


def check_member(scope: Scope, expression: object, column_type: _ir.ColumnType | None) -> None:
    """Refuse a value that a document cannot have.

    Raises:
        FieldError: JSON has no such values.
    """
    kind = "text" if column_type is None else kind_of(column_type)
    if kind in _NO_MEMBERS:
        raise scope.unfit(expression, f"JSON has no {kind}", "use Cast(…, str)")


class _Document(Func):
    __slots__ = ()
    output = dict

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """Each of its own type."""
        built = [each.build(scope) for each in parts]
        for each in built:
            check_member(scope, self, each.type)
        return built


class JsonArray(_Document):
    """A JSON list of the arguments: ``JsonArray("name", "author__name", Value(1))``.

    NULL becomes null, a Decimal a string, and a date or time a string in ISO format.
    """

    __slots__ = ()
    name = "json_array"

    def __init__(self, *items: object) -> None:
        super().__init__(*items)


class JsonObject(_Document):
    """A JSON object: ``JsonObject(name="name", author=JsonObject(name="author__name"))``.

    NULL becomes null, a Decimal a string, and a date or time a string in ISO format.

    Args:
        given: a dict of members whose names are no Python names.
        members: names of fields, or expressions, by the names of the members.
    """

    __slots__ = ("names",)
    name = "json_object"

    def __init__(self, given: dict[str, object] | None = None, /, **members: object) -> None:
        everything = {**(given or {}), **members}
        arguments: list[Expression] = []
        for name, value in everything.items():
            if not isinstance(name, str):
                raise FieldError(f"a member of JsonObject() is named by a string, not {name!r:.80}")
            arguments.append(Constant(name, "a member of JsonObject()", "text"))
            arguments.append(F(value) if isinstance(value, str) else as_expression(value))
        self.names = tuple(everything)
        super().__init__(*arguments)

    def key(self) -> Hashable:
        """The number of members."""
        return (len(self.names), super().key())
