"""What an UPDATE sets without being told: the time of `auto_now` fields, and the next number of
`Meta.version`."""

from __future__ import annotations

from collections.abc import Container, Hashable
from typing import TYPE_CHECKING, Any

from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed, column
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.writes.insert import insert_column

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta, ModelMeta
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.ir.scope import Scope

__all__ = ["Automatic", "assignments_of"]

_CLOCKS = {"date": "current_date", "time": "current_time"}


class Automatic(Expression):
    """The value that a column gets with each UPDATE of its row."""

    __slots__ = ("field",)

    def __init__(self, field: FieldMeta) -> None:
        self.field = field

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The column alone: it has no values."""
        return "automatic"

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The current time, or the next number."""
        return Typed(_value(self.field, scope.alias), self.field.column_type)

    def __repr__(self) -> str:
        return f"Automatic({self.field.name!r})"


def assignments_of(meta: ModelMeta, alias: str, given: Container[str]) -> list[_ir.Assignment]:
    """The items of SET for the automatic fields that are not in `given`.

    Args:
        alias: the table's.
    """
    return [
        {"column": insert_column(field), "value": _value(field, alias)}
        for name in meta.automatic
        if name not in given
        for field in (meta.field_metadata[name],)
    ]


def _value(field: FieldMeta, alias: str) -> _ir.Expr:
    column_type = field.column_type
    if field.auto_now:
        name = _CLOCKS.get(kind_of(column_type), "now")
        return {"function": {"name": name, "arguments": [], "type": column_type}}
    one: _ir.Expr = {"literal": {"int": 1}}
    return {
        "binary": {"op": "add", "left": column(alias, field), "right": one, "type": column_type}
    }
