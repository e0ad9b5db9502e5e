"""The first rows of each owner: a slice of a prefetched query.

Where an index finds the rows of one owner, and the server can, each owner's rows are read by
themselves (`LATERAL`), so that an index of the foreign key and the order gives the first of them.
Elsewhere the rows of all owners are numbered by `ROW_NUMBER()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.natural_order import natural_order
from oxyde.queries.compile.select import build_select
from oxyde.queries.expressions.aggregates import Count
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.window import Frame, RowNumber, Window
from oxyde.queries.ir.nodes import all_of, column, empty_select, exact, table_of
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.names import names_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.queries.compile.select import Built
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.names import Hop
    from oxyde.queries.query import Query

__all__ = ["build_of_each_owner", "numbered", "owner_by_owner"]

_PLACE = "oxyde_place"


def numbered(
    query: Query[Any, Any], owner: Expression, limit: int | None, offset: int | None
) -> Query[Any, Any]:
    """The rows that a slice takes of each owner, by their numbers.

    Args:
        query: the rows of all owners, not sliced.
        owner: the key of a row's owner.
        limit: as of a slice.
        offset: as of a slice.
    """
    made = _with_place(query, owner)
    made._order = ()
    first = offset or 0
    made._places = first, None if limit is None else first + limit
    return made


def owner_by_owner(
    query: Query[Any, Any], hop: Hop, owner: Expression, keys: Sequence[Any]
) -> Query[Any, Any]:
    """The rows that a slice takes of each owner, read by owner.

    Args:
        query: the sliced rows of one owner.
        hop: the relation.
        owner: the key of a row's owner.
        keys: those of the owners, as they are stored.
    """
    made = _with_place(query, None)
    made._where = (*made._where, _OfOwner(hop, owner))
    made._owners = hop, list(keys)
    return made


def _with_place(query: Query[Any, Any], owner: Expression | None) -> Query[Any, Any]:
    made = query._copy()
    made._order = query._order or natural_order(query)
    order: list[str | OrderBy] = [term.order or "?" for term in made._order]
    partition = () if owner is None else owner
    place = Window(RowNumber(), partition_by=partition, order_by=order)
    if "?" in order:
        # MySQL takes a random order only with a frame of rows, and MariaDB no frame here.
        place = Window(Count(), partition_by=partition, order_by=order, frame=Frame(None, 0))
    made._extras = (made._context().annotation(_PLACE, place, "rows"),)
    return made


class _OfOwner(Node):
    """The row belongs to the row of the scope around it."""

    __slots__ = ("hop", "owner")

    def __init__(self, hop: Hop, owner: Expression) -> None:
        self.hop = hop
        self.owner = owner
        self.shape = ("of owner", hop.source.model, hop.name)
        self.values = ()

    def build(self, scope: Scope) -> _ir.Predicate:
        """Its foreign key, or that in the through table, is the owner's key."""
        assert scope.parent is not None
        near = column(scope.parent.alias, self.hop.local)
        return exact(self.owner.build(scope).ir, near)


def build_of_each_owner(
    query: QueryState[Any, Any], features: Features
) -> tuple[_ir.Statement, Builder, Any]:
    """The rows of a query that a slice takes of each owner, in their order."""
    builder = Builder(features)
    select = empty_select()
    if query._owners is not None:
        hop, _ = query._owners
        outer = Scope(builder, names_of(hop.source.model))
        built = build_select(query, builder, parent=outer, inner=True)
        derived = _derived(builder, built, select)
        select["from"] = {"table": table_of(hop.source, outer.alias)}
        select["joins"] = [{"kind": "lateral", "source": derived, "on": {"and": []}}]
        key = column(outer.alias, hop.local)
        keys = builder.param(hop.local.column_type, hop.name, many=True)
        select["filter"] = {"lookup": {"name": "in", "operand": key, "arguments": [keys]}}
    else:
        built = build_select(query, builder, inner=True)
        select["from"] = _derived(builder, built, select)
        select["filter"] = _between(query, builder, select)
    del select["outputs"][-1]
    return {"select": select}, builder, built.cells.recipe()


def _derived(builder: Builder, built: Built, select: _ir.Select) -> _ir.Source:
    """The rows as a derived table; its columns, the last of which is the place, become the outputs
    and the order of the SELECT around it."""
    built.cells.list.pop()
    types: dict[str, _ir.ColumnType | None] = {name: typed.type for name, typed in built.cells.list}
    alias = builder.alias("placed")
    inner = built.select["outputs"]
    for at, each in enumerate(inner):
        expression = each["expr"]
        known = types.get(each["name"])
        if "column" in expression:
            known = expression["column"]["type"]
        column_type: _ir.ColumnType = "big_int" if each["name"] == _PLACE else known or "text"
        read: _ir.Expr = {"column": {"table": alias, "name": f"c{at}", "type": column_type}}
        select["outputs"].append({"expr": read, "name": each["name"]})
    # Names of their own: an annotation may have the name of another field's column.
    built.select["outputs"] = [
        {"expr": each["expr"], "name": f"c{at}"} for at, each in enumerate(inner)
    ]
    new_names = {each["name"]: f"c{at}" for at, each in enumerate(inner)}
    for order in built.select["order_by"]:
        by = order["expr"]
        if "column" in by and not by["column"]["table"]:
            by["column"]["name"] = new_names[by["column"]["name"]]
    select["ctes"], built.select["ctes"] = built.select["ctes"], []
    select["order_by"] = [
        {"expr": select["outputs"][-1]["expr"], "direction": "asc", "nulls": None, "indexed": False}
    ]
    return {"subquery": {"select": built.select, "alias": alias}}


def _between(
    query: QueryState[Any, Any], builder: Builder, select: _ir.Select
) -> _ir.Predicate | None:
    """The condition that the place is in the slice."""
    assert query._places is not None
    first, last = query._places
    bounds = [("gt", "offset")] if first else []
    bounds += [] if last is None else [("lte", "limit")]
    conditions: list[_ir.Predicate] = []
    for lookup, label in bounds:
        value = builder.param("big_int", label, lookup=False)
        place = select["outputs"][-1]["expr"]
        conditions.append({"lookup": {"name": lookup, "operand": place, "arguments": [value]}})
    return all_of(conditions) if conditions else None
