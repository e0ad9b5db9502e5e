"""What a query's conditions say about its rows, for `ir.narrowing`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from oxyde.queries.expressions.context import AnnotationLeaf
from oxyde.queries.expressions.operators import F
from oxyde.queries.ir.narrowing import Narrowing
from oxyde.queries.ir.predicates import Negation, Node, Some, conjuncts
from oxyde.queries.lookups.leaf import Leaf
from oxyde.queries.lookups.leaves import List, Value
from oxyde.queries.lookups.paths import head
from oxyde.queries.names import names_of
from oxyde.queries.types.column_types import BOOL

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.ordering import Term
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.names import Hop

__all__ = ["QueryNarrowing"]


class QueryNarrowing(Narrowing):
    """What follows from the conditions of a query.

    A key restricts the rows to few, or a list of keys. So does a value of an indexed column, or a
    short list of them: they are few, it is assumed, or there would be no index.
    """

    def __init__(self, query: QueryState[Any, Any]) -> None:
        self._query = query

    @cached_property
    def _equal(self) -> dict[str, bool]:
        # Most rows are in the scope of their model.
        scope = self._query._names.scope
        return _equal_fields([node for node in self._query._where if node is not scope])

    @cached_property
    def few(self) -> bool:
        """By a whole key, or a unique field."""
        names = self._query._names
        metadata = names.meta.field_metadata
        key = names.primary_key
        if key and self._equal.keys() >= set(key):
            return True
        return any(metadata[name].unique for name in self._equal)

    @cached_property
    def narrow(self) -> bool:
        """By few values of a field with an index."""
        names = self._query._names
        metadata = names.meta.field_metadata
        return any(
            short and name in names.indexed and metadata[name].column_type != BOOL
            for name, short in self._equal.items()
        )

    @cached_property
    def row_by_row(self) -> bool:
        """By keys, by an indexed value, or as the first rows that are found, where no annotation
        chooses or orders them."""
        query = self._query
        if self.few:
            return True
        if query._limit is None and not (self.narrow and _are_indexed(query)):
            return False
        if query._distinct is not False or query._compounds:
            return False
        if any(_reads_annotation(node) for node in query._where):
            return False
        return not any(_orders_by_annotation(query, term) for term in query._order)

    @cached_property
    def needed(self) -> frozenset[tuple[str, ...]]:
        """Those on paths to one row, each with those before it, and those that an annotation
        aggregates."""
        needed: set[tuple[str, ...]] = set()
        for node in conjuncts(self._query._where):
            if isinstance(node, AnnotationLeaf) and node.needs is not None:
                needed.add(node.needs)
            for hops in _paths(node):
                for path in _to_one(hops):
                    if node.on_null(path) is False:
                        needed.add(tuple([hop.name for hop in path]))
        return frozenset(needed)

    @cached_property
    def needed_aggregates(self) -> tuple[Expression, ...]:
        """Those of annotations."""
        return tuple(
            [
                self._query._annotations[node.annotation.name].expression
                for node in conjuncts(self._query._where)
                if isinstance(node, AnnotationLeaf) and node.needs is not None
            ]
        )


def _are_indexed(query: QueryState[Any, Any]) -> bool:
    """Whether an index finds the related rows that annotations aggregate for each row."""
    for each in query._annotations.values():
        names = query._names
        for name in each.path or ():
            hop = names.hop(name)
            if hop.many and not hop.indexed:
                return False
            names = names_of(hop.target.model)
    return True


def _reads_annotation(node: Node) -> bool:
    if isinstance(node, Negation | Some):
        return _reads_annotation(node.child)
    return isinstance(node, AnnotationLeaf) or any(map(_reads_annotation, node.children))


def _orders_by_annotation(query: QueryState[Any, Any], term: Term) -> bool:
    expression = None if term.order is None else term.order.expression
    if isinstance(expression, F):
        return head(expression.name, query._annotations) in query._annotations
    return expression is not None and expression.aggregates()


def _equal_fields(nodes: Sequence[Node]) -> dict[str, bool]:
    """The fields that equal a value, or one of a list, and whether the list is short."""
    found: dict[str, bool] = {}
    for node in conjuncts(nodes):
        if isinstance(node, Value | List):
            resolved = node.resolved
            own = not resolved.hops and resolved.part is None and not resolved.path
            if own and resolved.spec.name in ("exact", "in"):
                name = resolved.field.name
                short = isinstance(node, Value) or node.is_short
                found[name] = found.get(name, False) or short
    return found


def _paths(node: Node) -> Iterator[tuple[Hop, ...]]:
    """The paths of the lookups in a condition."""
    if isinstance(node, Leaf) and node.resolved.hops:
        yield node.resolved.hops
    for child in node.children:
        yield from _paths(child)


def _to_one(hops: tuple[Hop, ...]) -> Iterator[tuple[Hop, ...]]:
    for end, hop in enumerate(hops, 1):
        if hop.many:
            return
        yield hops[:end]
