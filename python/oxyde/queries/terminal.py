"""Statements that give one value or one row: counts and aggregates over a whole query."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.aggregates import Aggregate, Count
from oxyde.queries.annotation import Annotation, Context
from oxyde.queries.base import Expression
from oxyde.queries.build_ir import Built, build_select, empty_select
from oxyde.queries.columns import hint_for
from oxyde.queries.expressions import F
from oxyde.queries.plans import entry_for
from oxyde.queries.rows import Cells
from oxyde.queries.scope import Builder, Scope, Typed, column
from oxyde.queries.shape import shape_of

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query
    from oxyde.queries.state import QueryState

__all__ = [
    "One",
    "arguments_of",
    "build_aggregates",
    "build_count",
    "build_found",
    "check_plain",
    "has_rows_of_its_own",
    "needs_derived",
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
) -> Any:
    """Run a statement of another kind than the query's own rows."""
    values: list[Any] = []
    shape = (kind, shape_of(query, values))
    flavour = executor.flavour
    entry = entry_for(flavour, shape, lambda: build(query, flavour), query._model)
    return await entry.fetch(executor, values)


def needs_derived(query: QueryState[Any, Any]) -> bool:
    """Whether the query's rows are other than those of its tables, so that only a query around it
    can count them."""
    return (
        query._distinct is not False
        or query._limit is not None
        or query._offset is not None
        or bool(query._compounds)
        or query._groups()
    )


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
    alias = builder.alias("found")
    built = build_select(query, builder, inner=True)
    select = _around(builder, built, alias)
    cells = Cells("dict", query._names)
    inner = dict(built.cells.list)
    fixed = has_rows_of_its_own(query)
    for annotation in aggregates:
        aggregate = annotation.expression
        assert isinstance(aggregate, Aggregate)
        argument = None
        if fixed:
            argument = _of_row(query, aggregate, alias, inner)
        elif annotation.name in inner and aggregate.expression is not None:
            typed = inner[annotation.name]
            ir: _ir.Expr = {
                "column": {"table": alias, "name": annotation.name, "type": typed.type or "text"}
            }
            argument = Typed(ir, typed.type, typed.field)
        result = aggregate.over(built.scope, argument)
        select["outputs"].append({"expr": result.ir, "name": annotation.name})
        cells.add(annotation.name, result)
    return {"select": select}, builder, cells.recipe("dict")


def has_rows_of_its_own(query: QueryState[Any, Any]) -> bool:
    """Whether the query's columns decide which rows it has, so that none can be added."""
    return query._distinct is not False or bool(query._compounds) or query._groups()


def _of_row(
    query: Query[Any, Any], aggregate: Aggregate, alias: str, inner: dict[str, Typed]
) -> Typed | None:
    """What an aggregate is computed from, as a column of the rows of an inner query."""
    expression = aggregate.expression
    if expression is None:
        return None
    names = query._names
    if not isinstance(expression, F):
        raise FieldError(
            f"{aggregate!r} over distinct, grouped or combined rows is not supported",
            hint="annotate() the expression, and name that",
        )
    name = expression.name
    typed = inner.get(name)
    if typed is not None:
        ir: _ir.Expr = {"column": {"table": alias, "name": name, "type": typed.type or "text"}}
        return Typed(ir, typed.type, typed.field)
    if query._row == "model":
        loaded = names.fields if query._only is None else query._only
        known = [*loaded, *inner]
        if name == "pk" or name in names.meta.relations or name in loaded:
            field = names.field(name)
            if field.name in loaded:
                return Typed(column(alias, field), field.column_type, field)
    else:
        known = list(inner)
    raise FieldError(
        f"the rows of this query of `{names.label}` have no `{name}` to aggregate",
        hint=hint_for(name, known),
    )


def arguments_of(context: Context, aggregates: tuple[Annotation, ...]) -> tuple[Annotation, ...]:
    """What the aggregates over a slice are computed from: the columns of the inner query.

    Raises:
        FieldError: an aggregate that cannot be computed from outside.
    """
    check_plain(aggregates)
    made = []
    for annotation in aggregates:
        aggregate = annotation.expression
        assert isinstance(aggregate, Aggregate)
        argument = One() if aggregate.expression is None else aggregate.expression
        made.append(output(context, annotation.name, argument))
    return tuple(made)


def check_plain(aggregates: tuple[Annotation, ...]) -> None:
    """See to it that aggregates can be computed from outside of a query.

    Raises:
        FieldError: one that cannot.
    """
    for annotation in aggregates:
        aggregate = annotation.expression
        if not isinstance(aggregate, Aggregate) or aggregate.filter is not None:
            raise FieldError(
                f"{aggregate!r} over sliced, distinct, grouped or combined rows is not supported",
                hint="use a plain aggregate of a field there",
            )
