"""The verbs that say which rows: filter, exclude, having. Each gives a new Query."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from oxyde.exceptions import FieldError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.comparison import Truth
from oxyde.queries.predicates import Junction, Leaf, Negation, Node
from oxyde.queries.state import M, QueryState, R

if TYPE_CHECKING:
    from oxyde.queries.query import Query

__all__ = ["Clause", "Filtering"]

# What filter() takes besides lookups.
Clause: TypeAlias = Conditional | Expression | Callable[[M], Any]


class Filtering(QueryState[M, R]):
    """filter, exclude and having."""

    def filter(self, *conditions: Clause[M], **lookups: Any) -> Query[M, R]:
        """Only rows for which all of this holds.

        Args:
            conditions: `Q`, comparisons, boolean expressions, or a function from the model to a
                condition (``lambda u: u.age >= 18``).
            lookups: ``field__lookup=value``. Several in one call on one to-many relation are
                about the same row of it.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        if self._compounds:
            self._check_single("filter")
        if lookups and not conditions and not self._annotations:
            plain = self._plain(lookups)
            if plain is not None:
                return self._with_where((_all(plain),))
        nodes = self._conditions(conditions, lookups)
        grouped = [node for node in nodes if node.grouped]
        made = self._copy()
        if grouped:
            self._check_grouped()
            made._having = (*self._having, _all(grouped))
            nodes = [node for node in nodes if not node.grouped]
        if nodes:
            made._where = (*self._where, _all(nodes))
        return made

    def exclude(self, *conditions: Clause[M], **lookups: Any) -> Query[M, R]:
        """Only rows for which not all of this holds; rows where it is NULL stay.

        ``exclude(posts__title="x")`` leaves out those with such a post, whatever others they have.

        Args and Raises: as for `filter`.
        """
        self._check_single("exclude")
        nodes = self._conditions(conditions, lookups)
        made = self._copy()
        if not nodes:
            return made
        node = Negation(_all(nodes))
        if node.grouped:
            self._check_grouped()
            made._having = (*self._having, node)
        else:
            made._where = (*self._where, node)
        return made

    def _check_grouped(self) -> None:
        if self._group_by is None and self._row == "model":
            raise FieldError(
                f"an aggregate over the rows of `{self._names.label}` has no value for each row",
                hint="group first: values(…) or group_by(…), then annotate() and having()",
            )

    def having(self, *conditions: Clause[M], **lookups: Any) -> Query[M, R]:
        """Only groups for which all of this holds; aggregates may be named here.

        Args and Raises: as for `filter`.
        """
        self._check_single("having")
        nodes = self._conditions(conditions, lookups)
        made = self._copy()
        if nodes:
            made._having = (*self._having, _all(nodes))
        return made

    def _plain(self, lookups: dict[str, Any]) -> list[Node] | None:
        """The lookups, where each was seen before and its value needs no further look."""
        leaves: list[Node] = []
        seen = self._names.lookups
        for key, value in lookups.items():
            known = seen.get(key)
            if known is None or type(value) not in known.accepted:
                return None
            leaves.append(Leaf(known, key, (value,)))
        return leaves

    def _conditions(self, conditions: tuple[Any, ...], lookups: dict[str, Any]) -> list[Node]:
        context = self._context(grouping=True)
        nodes: list[Node] = []
        for condition in conditions:
            item = condition
            if not isinstance(item, Expression | Conditional) and callable(item):
                from oxyde.queries.typed import record

                item = record(self._names, item)
            if isinstance(item, Conditional):
                nodes.append(item.resolve(context))
            elif isinstance(item, Expression):
                typed = context.check(item)
                if typed.type not in ("bool", None):
                    raise FieldError(
                        f"{item!r} is no condition: it gives {typed.type}",
                        hint="compare it with something",
                    )
                nodes.append(Truth(item, context))
            else:
                raise FieldError(
                    f"a condition is a Q, a comparison or lookup=value, not {item!r:.80}",
                    hint='write filter(name="…") or filter(Q(…) | Q(…))',
                )
        nodes.extend(context.lookup(key, value) for key, value in lookups.items())
        return nodes


def _all(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Junction("and", nodes)
