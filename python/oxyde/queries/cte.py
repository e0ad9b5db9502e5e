"""Common table expressions, recursive ones too: the tree below a category."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.build_ir import build_select
from oxyde.queries.scope import Builder
from oxyde.queries.shape import shape_of

if TYPE_CHECKING:
    from oxyde.queries.query import Query
    from oxyde.queries.state import QueryState

__all__ = ["CTE"]


class CTE:
    """A named query that the main query reads.

    Args:
        name: its name.
        query: its rows.
        recursive: for a recursive one, gives the query of the next rows from a query over those
            found so far.
    """

    __slots__ = ("name", "next", "query")

    def __init__(
        self,
        name: str,
        query: QueryState[Any, Any],
        *,
        recursive: Callable[[Query[Any, Any]], Query[Any, Any]] | None = None,
    ) -> None:
        if not name.isidentifier():
            raise FieldError(f"the name of a CTE is an identifier, not {name!r}")
        self.name = name
        self.query = query._copy()
        self.next: Query[Any, Any] | None = None
        if recursive is not None:
            self.next = recursive(query._copy())

    def shape(self, values: list[Any]) -> Hashable:
        """The name and the queries."""
        first = shape_of(self.query, values)
        second = None if self.next is None else shape_of(self.next, values)
        return (self.name, first, second)

    def build(self, builder: Builder) -> _ir.Cte:
        """The CTE of the IR."""
        built = build_select(self.query, builder, inner=True)
        columns = [output["name"] for output in built.select["outputs"]]
        if self.next is not None:
            part = build_select(self.next, builder, inner=True)
            built.select["compounds"] = [{"operator": "union_all", "select": part.select}]
        return {
            "name": self.name,
            "columns": columns,
            "recursive": self.next is not None,
            "select": built.select,
        }
