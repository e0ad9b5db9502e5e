"""Statements that give one value or one row: counts and aggregates over a whole query."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.queries.aggregates import Count
from oxyde.queries.annotation import Annotation, Context
from oxyde.queries.base import Expression
from oxyde.queries.build_ir import Built, build_select, empty_select
from oxyde.queries.found_rows import FoundRows, has_rows_of_its_own, needs_derived
from oxyde.queries.plans import entry_for
from oxyde.queries.rows import Cells
from oxyde.queries.scope import Builder, Scope, Typed
from oxyde.queries.shape import shape_of

if TYPE_CHECKING:
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
    """An expression that comes back under a name.

    Raises:
        FieldError: an unknown name, or types that do not go together.
    """
    return context.annotation(name, expression, _has_aggregate)


def _has_aggregate(context: Context, expression: Expression) -> bool:
    return expression.aggregates()


async def value_of(
    query: Query[Any, Any],
    kind: Hashable,
    build: Callable[[Query[Any, Any], str], tuple[_ir.Statement, Builder, Any]],
    executor: Executor,
    around: tuple[Annotation, ...] = (),
) -> Any:
    """Run a statement of another kind than the query's own rows.

    Args:
        around: what is computed over those rows.
    """
    values: list[Any] = []
    shape = (kind, shape_of(query, values), tuple([(each.name, each.shape) for each in around]))
    for each in around:
        values += each.values
    flavour = executor.flavour
    entry = entry_for(flavour, shape, lambda: build(query, flavour), query._model)
    return await entry.fetch(executor, values)


def _around(builder: Builder, built: Built, alias: str) -> _ir.Select:
    select = empty_select()
    select["ctes"], built.select["ctes"] = built.select["ctes"], []
    select["from"] = {"subquery": {"select": built.select, "alias": alias}}
    return select


def build_count(query: Query[Any, Any], flavour: str) -> tuple[_ir.Statement, Builder, Any]:
    """`SELECT COUNT(*)`."""
    builder = Builder(flavour)
    if not needs_derived(query):
        counted = query._copy()
        counted._outputs = (output(query._context(grouping=True), "count", Count()),)
        built = build_select(counted, builder)
        return {"select": built.select}, builder, built.cells.recipe("scalar")
    alias = builder.alias("counted")
    built = build_select(query, builder, inner=True)
    select = _around(builder, built, alias)
    typed = Count().over(built.scope, None)
    cells = Cells("scalar", query._names)
    cells.add("count", typed)
    select["outputs"] = [{"expr": typed.ir, "name": "count"}]
    return {"select": select}, builder, cells.recipe("scalar")


def build_found(query: Query[Any, Any], flavour: str) -> tuple[_ir.Statement, Builder, Any]:
    """`SELECT 1`, for whether there is a row."""
    builder = Builder(flavour)
    if not query._compounds and not query._groups():
        built = build_select(query, builder)
        return {"select": built.select}, builder, built.cells.recipe("scalar")
    alias = builder.alias("found")
    built = build_select(query, builder, inner=True)
    select = _around(builder, built, alias)
    typed = One().build(built.scope)
    cells = Cells("scalar", query._names)
    cells.add("one", typed)
    select["outputs"] = [{"expr": typed.ir, "name": "one"}]
    return {"select": select}, builder, cells.recipe("scalar")


def build_aggregates(
    query: Query[Any, Any], aggregates: tuple[Annotation, ...], flavour: str
) -> tuple[_ir.Statement, Builder, Any]:
    """A SELECT of aggregates over all rows; those of a slice, and of distinct, grouped or combined
    rows, over a query around it.

    Raises:
        FieldError: an aggregate of something that the rows do not have.
    """
    builder = Builder(flavour)
    if not needs_derived(query):
        built = build_select(query, builder)
        return {"select": built.select}, builder, built.cells.recipe("dict")
    rows = FoundRows(builder, query)
    cells = Cells("dict", query._names)
    for annotation in aggregates:
        typed = annotation.expression.build(rows)
        rows.select["outputs"].append({"expr": typed.ir, "name": annotation.name})
        cells.add(annotation.name, typed)
    if not has_rows_of_its_own(query):
        rows.load_only_used()
    return {"select": rows.select}, builder, cells.recipe("dict")
