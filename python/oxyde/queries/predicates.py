"""Conditions whose names are resolved: the tree of a WHERE or HAVING, with its shape and values."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from oxyde import _ir
from oxyde.queries.scope import Scope, column, exact, table_of

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta
    from oxyde.queries.lookups import Resolved
    from oxyde.queries.names import Hop

__all__ = ["Junction", "Leaf", "Negation", "Node", "all_of", "endpoint", "exists_over"]

Operator = Literal["and", "or", "xor"]


class Node:
    """A condition.

    Attributes:
        shape: what it is without its values.
        values: its values, in the order in which `build` numbers their params.
    """

    __slots__ = ("shape", "values")

    # Whether an aggregate over the query's rows is in it, so that it belongs into HAVING.
    grouped = False
    shape: Hashable
    values: tuple[Any, ...]

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The predicate of the IR.

        Args:
            scope: the tables that it may refer to.
            skip: how many hops of each path `scope` has gone already.
        """
        raise NotImplementedError


class Leaf(Node):
    """A lookup on a path.

    Attributes:
        form: how the values become arguments; see `Resolved.render`.
        detail: what belongs to the form.
    """

    __slots__ = ("detail", "form", "resolved")

    def __init__(
        self,
        resolved: Resolved,
        shape: Hashable,
        values: tuple[Any, ...],
        form: str = "plain",
        detail: Any = None,
    ) -> None:
        self.resolved = resolved
        self.shape = shape
        self.values = values
        self.form = form
        self.detail = detail

    def first_many(self, skip: int) -> int | None:
        """Where, after `skip` hops, the path first comes to many rows."""
        for index, hop in enumerate(self.resolved.hops[skip:], skip):
            if hop.many:
                return index
        return None

    def asks_for_absence(self, index: int) -> bool:
        """Whether the leaf only asks if there are rows at the hop `index`."""
        return self.form == "absent" and index == len(self.resolved.hops) - 1

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The lookup; over a to-many path inside an EXISTS."""
        index = self.first_many(skip)
        if index is None:
            resolved = self.resolved
            operand = scope.column(resolved.hops[skip:], resolved.field)
            return resolved.render(self, operand, scope)
        hops = self.resolved.hops[skip : index + 1]
        if self.asks_for_absence(index):
            some = exists_over(scope, hops, (), index + 1)
            return {"not": some} if self.detail else some
        return exists_over(scope, hops, (self,), index + 1)


class Junction(Node):
    """Several conditions, put together by `and`, `or` or `xor`."""

    __slots__ = ("children", "grouped", "operator")

    def __init__(self, operator: Operator, children: Sequence[Node]) -> None:
        self.operator = operator
        if operator == "and" and any(
            isinstance(child, Leaf) and child.resolved.many for child in children
        ):
            children = _arrange(children, 0)
        self.children = tuple(children)
        self.grouped = False
        shapes: list[Hashable] = [operator]
        values: list[Any] = []
        for child in self.children:
            shapes.append(child.shape)
            values += child.values
            if child.grouped:
                self.grouped = True
        self.shape = tuple(shapes)
        self.values = tuple(values)

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The junction; conditions of one `and` on one to-many path are about the same row."""
        if self.operator == "and":
            return all_of(_build_all(self.children, scope, skip))
        return {self.operator: [child.build(scope, skip) for child in self.children]}


class Negation(Node):
    """It does not hold; where it is NULL, it does not hold either."""

    __slots__ = ("child", "grouped")

    def __init__(self, child: Node) -> None:
        self.child = child
        self.grouped = child.grouped
        self.shape = ("not", child.shape)
        self.values = child.values

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """`NOT`."""
        return {"not": self.child.build(scope, skip)}


def all_of(predicates: list[_ir.Predicate]) -> _ir.Predicate:
    """All of these, without a junction around a single one."""
    return predicates[0] if len(predicates) == 1 else {"and": predicates}


def _grouped(children: Sequence[Node], skip: int) -> list[tuple[int, list[Node]]]:
    """Children in the order in which they are built: those that meet at the same to-many hop
    stand together, with the number of hops up to there (0 for all others)."""
    groups: dict[Any, tuple[int, list[Node]]] = {}
    for position, child in enumerate(children):
        if isinstance(child, Leaf):
            index = child.first_many(skip)
            if index is not None and not child.asks_for_absence(index):
                path = tuple([hop.name for hop in child.resolved.hops[skip : index + 1]])
                groups.setdefault(path, (index + 1, []))[1].append(child)
                continue
        groups[position] = (0, [child])
    return list(groups.values())


def _arrange(children: Sequence[Node], skip: int) -> list[Node]:
    arranged: list[Node] = []
    for depth, members in _grouped(children, skip):
        if depth and len(members) > 1:
            arranged.extend(_arrange(members, depth))
        else:
            arranged.extend(members)
    return arranged


def _build_all(children: Sequence[Node], scope: Scope, skip: int) -> list[_ir.Predicate]:
    built: list[_ir.Predicate] = []
    for depth, members in _grouped(children, skip):
        if depth:
            first = members[0]
            assert isinstance(first, Leaf)
            hops = first.resolved.hops[skip:depth]
            built.append(exists_over(scope, hops, members, depth))
        else:
            built.append(members[0].build(scope, skip))
    return built


def endpoint(scope: Scope, hops: Sequence[Hop], field: FieldMeta) -> _ir.Expr:
    """A column at the end of a to-one path; a key that the row before holds is read there."""
    while hops and not hops[-1].many and hops[-1].remote is field:
        field, hops = hops[-1].local, hops[:-1]
    return scope.column(hops, field)


def exists_over(
    scope: Scope, hops: Sequence[Hop], members: Sequence[Node], skip: int
) -> _ir.Predicate:
    """Whether a row is there at the end of `hops` (the last one to-many) for which all hold."""
    from oxyde.queries.build_ir import empty_select

    last = hops[-1]
    near = endpoint(scope, hops[:-1], last.local)
    inner = scope.inner(last)
    select = empty_select()
    if last.through is None:
        select["from"] = {"table": table_of(last.target, inner.alias)}
        link = exact(column(inner.alias, last.remote), near)
    else:
        through = last.through
        alias = scope.builder.alias(f"{last.name}_through")
        select["from"] = {"table": table_of(through.meta, alias)}
        link = exact(column(alias, through.source), near)
        if members:
            inner.joins.append(
                {
                    "kind": "inner",
                    "source": {"table": table_of(last.target, inner.alias)},
                    "on": exact(column(inner.alias, last.remote), column(alias, through.target)),
                }
            )
    select["filter"] = all_of([link, *_build_all(members, inner, skip)])
    select["joins"] = inner.joins
    select["outputs"] = [{"expr": {"literal": {"int": 1}}, "name": "one"}]
    return {"exists": select}
