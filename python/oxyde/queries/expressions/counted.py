"""What `Count("users")` counts where the related rows have a composite key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.operators import F
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.composite import ResolvedKey
from oxyde.queries.lookups.parse import resolve_value
from oxyde.queries.lookups.paths import head

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["Counted"]


class Counted(F):
    """A name whose values are counted: of rows with a composite key, it counts the rows.

    Args:
        name: as for `F`.
        distinct: whether equal values count once.
    """

    __slots__ = ("distinct",)

    def __init__(self, name: str, *, distinct: bool) -> None:
        super().__init__(name)
        self.distinct = distinct

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The value, or a column of the key, which is never NULL.

        Raises:
            FieldError: different composite keys are to be counted.
        """
        origin = scope.origin
        if head(self.name, origin.annotations) in origin.annotations:
            return super().build(scope, want)
        resolved = resolve_value(origin.names, self.name, origin.annotations)
        if not isinstance(resolved, ResolvedKey):
            return super().build(scope, want)
        if self.distinct:
            raise FieldError(
                f"Count({self.name!r}, distinct=True) of `{origin.names.label}` would compare keys "
                f"of {len(resolved.columns)} columns",
                hint="leave out distinct=True, or count one column: "
                + ", ".join(each.key for each in resolved.columns),
            )
        first = resolved.columns[0]
        return Typed(origin.column(first.hops, first.field), first.field.column_type, first.field)
