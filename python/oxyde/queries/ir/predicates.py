"""Resolved conditions: the tree of a WHERE or HAVING, with its shape and values."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from oxyde.queries.ir.nodes import all_of
from oxyde.queries.ir.related_row import by_itself, some_row
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.names import Hop

__all__ = ["Junction", "Negation", "Node", "Nothing", "Operator", "Rows", "Some", "conjuncts"]

Operator = Literal["and", "or", "xor"]


class Node:
    """A condition.

    Attributes:
        shape: what it is without its values.
        values: its values, in the order in which `build` numbers their params.
        operator: how `children` are combined; None except for junctions.
    """

    __slots__ = ("shape", "values")

    # Whether it contains an aggregate over the query's rows, so that it belongs in HAVING.
    grouped = False
    operator: Operator | None = None
    children: Sequence[Node] = ()
    shape: Hashable
    values: tuple[Any, ...]

    def build(self, scope: Scope) -> _ir.Predicate:
        """The predicate of the IR; `scope` must have a row for each of `rows`. `by_itself` builds a
        complete condition.
        """
        raise NotImplementedError

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """The to-many paths on which it matches a single row; longer paths after their prefixes."""
        return ()

    def on_null(self, path: tuple[Hop, ...]) -> bool | None:
        """Whether it holds without a row at the end of a path; None if that depends on other
        columns."""
        return None

    def never_null(self, scope: Scope) -> bool:
        """Whether it is true or false in each row, as it compares columns that are not NULL."""
        return False

    def asks_for(self, path: tuple[Hop, ...]) -> bool:
        """Whether it only tests for the existence of a row at the end of a path."""
        return False


class Junction(Node):
    """Several conditions, combined with `and`, `or` or `xor`."""

    __slots__ = ("children", "grouped", "operator")

    def __init__(self, operator: Operator, children: Sequence[Node]) -> None:
        # Never None for a junction, and never assigned later.
        self.operator: Operator = operator  # pyright: ignore[reportIncompatibleVariableOverride]
        self.children = children
        self.grouped = False
        shapes: list[Hashable] = [operator]
        values: list[Any] = []
        for child in children:
            shapes.append(child.shape)
            values += child.values
            if child.grouped:
                self.grouped = True
        self.shape = tuple(shapes)
        self.values = tuple(values)

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """Those of all of them."""
        found: dict[tuple[Hop, ...], None] = {}
        for child in self.children:
            found.update(dict.fromkeys(child.rows(scope)))
        return tuple(found)

    def on_null(self, path: tuple[Hop, ...]) -> bool | None:
        """Derived from the children."""
        held = [child.on_null(path) for child in self.children]
        if self.operator == "and" and False in held:
            return False
        if self.operator == "or" and True in held:
            return True
        if None in held:
            return None
        if self.operator == "xor":
            return held.count(True) % 2 == 1
        return self.operator == "and"

    def build(self, scope: Scope) -> _ir.Predicate:
        """The junction."""
        built = [child.build(scope) for child in self.children]
        if self.operator == "and":
            return {"and": built}
        return {"or": built} if self.operator == "or" else {"xor": built}


class Negation(Node):
    """The negation of a condition, which treats NULL as false. Over a to-many relation: no related
    row matches, independently of the row that the conditions around it match.
    """

    __slots__ = ("child", "grouped")

    def __init__(self, child: Node) -> None:
        self.child = child
        self.grouped = child.grouped
        self.shape = ("not", child.shape)
        self.values = child.values

    def build(self, scope: Scope) -> _ir.Predicate:
        """`NOT`."""
        built = by_itself(self.child, scope)
        return {"unless": built} if self.child.never_null(scope) else {"not": built}


class Rows(Node):
    """The conditions of a whole query, which share no related row with those around them."""

    __slots__ = ("grouped", "nodes")

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.grouped = False
        self.shape = ("rows", *[node.shape for node in nodes])
        self.values = tuple([value for node in nodes for value in node.values])

    def build(self, scope: Scope) -> _ir.Predicate:
        """All of them."""
        return all_of([by_itself(node, scope) for node in self.nodes])


class Nothing(Node):
    """A condition that holds for no row."""

    __slots__ = ()

    def __init__(self) -> None:
        self.shape = "nothing"
        self.values = ()

    def never_null(self, scope: Scope) -> bool:
        """It is false."""
        return True

    def build(self, scope: Scope) -> _ir.Predicate:
        """False."""
        return {"or": []}


class Some(Node):
    """The whole condition holds for one row at the end of a path."""

    __slots__ = ("child", "path")

    def __init__(self, path: tuple[Hop, ...], child: Node) -> None:
        self.path = path
        self.child = child
        self.shape = ("some", tuple([hop.name for hop in path]), child.shape)
        self.values = child.values

    def build(self, scope: Scope) -> _ir.Predicate:
        """`EXISTS`."""
        return some_row(self.child, self.path, scope)


def conjuncts(nodes: Sequence[Node]) -> Sequence[Node]:
    """The conditions that must all hold: these, with those of each `and` in its place."""
    if "and" not in [node.operator for node in nodes]:
        return nodes
    found: list[Node] = []
    for node in nodes:
        if node.operator == "and":
            found += conjuncts(node.children)
        else:
            found.append(node)
    return found
