"""A query as a derived table of an outer query that aggregates its rows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import Built, build_select
from oxyde.queries.expressions.context import Annotation, Context
from oxyde.queries.expressions.operators import Computed
from oxyde.queries.ir.nodes import Typed, column, empty_select
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.lookups.parse import resolve_value

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.names import Hop

__all__ = ["FoundRows", "context_of_rows", "has_rows_of_its_own", "needs_derived"]


def needs_derived(query: QueryState[Any, Any]) -> bool:
    """Whether the query's rows differ from those of its tables, so that only an outer query can
    count them."""
    return (
        has_rows_of_its_own(query)
        or query._limit is not None
        or query._offset is not None
        or any(each.windows for each in query._annotations.values())
    )


def has_rows_of_its_own(query: QueryState[Any, Any]) -> bool:
    """Whether the query's columns determine its rows, so that no column can be added."""
    return query._distinct is not False or bool(query._compounds) or query._groups()


class _Output(Computed):
    """A column of the derived table that is not a field of the model."""

    __slots__ = ("name", "typed")

    def __init__(self, name: str, typed: Typed) -> None:
        self.name = name
        self.typed = typed

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its name."""
        return ("found", self.name)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column."""
        ir: _ir.Expr = {
            "column": {
                "table": scope.origin.alias,
                "name": self.name,
                "type": self.typed.type or "text",
            }
        }
        return Typed(ir, self.typed.type, self.typed.field)


def _output(name: str, typed: Typed) -> Annotation:
    return Annotation(name, _Output(name, typed), ("found", name), (), typed, grouped=False)


def context_of_rows(query: QueryState[Any, Any]) -> Context:
    """The names in an outer query, before the inner one is built: its annotations are plain columns
    there."""
    annotations = {
        each.name: _output(each.name, Typed({"literal": "null"}, each.type, each.field))
        for each in query._annotations.values()
    }
    return Context(query._names, annotations, grouping=True)


class FoundRows(Scope):
    """A scope whose only table is a query as a derived table.

    Attributes:
        select: the SELECT from it, to be filled.
    """

    def __init__(self, builder: Builder, query: QueryState[Any, Any]) -> None:
        self._inner: Built = build_select(query, builder, inner=True)
        super().__init__(builder, query._names, alias="found")
        self.grouping = self.grouping_rows = True
        self.opened = query._opened
        # The fields among the columns: by name for models, by path for values.
        self._loaded: frozenset[str] = frozenset()
        self._columns: dict[tuple[tuple[str, ...], str], Typed] = {}
        cells = self._inner.cells
        if query._row is RowKind.MODEL:
            self._loaded = frozenset(cells.fields)
        for name, typed in cells.list:
            output = _output(name, typed)
            self.annotations[name] = output
            self.starts[name] = 0
            if name not in query._annotations:
                self._add_path(name, output.expression.build(self))
        self._known = [*sorted(self._loaded), *self.annotations]
        self.select = empty_select()
        self.select["ctes"], self._inner.select["ctes"] = self._inner.select["ctes"], []
        self.select["from"] = {"subquery": {"select": self._inner.select, "alias": self.alias}}
        self.select["joins"] = self.joins

    def never_null(self, typed: Typed) -> bool:
        """False: a column of the rows may be of a row that was joined to them."""
        return False

    def _add_path(self, name: str, typed: Typed) -> None:
        resolved = resolve_value(self.names, name)
        if not resolved.path and resolved.part is None and resolved.spec.name == "exact":
            path = tuple([hop.name for hop in resolved.hops])
            self._columns[path, resolved.field.name] = typed

    def column(self, hops: Sequence[Hop], field: FieldMeta) -> _ir.Expr:
        """A column of the rows, or of a row that they refer to."""
        found = self._columns.get((tuple([hop.name for hop in hops]), field.name))
        if found is not None:
            return found.ir
        if not hops and field.name in self._loaded:
            return column(self.alias, field)
        if hops and hops[0].local.name in self._loaded:
            return super().column(hops, field)
        name = "__".join([*[hop.name for hop in hops], field.name])
        raise FieldError(
            f"the rows of this query of `{self.names.label}` have no `{name}`",
            hint=hint_for(name, self._known),
        )

    def load_only_used(self) -> None:
        """Drop unused model columns. Only valid where they do not determine the rows."""
        used = _columns_of(self.select["outputs"], self.alias)
        used |= _columns_of(self.joins, self.alias)
        outputs = self._inner.select["outputs"]
        kept = [output for output in outputs if output["name"] in used | set(self.annotations)]
        self._inner.select["outputs"] = kept or [{"expr": {"literal": {"int": 1}}, "name": "one"}]


def _columns_of(node: object, alias: str) -> set[str]:
    """The columns of a table that a node of the statement reads."""
    if isinstance(node, dict):
        found = node.get("column")
        if isinstance(found, dict) and found.get("table") == alias:
            return {found["name"]}
        return set().union(*[_columns_of(each, alias) for each in node.values()])
    if isinstance(node, list):
        return set().union(*[_columns_of(each, alias) for each in node])
    return set()
