"""Queries inside queries: Subquery, Exists, OuterRef, and `in` with a query."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.aggregation import One, output
from oxyde.queries.compile.derived import has_rows_of_its_own
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import build_part
from oxyde.queries.compile.shape import part_shape
from oxyde.queries.expressions.context import Context
from oxyde.queries.expressions.operators import Computed
from oxyde.queries.ir.expression import Conditional, InnerQuery
from oxyde.queries.ir.nodes import Typed, empty_select
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.path_value import path_value
from oxyde.queries.names import check_query
from oxyde.queries.subqueries.key_sets import in_keys

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.query import Query

__all__ = ["Exists", "OuterRef", "QueryExpression", "Subquery"]


class OuterRef(Computed):
    """A field of the enclosing query: ``Post.objects.filter(author_id=OuterRef("id"))``.

    Args:
        name: a field or path of that query; another OuterRef for the next enclosing query.
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
        """Its name and depth."""
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
                    hint="put the query in Exists(…), Subquery(…) or `__in=`",
                )
            here = here.parent.origin
        return path_value(here, self.name, want)

    def __repr__(self) -> str:
        return f"OuterRef({self.name!r})"


class QueryExpression(Computed, InnerQuery):
    """A query of one column as a value, or as a list of values after `in`."""

    __slots__ = ("of_model", "query")

    def __init__(self, query: QueryState[Any, Any], field: str | None = None) -> None:
        check_query("Subquery()", query)
        rows = query._row is RowKind.MODEL and not query._groups()
        self.of_model = query._names.model if rows else None
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

    def select(self, scope: Scope) -> tuple[_ir.Select, Typed]:
        """The query for `in`, and its column."""
        query = self.query
        if query._limit is None and query._offset is None:
            unordered = query._copy()
            unordered._order = () if not isinstance(query._distinct, tuple) else query._order
            built = build_part(unordered, scope.builder, parent=scope)
            return built.select, built.cells.list[0][1]
        # Not every database supports LIMIT directly inside IN.
        built = build_part(query, scope.builder, parent=scope)
        alias = scope.builder.alias("picked")
        name, typed = built.cells.list[0]
        outer = empty_select()
        outer["from"] = {"subquery": {"select": built.select, "alias": alias}}
        column: _ir.Expr = {"column": {"table": alias, "name": name, "type": typed.type or "text"}}
        outer["outputs"] = [{"expr": column, "name": name}]
        return outer, typed


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
    if made._row is RowKind.MODEL and not made._groups():
        names = query._names
        if field is None and len(names.primary_key) != 1:
            size = "a key of several columns" if names.primary_key else "no primary key"
            raise FieldError(f"`{names.label}` has {size}", hint='select one: .values("…")')
        made._row = RowKind.FLAT
        made._fields = (field or names.primary_key[0],)
        made._compounds = tuple(
            [(operator, _one_column(other, field)) for operator, other in query._compounds]
        )
    if made._fields is None or len(made._fields) != 1:
        raise FieldError(
            "a subquery must return one column",
            hint='select them: .values("…")',
        )
    return made


class _ExistsNode(Node):
    __slots__ = ("query",)

    def __init__(self, query: Query[Any, Any]) -> None:
        values: list[Any] = []
        self.query = query
        self.shape = ("exists", part_shape(query, values))
        self.values = tuple(values)

    def build(self, scope: Scope) -> _ir.Predicate:
        """`EXISTS`."""
        query = self.query
        select = build_part(query, scope.builder, parent=scope).select
        if has_rows_of_its_own(query) and query._offset is not None:
            # SQLite ignores DISTINCT directly inside EXISTS.
            outer = empty_select()
            alias = scope.builder.alias("picked")
            outer["from"] = {"subquery": {"select": select, "alias": alias}}
            outer["outputs"] = [{"expr": {"literal": {"int": 1}}, "name": "one"}]
            select = outer
        elif scope.filtering:
            keys = in_keys(scope, select, query._names)
            if keys is not None:
                return keys
        return {"exists": select}


class Exists(Computed, Conditional):
    """Whether a query returns a row; ``~Exists(…)`` negates it.

    Args:
        query: it may refer to the enclosing query by `OuterRef`.
    """

    __slots__ = ("query",)

    def __init__(self, query: QueryState[Any, Any]) -> None:
        check_query("Exists()", query)
        made = query._copy()
        made._joins, made._prefetches, made._lock = (), (), None
        if made._limit is None and made._offset is None:
            made._order = ()
            made._distinct = False
        if not has_rows_of_its_own(made):
            made._row, made._fields = RowKind.FLAT, None
            made._outputs = (output(made._context(), "one", One()),)
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
