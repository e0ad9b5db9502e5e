"""Functions that choose one of their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.queries.columns import kind_of
from oxyde.queries.function import Func
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    pass

__all__ = [
    "Coalesce",
    "Greatest",
    "Least",
    "NullIf",
    "family_of",
]


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
        kinds = {family_of(each.type) for each in built if each.type is not None}
        if len(kinds) > 1:
            raise scope.unfit(
                self,
                f"takes values of one type, not {', '.join(sorted(kinds))}",
                "convert them with Cast(…)",
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


def family_of(column_type: _ir.ColumnType) -> str:
    """The kind of a type, with one name for all numbers and one for all texts."""
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
