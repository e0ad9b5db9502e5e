"""Functions that choose one of their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.parts import Part
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta

__all__ = [
    "Coalesce",
    "Greatest",
    "Least",
    "NullIf",
    "common_field",
    "family_of",
]


class _Choice(Func):
    __slots__ = ()

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """Arguments of one type: that of the first which is not a plain value."""
        beside = want
        for each in self.arguments:
            found, is_value = scope.look(each)
            if found is not None and not is_value:
                beside = found
                break
        built = [each.build(scope, beside) for each in parts]
        kinds = {family_of(each.type) for each in built if each.type is not None}
        if len(kinds) > 1:
            raise scope.unfit(
                self,
                f"takes values of one type, not {', '.join(sorted(kinds))}",
                "convert them with Cast(…)",
            )
        return built

    def field(self, arguments: list[Typed]) -> FieldMeta | None:
        """The field of the first argument that is a column."""
        return next((each.field for each in arguments if each.field is not None), None)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """The widest of the arguments' types."""
        if self.type is not None:
            return self.type
        types: list[_ir.ColumnType] = [each.type for each in arguments if each.type is not None]
        for kind in ("decimal", "double", "big_int", "integer"):
            for column_type in types:
                if kind_of(column_type) == kind:
                    return column_type
        return types[0] if types else "text"


def common_field(values: list[Typed]) -> FieldMeta | None:
    """The field type that all of these share, NULL aside; None if they differ."""
    fields = [each.field for each in values if each.ir != {"literal": "null"}]
    first = fields[0] if fields else None
    same = all(
        first is not None and each is not None and each.python_type == first.python_type
        for each in fields
    )
    return first if same else None


def family_of(column_type: _ir.ColumnType) -> str:
    """The kind of a type, with one name for all numbers and one for all strings."""
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
