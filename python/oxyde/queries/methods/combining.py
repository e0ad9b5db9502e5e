"""Methods that combine the conditions of queries, hide annotations, turn the order, or empty a
query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import Self

from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.compile.natural_order import natural_order
from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.expressions.recorder import record_mapping
from oxyde.queries.ir.predicates import Junction, Nothing, Rows
from oxyde.queries.methods.building import Building

if TYPE_CHECKING:
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.ir.predicates import Node, Operator

__all__ = ["Combining"]

# The clauses that `|`, `&` and `^` take from the left query, by the methods that set them.
_OTHERS: Final = {
    "_order": "order_by",
    "_distinct": "distinct",
    "_row": "values",
    "_fields": "values",
    "_into": "into",
    "_only": "only",
    "_joined_only": "only",
    "_joins": "join",
    "_opened": "unscoped",
    "_annotations": "annotate",
    "_hidden": "alias",
    "_lock": "for_update",
    "_ctes": "join_cte",
    "_cte_joins": "join_cte",
    "_prefetches": "prefetch",
    "_strict": "strict",
    "_by_shard": "strict",
    "_fresh": "fresh",
    "_invalid": "unvalidated",
    "_on_skipped": "skip_invalid",
    "_using": "using",
    "_client": "client",
}
_SIGNS: Final = {"and": "&", "or": "|", "xor": "^"}


class Combining(Building[M, R]):
    """none, reverse and alias; `|`, `&` and `^` of two queries."""

    def none(self) -> Self:
        """A query without rows. Reading, counting, updating or deleting them runs no statement; as
        a part of another query it is an empty set."""
        made = self._with_where((Nothing(),))
        made._nothing = True
        return made

    def reverse(self) -> Self:
        """The rows in reverse order. Without an order it reverses that of `first()`: by
        `Meta.ordering` and the primary key.

        Raises:
            OxydeError: the query is sliced, or its rows have nothing to order by.
        """
        self._check_unsliced("reverse()")
        if self._paged:
            self._refuse_paged("reverse()")
        order = self._order or natural_order(self)
        if not order:
            raise OxydeError(
                f"reverse() of a query of `{self._names.label}` that has no order",
                hint="order_by(…) first",
            )
        made = self._chained()
        made._order = tuple([term.reversed() for term in order])
        return made

    def alias(
        self,
        *functions: Callable[[M], Mapping[Any, Any]],
        **expressions: Expression | Callable[[M], Any],
    ) -> Self:
        """Name values for filter(), order_by() and annotate(), without adding them to the rows:
        ``alias(posts=Count("posts")).filter(posts__gt=10)``. `annotate(posts=F("posts"))` adds such
        a value to the rows.

        Raises:
            FieldError: as for `annotate`.
        """
        for function in functions:
            expressions = {**record_mapping(self._names, function), **expressions}
        made = self.annotate(**expressions)
        made._fields = self._fields
        made._hidden = self._hidden.union(expressions)
        return made

    def __or__(self, other: QueryState[M, R]) -> Self:
        """The rows of either query: the conditions of both, joined by OR. Everything else is taken
        from the left query, and the right one must not differ in it.

        Raises:
            FieldError: a query of another model, a clause of the right query that the left one does
                not have, or grouped or combined queries.
            OxydeError: one of them is sliced.
        """
        return self._combined("or", other)

    def __and__(self, other: QueryState[M, R]) -> Self:
        """The rows that both queries have; see `|`."""
        return self._combined("and", other)

    def __xor__(self, other: QueryState[M, R]) -> Self:
        """The rows that exactly one of the queries has; see `|`."""
        return self._combined("xor", other)

    def _combined(self, operator: Operator, other: QueryState[M, R]) -> Self:
        _check(self, operator, other)
        made = self._chained()
        made._nothing = (
            self._nothing or other._nothing
            if operator == "and"
            else self._nothing and other._nothing
        )
        # The scope of the model stays beside the conditions, where unscoped() finds it.
        shared = tuple([node for node in self._where if self._is_scope_of_both(node, other)])
        mine = tuple([node for node in self._where if node not in shared])
        theirs = tuple([node for node in other._where if node not in shared])
        if operator == "and":
            made._where = shared + mine + theirs
        elif self._nothing or other._nothing:
            made._where = shared + (theirs if self._nothing else mine)
        elif operator == "or" and not (mine and theirs):
            made._where = shared
        else:
            parts: list[Node] = [Rows(mine), Rows(theirs)]
            made._where = (*shared, Junction(operator, parts))
        return made

    def _is_scope_of_both(self, node: Node, other: QueryState[M, R]) -> bool:
        return node is self._names.scope and node in other._where


def _check(one: QueryState[Any, Any], operator: Operator, other: object) -> None:
    """Check that two queries differ in their conditions only.

    Raises:
        FieldError: they differ in something else.
        OxydeError: one is sliced.
    """
    label, sign = one._names.label, _SIGNS[operator]
    if not isinstance(other, QueryState):
        raise FieldError(
            f"`{sign}` of a query of `{label}` takes another query, not {other!r:.80}",
            hint=f"filter(Q(…) {sign} Q(…)) combines conditions",
        )
    if other._model is not one._model:
        raise FieldError(
            f"`{sign}` takes queries of one model, not of `{label}` and `{other._names.label}`",
            hint="values_list(…) and union() combine rows of different models",
        )
    for query in (one, other):
        query._check_unsliced(f"`{sign}`")
        if query._compounds or query._groups() or query._having:
            raise FieldError(
                f"`{sign}` takes no grouped or combined queries of `{label}`",
                hint="union() combines rows, `|` and `&` conditions",
            )
        if query._paged:
            query._refuse_paged(f"`{sign}`")
    for clause, verb in _OTHERS.items():
        theirs = _compared(getattr(other, clause))
        if theirs not in (_compared(getattr(one, clause)), _compared(getattr(QueryState, clause))):
            raise FieldError(
                f"`{sign}` of two queries of `{label}` keeps what the left one has besides its "
                f"conditions, and the right one differs in {verb}()",
                hint=f"call {verb}() on the left query, or on the result",
            )


def _compared(clause: Any) -> Any:
    """A clause as a value that equals that of the same clause."""
    if isinstance(clause, Mapping):
        return {name: _compared(each) for name, each in clause.items()}
    if isinstance(clause, tuple):
        return tuple([_compared(each) for each in clause])
    if hasattr(clause, "shape") and hasattr(clause, "values"):
        return clause.shape, clause.values
    return clause
