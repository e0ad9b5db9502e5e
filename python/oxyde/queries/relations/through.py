"""The far side of a many-to-many relation, with the key of the near side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.recipe import SOURCE
from oxyde.queries.expressions.context import Annotation, Context
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed, all_of, column, exact, table_of
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.names import Hop
from oxyde.queries.writes.insert import encoded

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.query import Query

__all__ = ["Source", "through_query", "with_source"]


def _through_alias(scope: Scope, hop: Hop) -> str:
    """The through table, joined once per scope."""
    assert hop.through is not None
    alias = scope.extra.get(hop.name)
    if alias is None:
        alias = scope.extra[hop.name] = scope.builder.alias(hop.through.meta.table_name)
        scope.joins.insert(
            0,
            {
                "kind": "inner",
                "source": {"table": table_of(hop.through.meta, alias)},
                "on": all_of(
                    [
                        exact(column(alias, hop.through.target), column(scope.alias, hop.remote)),
                        *scope.in_scope(hop, hop.through.meta, alias),
                    ]
                ),
            },
        )
    return alias


class Source(Expression):
    """The key of the near side, which the through table has.

    Args:
        hop: the relation.
    """

    __slots__ = ("hop",)

    def __init__(self, hop: Hop) -> None:
        self.hop = hop

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The relation."""
        return ("through", self.hop.source.model, self.hop.name)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column of the through table that refers to the near side."""
        assert self.hop.through is not None
        field = self.hop.through.source
        return Typed(column(_through_alias(scope, self.hop), field), field.column_type, field)


class _Among(Node):
    __slots__ = ("hop",)

    def __init__(self, hop: Hop, keys: Sequence[Any]) -> None:
        self.hop = hop
        self.shape = ("through in", hop.source.model, hop.name)
        self.values = ([encoded(hop.local, key) for key in keys],)

    def build(self, scope: Scope) -> _ir.Predicate:
        """The near side is one of these."""
        assert self.hop.through is not None
        field = self.hop.through.source
        operand = column(_through_alias(scope, self.hop), field)
        argument = scope.builder.param(field.column_type, self.hop.name, many=True)
        return {"lookup": {"name": "in", "operand": operand, "arguments": [argument]}}


def with_source(query: Query[Any, Any], hop: Hop) -> Query[Any, Any]:
    """The rows of `query`, each with the key of its near side as `SOURCE`."""
    assert hop.through is not None
    field = hop.through.source
    typed = Typed({"literal": "null"}, field.column_type, field)
    source = Source(hop)
    annotation = Annotation(
        SOURCE, source, source.shape(query._context(), []), (), typed, grouped=False
    )
    made = query._copy()
    made._annotations = {**query._annotations, SOURCE: annotation}
    return made


def through_query(query: Query[Any, Any], hop: Hop, keys: Sequence[Any]) -> Query[Any, Any]:
    """The rows of `query` that belong to these keys, each with the key as `SOURCE`."""
    made = with_source(query, hop)
    made._where = (*query._where, _Among(hop, keys))
    return made
