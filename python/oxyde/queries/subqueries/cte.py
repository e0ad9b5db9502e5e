"""Common table expressions, also recursive: a category with all its descendants::

tree = CTE(
    "tree",
    Category.objects.filter(id=1).values("id", depth=Value(0)),
    recursive=lambda tree: Category.objects.join_cte(tree, parent_id="id").values(
        "id", depth=tree.column("depth") + 1
    ),
)
rows = await Category.objects.join_cte(tree, id="id").annotate(depth=tree.column("depth"))
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import build_part, build_select
from oxyde.queries.compile.shape import part_shape
from oxyde.queries.expressions.operators import Computed
from oxyde.queries.ir.nodes import Typed, column, exact
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.names import check_query

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.query import Query

__all__ = ["CTE", "CTEColumn", "CTEJoin", "Rows"]


class Rows:
    """A CTE by its name, as its recursive part sees it.

    Attributes:
        name: the CTE's name.
        columns: the types of its columns, by name.
    """

    __slots__ = ("columns", "name")

    def __init__(self, name: str, columns: dict[str, Typed]) -> None:
        self.name = name
        self.columns = columns

    def column(self, name: str) -> CTEColumn:
        """A column, for expressions in a query that joins the CTE.

        Raises:
            FieldError: it has no such column.
        """
        if name not in self.columns:
            raise FieldError(
                f"the CTE `{self.name}` has no column `{name}`", hint=hint_for(name, self.columns)
            )
        return CTEColumn(self.name, name, self.columns[name])


class CTE(Rows):
    """A named query that other queries join by `join_cte`.

    Args:
        name: its name, an identifier that no table of the queries has.
        query: its rows, selected by values() or values_list().
        recursive: returns the query of the next rows, from the rows found so far.
        distinct: drop duplicate rows, so that cycles in the data terminate.

    Raises:
        FieldError: the name is invalid, or the queries have different numbers of columns.
    """

    __slots__ = ("distinct", "next", "query")

    def __init__(
        self,
        name: str,
        query: QueryState[Any, Any],
        *,
        recursive: Callable[[Rows], QueryState[Any, Any]] | None = None,
        distinct: bool = False,
    ) -> None:
        check_query("CTE()", query)
        if not name.isidentifier() or name == query._names.meta.table_name:
            raise FieldError(
                f"the name of a CTE must be an identifier that no table has, not {name!r}"
            )
        if query._row is RowKind.MODEL:
            raise FieldError(
                f"the CTE `{name}` needs named columns", hint='select them: .values("id", …)'
            )
        self.query = query._copy()
        super().__init__(name, _columns_of(self.query))
        self.distinct = distinct
        self.next: Query[Any, Any] | None = None
        if recursive is not None:
            self.next = recursive(Rows(name, self.columns))._copy()
            if self.next._row is RowKind.MODEL or len(_columns_of(self.next)) != len(self.columns):
                raise FieldError(
                    f"the recursive part of `{name}` needs the same columns: "
                    + ", ".join(self.columns)
                )

    def shape(self, values: list[Any]) -> Hashable:
        """The name and the queries."""
        first = part_shape(self.query, values)
        second = None if self.next is None else part_shape(self.next, values)
        return (self.name, first, second, self.distinct)

    def build(self, builder: Builder) -> _ir.Cte:
        """The CTE of the IR."""
        select = build_part(self.query, builder).select
        if self.next is not None:
            part = build_part(self.next, builder).select
            operator: _ir.SetOperator = "union" if self.distinct else "union_all"
            select["compounds"].append({"operator": operator, "select": part})
        return {
            "name": self.name,
            "columns": list(self.columns),
            "recursive": self.next is not None,
            "select": select,
        }


def _columns_of(query: QueryState[Any, Any]) -> dict[str, Typed]:
    return dict(build_select(query, Builder(checking=True), inner=True).cells.list)


class CTEColumn(Computed):
    """A column of a CTE that the query joined."""

    __slots__ = ("cte", "name", "typed")

    def __init__(self, cte: str, name: str, typed: Typed) -> None:
        self.cte = cte
        self.name = name
        self.typed = typed

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The names."""
        return ("cte", self.cte, self.name)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column."""
        here: Scope | None = scope.origin
        while here is not None:
            alias = here.extra.get(self.cte)
            if alias is not None:
                return Typed(_column(alias, self.name, self.typed), *self.typed[1:])
            here = here.parent
        if scope.builder.checking:
            return Typed(_column(self.cte, self.name, self.typed), *self.typed[1:])
        raise FieldError(
            f"the CTE `{self.cte}` is not joined here", hint=f"join_cte({self.cte}, …)"
        )

    def __repr__(self) -> str:
        return f"{self.cte}.column({self.name!r})"


def _column(alias: str, name: str, typed: Typed) -> _ir.Expr:
    return {"column": {"table": alias, "name": name, "type": typed.type or "text"}}


class CTEJoin:
    """A CTE in the FROM of a query: its name, and the pairs of fields and columns that must be
    equal."""

    __slots__ = ("columns", "left", "name", "pairs")

    def __init__(self, rows: Rows, pairs: dict[str, str], *, left: bool) -> None:
        self.name = rows.name
        self.columns = rows.columns
        self.pairs = tuple(pairs.items())
        self.left = left

    @property
    def shape(self) -> Hashable:
        """It is part of the shape whole."""
        return (self.name, self.pairs, self.left)

    def build(self, scope: Scope) -> None:
        """Join it."""
        alias = scope.extra[self.name] = scope.builder.alias(self.name)
        conditions = [
            exact(
                column(scope.alias, scope.names.field(field)),
                _column(alias, name, self.columns[name]),
            )
            for field, name in self.pairs
        ]
        scope.joins.append(
            {
                "kind": "left" if self.left else "inner",
                "source": {"table": {"schema": None, "name": self.name, "alias": alias}},
                "on": {"and": conditions} if len(conditions) > 1 else conditions[0],
            }
        )
