"""Aggregates over to-many relations, per row or per group, without multiplying rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.ir.beside import is_there, related_rows, rows_beside, without_unread
from oxyde.queries.ir.fan_out import Fan
from oxyde.queries.ir.nodes import Typed, all_of
from oxyde.queries.ir.related_groups import RelatedGroups
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.aggregates import Aggregate
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.names import Hop

__all__ = ["aggregate_over", "path_of_pass", "to_many_path"]

# Aggregates whose result includes NULLs.
_KEEP_NULLS = frozenset({"array_agg", "json_agg"})
# Aggregates that are NULL without any row, or 0.
_IN_A_PASS = frozenset({"count", "sum", "avg", "min", "max"})


def to_many_path(names: Context | Scope, aggregate: Aggregate) -> tuple[Hop, ...] | None:
    """The path of an aggregate's argument, if it crosses a to-many relation.

    Raises:
        FieldError: it crosses two relations of which neither continues the other.
    """
    if aggregate.expression is None:
        return None
    paths = aggregate.expression.to_many_paths(names)
    if not paths:
        return None
    longest = max(paths, key=len)
    for path in paths:
        if _names(path) != _names(longest[: len(path)]):
            raise FieldError(
                f"{aggregate!r:.80} of `{names.names.label}` crosses two relations: "
                f"`{'__'.join(_names(path))}` and `{'__'.join(_names(longest))}`",
                hint="aggregate each of them separately",
            )
    return longest


def path_of_pass(names: Context | Scope, aggregate: Aggregate) -> tuple[str, ...] | None:
    """The path of an aggregate that can be computed in one pass over the related rows."""
    path = to_many_path(names, aggregate) if aggregate.name in _IN_A_PASS else None
    return None if path is None else _names(path)


def _names(hops: Sequence[Hop]) -> tuple[str, ...]:
    return tuple([hop.name for hop in hops])


def aggregate_over(scope: Scope, aggregate: Aggregate, path: tuple[Hop, ...]) -> Typed:
    """The aggregate over the rows at the end of a to-many path: one pass over them or a subquery
    per row, or a join for groups.

    Raises:
        FieldError: names or types that do not fit.
    """
    if scope.grouping_rows:
        return _of_groups(scope, aggregate, path)
    if scope.passes is not None and aggregate.name in _IN_A_PASS and not scope.narrowing.row_by_row:
        start = scope.builder.index
        typed = _of_all_rows(scope, scope.passes, aggregate, path)
        if typed is not None:
            return typed
        scope.builder.index = start
    return _of_row(scope, aggregate, path)


def _of_all_rows(
    scope: Scope,
    passes: dict[tuple[str, ...], RelatedGroups],
    aggregate: Aggregate,
    path: tuple[Hop, ...],
) -> Typed | None:
    """The aggregate of each row from one pass over the related rows; None if it reads the row
    itself as well."""
    groups = passes.get(_names(path)) if aggregate.filter is None else None
    if groups is None:
        groups = RelatedGroups(scope, path, sure=_is_needed(scope, aggregate, path))
    arguments, where = aggregate.placed(groups.view)
    built = aggregate.over(groups.view, arguments)
    if where is not None and not groups.only(where.condition(groups.view)):
        return None
    column_type = built.type or "big_int"
    value = groups.value(built.ir, column_type)
    if value is None:
        return None
    # Each filter has a pass of its own.
    passes[_names(path) if aggregate.filter is None else (groups.alias,)] = groups
    if aggregate.counts and not groups.sure:
        value = _or_zero(value, column_type)
    return Typed(value, column_type, built.field)


def _is_needed(scope: Scope, aggregate: Aggregate, path: tuple[Hop, ...]) -> bool:
    """Whether no condition holds for a row without rows to aggregate."""
    if aggregate.filter is None:
        return _names(path) in scope.narrowing.needed
    return any(each is aggregate for each in scope.narrowing.needed_aggregates)


def _or_zero(value: _ir.Expr, column_type: _ir.ColumnType) -> _ir.Expr:
    arguments: list[_ir.Expr] = [value, {"literal": {"int": 0}}]
    return {"function": {"name": "coalesce", "arguments": arguments, "type": column_type}}


def _of_row(scope: Scope, aggregate: Aggregate, path: tuple[Hop, ...]) -> Typed:
    view, select, link, through, inside = related_rows(scope, path)
    arguments, where = aggregate.placed(view)
    built = aggregate.over(view, arguments)
    conditions = [link, *inside]
    if where is not None:
        conditions.append(where.condition(view))
    select["filter"] = all_of(conditions)
    select["outputs"] = [{"expr": built.ir, "name": "value"}]
    if through is not None:
        without_unread(select, through)
    column_type = built.type or "big_int"
    return Typed({"subquery": {"select": select, "type": column_type}}, column_type, built.field)


def _of_groups(scope: Scope, aggregate: Aggregate, path: tuple[Hop, ...]) -> Typed:
    fans = scope.fanned().fans
    fan = fans.get(_names(path))
    if fan is None:
        fan = fans[_names(path)] = Fan(*rows_beside(scope, path))
    view = fan.scope
    with scope.each_row():
        built = aggregate.over(view, *aggregate.placed(view))
    assert "aggregate" in built.ir
    fan.aggregates.append(built.ir)
    call = built.ir["aggregate"]
    plain = "column" in call["arguments"][0]
    if not plain or aggregate.name in _KEEP_NULLS:
        # A row without related rows is in the join too, with NULLs.
        there = is_there(view.rows[path], path[-1])
        call["filter"] = there if call["filter"] is None else {"and": [there, call["filter"]]}
    return built
