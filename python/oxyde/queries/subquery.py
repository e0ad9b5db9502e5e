"""Queries inside queries: Subquery, Exists, OuterRef, and `in` with a query."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.annotation import Context
from oxyde.queries.base import Conditional
from oxyde.queries.build_ir import build_part, empty_select
from oxyde.queries.expressions import Computed, path_value
from oxyde.queries.predicates import Node
from oxyde.queries.scope import Scope, Typed
from oxyde.queries.shape import part_shape
from oxyde.queries.terminal import One, output

if TYPE_CHECKING:
    from oxyde.queries.query import Query
    from oxyde.queries.state import QueryState

__all__ = ["Exists", "OuterRef", "QueryExpression", "Subquery"]


class OuterRef(Computed):
    """A field of the query around a subquery: ``Post.objects.filter(author_id=OuterRef("id"))``.

    Args:
        name: a field or path there; another OuterRef for the query around that one.
    """

    __slots__ = ("depth", "name")

    def __init__(self, name: str | OuterRef) -> None:
        if isinstance(name, OuterRef):
            self.name: str = name.name
            self.depth: int = name.depth + 1
        else:
            self.name = name
            self.depth = 1

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its name and how far out it is."""
        return ("outer", self.name, self.depth)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column of the outer query."""
        here = scope.origin
        for _ in range(self.depth):
            if here.parent is None:
                if scope.builder.checking:
                    return Typed({"literal": "null"}, want)
                raise FieldError(
                    f"OuterRef({self.name!r}) has no query around it",
                    hint="put the query into Exists(…), Subquery(…) or `__in=`",
                )
            here = here.parent.origin
        if self.name in here.annotations:
            return here.annotation(self.name)
        return path_value(here, self.name, want)

    def __repr__(self) -> str:
        return f"OuterRef({self.name!r})"


class QueryExpression(Computed):
    """A query of one column as a value, or as a list of values after `in`."""

    __slots__ = ("query",)

    def __init__(self, query: QueryState[Any, Any], field: str | None = None) -> None:
        self.query = _one_column(query, field)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The query's shape."""
        return ("subquery", part_shape(self.query, values))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A scalar subquery."""
        built = build_part(self.query, scope.builder, parent=scope)
        _, typed = built.cells.list[0]
        column_type = typed.type or want or "text"
        ir: _ir.Expr = {"subquery": {"select": built.select, "type": column_type}}
        return Typed(ir, column_type, typed.field)

    def select(self, scope: Scope) -> _ir.Select:
        """The query for `in`."""
        query = self.query
        if query._limit is None and query._offset is None:
            unordered = query._copy()
            unordered._order = () if not isinstance(query._distinct, tuple) else query._order
            return build_part(unordered, scope.builder, parent=scope).select
        # Not every database takes a limit right inside of IN.
        built = build_part(query, scope.builder, parent=scope)
        alias = scope.builder.alias("picked")
        name, typed = built.cells.list[0]
        outer = empty_select()
        outer["from"] = {"subquery": {"select": built.select, "alias": alias}}
        column: _ir.Expr = {"column": {"table": alias, "name": name, "type": typed.type or "text"}}
        outer["outputs"] = [{"expr": column, "name": name}]
        return outer


class Subquery(QueryExpression):
    """A query of one column and at most one row as a value::

    Subquery(Post.objects.filter(author_id=OuterRef("id")).order_by("-id").values("title")[:1])
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Subquery({self.query!r})"


def _one_column(query: QueryState[Any, Any], field: str | None) -> Query[Any, Any]:
    made = query._copy()
    made._joins, made._prefetches, made._lock = (), (), None
    if made._row == "model" and not made._groups():
        names = query._names
        if field is None and len(names.primary_key) != 1:
            raise FieldError(
                f"`{names.label}` has a key of several columns",
                hint='say which column: .values("…")',
            )
        made._row = "flat"
        made._fields = (field or names.primary_key[0],)
        made._compounds = tuple(
            [(operator, _one_column(other, field)) for operator, other in query._compounds]
        )
    if made._fields is None or len(made._fields) != 1:
        raise FieldError(
            "a query inside another one gives one column",
            hint='say which: .values("…")',
        )
    return made


class _ExistsNode(Node):
    __slots__ = ("query",)

    def __init__(self, query: Query[Any, Any]) -> None:
        values: list[Any] = []
        self.query = query
        self.shape = ("exists", part_shape(query, values))
        self.values = tuple(values)

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """`EXISTS`."""
        built = build_part(self.query, scope.builder, parent=scope)
        return {"exists": built.select}


class Exists(Computed, Conditional):
    """Whether a query has a row; ``~Exists(…)`` whether it has none.

    Args:
        query: it may refer to the query around by `OuterRef`.
    """

    __slots__ = ("query",)

    def __init__(self, query: QueryState[Any, Any]) -> None:
        made = query._copy()
        made._joins, made._prefetches, made._lock = (), (), None
        if not made._compounds and not made._groups():
            made._row, made._fields = "flat", None
            made._outputs = (output(made._context(), "one", One()),)
            if made._limit is None and made._offset is None:
                made._order = ()
                made._distinct = False
        self.query = made

    def resolve(self, context: Context) -> Node:
        """The condition."""
        node = _ExistsNode(self.query)
        context.check_node(node)
        return node

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The query's shape."""
        return ("exists", part_shape(self.query, values))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The condition as a truth value."""
        return Typed({"predicate": _ExistsNode(self.query).build(scope)}, "bool")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"Exists({self.query!r})"
