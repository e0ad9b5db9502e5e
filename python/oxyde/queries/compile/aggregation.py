"""Statements that give one value or one row: counts and aggregates over a whole query."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.derived import FoundRows, has_rows_of_its_own, needs_derived
from oxyde.queries.compile.linked import count_links, link_of
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.recipe import Cells
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import Built, build_select
from oxyde.queries.compile.shape import shape_of
from oxyde.queries.expressions.aggregates import Count
from oxyde.queries.expressions.context import Annotation, Context
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed, empty_select
from oxyde.queries.ir.scope import Builder, Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = [
    "One",
    "build_aggregates",
    "build_count",
    "build_found",
    "output",
    "value_of",
]


class One(Expression):
    """The number 1, as part of the shape."""

    __slots__ = ()

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """A constant."""
        return "one"

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A literal."""
        return Typed({"literal": {"int": 1}}, "big_int")


def output(context: Context, name: str, expression: Expression) -> Annotation:
    """An expression selected under a name.

    Raises:
        FieldError: an unknown name, or types that do not go together.
    """
    return context.annotation(name, expression, "any")


async def value_of(
    query: Query[Any, Any],
    kind: Hashable,
    build: Callable[[Query[Any, Any], Features], tuple[_ir.Statement, Builder, Any]],
    executor: Executor,
    around: tuple[Annotation, ...] = (),
) -> Any:
    """Run a statement of another kind than the query's own rows.

    Args:
        around: what is computed over those rows.

    Returns:
        None for a query that is known to have no rows, which is not run.
    """
    if query._is_empty():
        return None
    values: list[Any] = []
    shape = (kind, shape_of(query, values), tuple([(each.name, each.shape) for each in around]))
    for each in around:
        values += each.values
    features = executor.features
    entry = entry_for(features, shape, lambda: build(query, features), query._model)
    return await entry.fetch(executor, values)


def _around(builder: Builder, built: Built, alias: str) -> _ir.Select:
    select = empty_select()
    select["ctes"], built.select["ctes"] = built.select["ctes"], []
    select["from"] = {"subquery": {"select": built.select, "alias": alias}}
    return select


def build_count(query: Query[Any, Any], features: Features) -> tuple[_ir.Statement, Builder, Any]:
    """`SELECT COUNT(*)`."""
    builder = Builder(features)
    if not needs_derived(query):
        hop = link_of(query)
        if hop is not None:
            select, number = count_links(query, Scope(builder, query._names), hop)
            cells = Cells(RowKind.SCALAR, query._names)
            cells.add("count", number)
            return {"select": select}, builder, cells.recipe(RowKind.SCALAR)
        counted = query._copy()
        counted._outputs = (output(query._context(grouping=True), "count", Count()),)
        built = build_select(counted, builder)
        return {"select": built.select}, builder, built.cells.recipe(RowKind.SCALAR)
    alias = builder.alias("counted")
    built = build_select(query, builder, inner=True)
    select = _around(builder, built, alias)
    typed = Count().over(built.scope, [])
    cells = Cells(RowKind.SCALAR, query._names)
    cells.add("count", typed)
    select["outputs"] = [{"expr": typed.ir, "name": "count"}]
    return {"select": select}, builder, cells.recipe(RowKind.SCALAR)


def build_found(query: Query[Any, Any], features: Features) -> tuple[_ir.Statement, Builder, Any]:
    """`SELECT 1`, for whether there is a row."""
    builder = Builder(features)
    if not has_rows_of_its_own(query):
        built = build_select(query, builder)
        return {"select": built.select}, builder, built.cells.recipe(RowKind.SCALAR)
    alias = builder.alias("found")
    built = build_select(query, builder, inner=True)
    select = _around(builder, built, alias)
    typed = One().build(built.scope)
    cells = Cells(RowKind.SCALAR, query._names)
    cells.add("one", typed)
    select["outputs"] = [{"expr": typed.ir, "name": "one"}]
    return {"select": select}, builder, cells.recipe(RowKind.SCALAR)


def build_aggregates(
    query: Query[Any, Any], aggregates: tuple[Annotation, ...], features: Features
) -> tuple[_ir.Statement, Builder, Any]:
    """A SELECT of aggregates over all rows. Over a slice, and over distinct, grouped or combined
    rows, the query becomes a derived table.

    Raises:
        FieldError: an aggregate of something that the rows do not have.
    """
    builder = Builder(features)
    if not needs_derived(query):
        built = build_select(query, builder)
        return {"select": built.select}, builder, built.cells.recipe(RowKind.DICT)
    rows = FoundRows(builder, query)
    cells = Cells(RowKind.DICT, query._names)
    for annotation in aggregates:
        typed = annotation.expression.build(rows)
        rows.select["outputs"].append({"expr": typed.ir, "name": annotation.name})
        cells.add(annotation.name, typed)
    if not has_rows_of_its_own(query):
        rows.load_only_used()
    return {"select": rows.select}, builder, cells.recipe(RowKind.DICT)
