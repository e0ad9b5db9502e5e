"""A query that selects composite keys, inside another query: ``pk__in=query``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.natural_order import default_order
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import build_part
from oxyde.queries.compile.shape import part_shape
from oxyde.queries.expressions.context import Context
from oxyde.queries.ir.expression import InnerKeys
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState

__all__ = ["KeysExpression"]


class KeysExpression(InnerKeys):
    """A query of the columns of a composite key.

    Args:
        query: a query of models, whose keys are selected, or of as many columns.
        columns: the number of columns of the key.
    """

    __slots__ = ("of_model", "query")

    def __init__(self, query: QueryState[Any, Any], columns: int) -> None:
        rows = query._row is RowKind.MODEL and not query._groups()
        self.of_model = query._names.model if rows else None
        made = query._copy()
        made._joins, made._prefetches, made._lock = (), (), None
        sliced = made._limit is not None or made._offset is not None
        if sliced and not made._order:
            made._order = default_order(query)
        elif not sliced and not isinstance(made._distinct, tuple):
            made._order = ()
        if rows:
            key = query._names.primary_key
            made = made.values_list(*key) if not made._compounds else _each(made, key)
        elif made._fields == ("pk",) and query._names.has_composite_key:
            made._fields = query._names.primary_key
        if made._fields is None or len(made._fields) != columns:
            raise FieldError(
                f"a query of composite keys must return {columns} columns",
                hint="leave out values(), or name as many columns",
            )
        self.query = made

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The query's shape."""
        return part_shape(self.query, values)

    def select_keys(self, scope: Scope) -> tuple[_ir.Select, list[str]]:
        """The query, and the names of its columns."""
        built = build_part(self.query, scope.builder, parent=scope)
        return built.select, [name for name, _ in built.cells.list]


def _each(query: Any, key: tuple[str, ...]) -> Any:
    """A combined query of models as one of their keys."""
    query._row, query._fields, query._only = RowKind.TUPLE, key, None
    query._compounds = tuple(
        [(operator, _each(other._copy(), key)) for operator, other in query._compounds]
    )
    return query
