"""GROUP BY: the keys, and checks that each output has one value per group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.context import Annotation, Context
from oxyde.queries.expressions.operators import F
from oxyde.queries.expressions.steady import is_constant
from oxyde.queries.ir.nodes import column
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.path_value import path_value
from oxyde.queries.lookups.paths import head
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term

__all__ = ["check_groups", "group_by", "in_groups", "keys_of"]

_NOT_COMPARED = frozenset({"json", "array", "vector"})


def keys_of(query: QueryState[Any, Any]) -> tuple[str, ...] | None:
    """The names by which rows are grouped; None where they are not.

    Raises:
        FieldError: there is an aggregate over rows that are whole models.
    """
    if query._group_by is not None or query._outputs is not None:
        return query._group_by
    if not query._annotations:
        return None
    grouped = [name for name, each in query._annotations.items() if each.grouped]
    if not grouped:
        return None
    if query._row is RowKind.MODEL:
        raise FieldError(
            f"`{grouped[0]}` is an aggregate over the rows of `{query._names.label}` itself",
            hint="define the groups: group_by(…), or values(…) before it",
        )
    fields = query._fields
    if fields is None:
        fields = (*query._names.fields, *query._shown)
    windows = [name for name, each in query._annotations.items() if each.windows]
    computed = {*grouped, *windows}
    return tuple([name for name in fields if head(name, computed) not in computed])


def in_groups(query: QueryState[Any, Any], keys: tuple[str, ...]) -> dict[str, Annotation]:
    """A query's annotations when its rows are grouped by these keys: aggregates in non-key
    annotations then apply to the groups."""
    made: dict[str, Annotation] = {}
    for name, each in query._annotations.items():
        if name in keys:
            made[name] = each
            continue
        context = Context(query._names, made, grouping=True)
        made[name] = context.annotation(name, each.expression, "groups")
        made[name].of_rows = each.of_rows
    return made


def group_by(scope: Scope, keys: tuple[str, ...], select: _ir.Select) -> list[_ir.Expr]:
    """The GROUP BY for these keys.

    A selected key that has parameters, or is constant, is given by its position: to the database
    the same expression with another placeholder is a different expression, and a name could be a
    column's.
    """
    places = {each["name"]: place for place, each in enumerate(select["outputs"], 1)}
    made: list[_ir.Expr] = []
    for key in keys:
        annotation = scope.annotations.get(key)
        ir = path_value(scope, key).ir
        constant = is_constant(ir)
        if key in places and (constant or (annotation is not None and annotation.values)):
            made.append({"literal": {"int": places[key]}})
        elif not constant:
            made.append(ir)
    if keys and not made:
        # One group for all rows, and none without rows.
        field = _compared(scope)
        own = column(scope.alias, field)
        made.append(
            {"function": {"name": "nullif", "arguments": [own, own], "type": field.column_type}}
        )
    return made


def _compared(scope: Scope) -> FieldMeta:
    """A column whose values every database can compare: the key, if there is one."""
    names = scope.names
    for name in (*names.primary_key, *names.fields):
        field = names.meta.field_metadata[name]
        if kind_of(field.column_type) not in _NOT_COMPARED:
            return field
    raise FieldError(
        f"rows of `{names.label}` cannot be one group: no column of it can be compared",
        hint="group_by(…) a field",
    )


def check_groups(
    query: QueryState[Any, Any],
    scope: Scope,
    keys: tuple[str, ...],
    select: _ir.Select,
    terms: list[tuple[Term, _ir.Order]],
) -> None:
    """Refuse columns that differ within a group (some databases would pick an arbitrary value), and
    add columns that depend on the primary key to the GROUP BY.

    Raises:
        FieldError: there is something.
    """
    names = query._names
    groups = [path_value(scope, key).ir for key in keys]
    plain = [each["column"] for each in groups if "column" in each]
    own = [each["name"] for each in plain if each["table"] == scope.alias]
    metadata = names.meta.field_metadata
    key = [metadata[name].db_column for name in names.primary_key]
    whole = bool(key) and all(column in own for column in key)
    tables = {scope.alias, *scope.tables()}
    if not whole:
        tables |= _tables(select)
    for what, name, ir in _shown(select, terms):
        for loose in _loose(ir, groups, tables):
            if not whole:
                raise FieldError(
                    f"{what} of `{names.label}` has many values in a group by "
                    + ", ".join(f"`{each}`" for each in keys),
                    hint="take an aggregate, such as Max(…)"
                    if name is None
                    else f'group_by("{name}") too, or take an aggregate of it: Max("{name}")',
                )
            if loose["column"]["table"] != scope.alias:
                groups.append(loose)
                select["group_by"].append(loose)


def _shown(
    select: _ir.Select, terms: list[tuple[Term, _ir.Order]]
) -> Iterator[tuple[str, str | None, _ir.Expr | _ir.Predicate]]:
    for output in select["outputs"]:
        name = output["name"]
        yield f"`{name}`", name, output["expr"]
    if select["having"] is not None:
        yield "a condition of having()", None, select["having"]
    for term, order in terms:
        expression = None if term.order is None else term.order.expression
        if isinstance(expression, F):
            yield f"`{expression.name}`", expression.name, order["expr"]
        else:
            yield f"the order by {expression!r:.80}", None, order["expr"]


def _tables(select: _ir.Select) -> set[str]:
    sources = [each["source"] for each in select["joins"]]
    return {
        each["table"]["alias"] if "table" in each else each["subquery"]["alias"] for each in sources
    }


def _loose(node: object, groups: list[_ir.Expr], tables: set[str]) -> Iterator[_ir.ColumnExpr]:
    """The columns in a node that belong to single rows, not to groups."""
    if isinstance(node, list):
        for each in node:
            yield from _loose(each, groups, tables)
        return
    if not isinstance(node, dict) or node in groups or "aggregate" in node:
        return
    if "window" in node:
        # An aggregate as a window function is computed over groups.
        window = node["window"]
        function = window["function"]
        yield from _loose(function.get("aggregate", function), groups, tables)
        yield from _loose([window["partition_by"], window["order_by"]], groups, tables)
        return
    if len(node) == 1 and "column" in node:
        found: _ir.Column = node["column"]
        if found["table"] in tables:
            yield {"column": found}
        return
    for each in node.values():
        yield from _loose(each, groups, tables)
