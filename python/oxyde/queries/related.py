"""Aggregates over to-many relations: a subquery for each row, so that nothing multiplies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.expressions import F, context_of
from oxyde.queries.lookups import Resolved, resolve
from oxyde.queries.predicates import Junction, Leaf, Negation, Node, all_of, endpoint
from oxyde.queries.scope import Scope, Typed, column, exact, table_of

if TYPE_CHECKING:
    from oxyde.queries.aggregates import Aggregate
    from oxyde.queries.annotation import Context
    from oxyde.queries.names import Hop, Names

__all__ = ["aggregate_over", "groups_rows", "to_many_path"]


def _resolved(names: Context | Scope, expression: object) -> Resolved | None:
    if not isinstance(expression, F) or expression.name in names.annotations:
        return None
    resolved = resolve(names.names, expression.name)
    return resolved if any(hop.many for hop in resolved.hops) else None


def to_many_path(scope: Scope, aggregate: Aggregate) -> Resolved | None:
    """The path of an aggregate's argument, when it goes over a to-many relation."""
    return _resolved(scope, aggregate.expression)


def groups_rows(context: Context, expression: Expression) -> bool:
    """Whether an expression has an aggregate over the rows of the query itself."""
    from oxyde.queries.aggregates import Aggregate

    if isinstance(expression, Aggregate):
        return _resolved(context, expression.expression) is None
    if isinstance(expression, F) and expression.name in context.annotations:
        return context.annotations[expression.name].grouped
    return any(groups_rows(context, each) for each in expression.operands())


def aggregate_over(scope: Scope, aggregate: Aggregate, resolved: Resolved) -> Typed:
    """The aggregate as a subquery over the rows at the end of the path.

    Raises:
        FieldError: a second to-many relation in the path's way, or an aggregate that cannot be
            put together from those of single rows.
    """
    from oxyde.queries.build_ir import empty_select

    first = next(index for index, hop in enumerate(resolved.hops) if hop.many)
    hop, rest = resolved.hops[first], resolved.hops[first + 1 :]
    near = endpoint(scope, resolved.hops[:first], hop.local)
    inner = scope.inner(hop)
    inner.origin = inner
    inner.grouping = True
    select = empty_select()
    if hop.through is None:
        select["from"] = {"table": table_of(hop.target, inner.alias)}
        link = exact(column(inner.alias, hop.remote), near)
    else:
        through = hop.through
        alias = scope.builder.alias(f"{hop.name}_through")
        select["from"] = {"table": table_of(through.meta, alias)}
        link = exact(column(alias, through.source), near)
        inner.joins.append(
            {
                "kind": "inner",
                "source": {"table": table_of(hop.target, inner.alias)},
                "on": exact(column(inner.alias, hop.remote), column(alias, through.target)),
            }
        )
    # Further to-many hops multiply rows only along the one path, which is what is counted.
    here = inner.alias
    for step in rest:
        here = _join_inner(inner, here, step)
    argument = Typed(column(here, resolved.field), resolved.field.column_type, resolved.field)
    result = _over(aggregate, scope, inner, argument, hop.name)
    select["filter"] = all_of([link, *result[1]])
    select["joins"] = inner.joins
    select["outputs"] = [{"expr": result[0].ir, "name": "value"}]
    column_type = result[0].type or "big_int"
    subquery: _ir.Expr = {"subquery": {"select": select, "type": column_type}}
    if scope.grouping_rows:
        return _again(scope.names, aggregate, subquery, column_type, result[0])
    return Typed(subquery, column_type, result[0].field)


def _over(
    aggregate: Aggregate, scope: Scope, inner: Scope, argument: Typed, relation: str
) -> tuple[Typed, list[_ir.Predicate]]:
    built = aggregate.over(inner, argument, filtered=False)
    if aggregate.filter is None:
        return built, []
    # The condition is written from the outer model's side (`posts__published=True`).
    condition = aggregate._condition(context_of(scope))
    return built, [_inside(condition, inner, relation)]


def _inside(node: Node, inner: Scope, relation: str) -> _ir.Predicate:
    if isinstance(node, Leaf) and node.resolved.hops and node.resolved.hops[0].name == relation:
        return node.build(inner, 1)
    if isinstance(node, Negation):
        return {"not": _inside(node.child, inner, relation)}
    if isinstance(node, Junction):
        return {node.operator: [_inside(child, inner, relation) for child in node.children]}
    raise FieldError(
        f"filter= of an aggregate over `{relation}` is about its rows",
        hint=f"name them: Q({relation}__…=…)",
    )


def _join_inner(scope: Scope, alias: str, step: Hop) -> str:
    far = scope.builder.alias(step.name)
    if step.through is None:
        scope.joins.append(
            {
                "kind": "inner",
                "source": {"table": table_of(step.target, far)},
                "on": exact(column(far, step.remote), column(alias, step.local)),
            }
        )
        return far
    middle = scope.builder.alias(f"{step.name}_through")
    steps: list[_ir.Join] = [
        {
            "kind": "inner",
            "source": {"table": table_of(step.through.meta, middle)},
            "on": exact(column(middle, step.through.source), column(alias, step.local)),
        },
        {
            "kind": "inner",
            "source": {"table": table_of(step.target, far)},
            "on": exact(column(far, step.remote), column(middle, step.through.target)),
        },
    ]
    scope.joins += steps
    return far


def _again(
    names: Names,
    aggregate: Aggregate,
    subquery: _ir.Expr,
    column_type: _ir.ColumnType,
    built: Typed,
) -> Typed:
    """The aggregate of a group, or of all rows, from those of single rows."""
    name = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}.get(aggregate.name)
    if name is None or aggregate.distinct:
        raise FieldError(
            f"{aggregate!r} of `{names.label}` goes over a relation to many rows, and cannot be "
            "put together from what it gives for each row",
            hint="aggregate or group the rows of the other model instead",
        )
    ir: _ir.Expr = {
        "aggregate": {
            "name": name,
            "arguments": [subquery],
            "distinct": False,
            "filter": None,
            "order_by": [],
            "type": column_type,
        }
    }
    if aggregate.name == "count":
        # The sum of no rows at all is NULL, and their count is zero.
        none: _ir.Expr = {"literal": {"int": 0}}
        ir = {"function": {"name": "coalesce", "arguments": [ir, none], "type": column_type}}
    return Typed(ir, column_type, built.field)
