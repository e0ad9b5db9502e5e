"""Several to-many relations in a grouped SELECT, without multiplying rows.

A single relation is joined as it is. With aggregates over several relations, or also over the rows
themselves, each row is repeated: as part 0 by itself, as part 1 with the rows of the first
relation, and so on. Each aggregate filters by its part::

    FROM book JOIN (SELECT 0 AS part UNION ALL SELECT 1) AS part ON TRUE
    LEFT JOIN tag ON part.part = 1 AND …
    → COUNT(book.id) FILTER (WHERE part.part = 0), COUNT(tag.id) FILTER (WHERE part.part = 1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.queries.ir.nodes import empty_select, exact

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope

__all__ = ["Fan", "FanOut"]


class Fan:
    """The rows of one to-many path beside those of a SELECT.

    Attributes:
        scope: the rows, with those of the path joined.
        first: the join that multiplies rows.
        aggregates: those over these rows.
    """

    __slots__ = ("aggregates", "first", "scope")

    def __init__(self, scope: Scope, first: _ir.Join) -> None:
        self.scope = scope
        self.first = first
        self.aggregates: list[_ir.AggregateExpr] = []


class FanOut:
    """The rows that a SELECT's aggregates over groups use.

    Attributes:
        own: aggregates over the rows themselves.
        fans: by path, those over a to-many relation.
    """

    __slots__ = ("fans", "own")

    def __init__(self) -> None:
        self.own: list[_ir.AggregateExpr] = []
        self.fans: dict[tuple[str, ...], Fan] = {}

    def finish(self, scope: Scope) -> None:
        """Restrict each aggregate to its own rows."""
        if not self.fans or (len(self.fans) == 1 and not self.own):
            return
        alias = scope.builder.alias("part")
        part: _ir.Expr = {"column": {"table": alias, "name": "part", "type": "big_int"}}
        numbers = []
        if self.own:
            numbers.append(0)
            _restrict(self.own, exact(part, _literal(0)))
        for number, fan in enumerate(self.fans.values(), 1):
            numbers.append(number)
            here = exact(part, _literal(number))
            fan.first["on"] = {"and": [here, fan.first["on"]]}
            _restrict(fan.aggregates, here)
        scope.joins.insert(
            0,
            {
                "kind": "inner",
                "source": {"subquery": {"select": _parts(numbers), "alias": alias}},
                "on": {"and": []},
            },
        )


def _literal(number: int) -> _ir.Expr:
    return {"literal": {"int": number}}


def _parts(numbers: list[int]) -> _ir.Select:
    selects = []
    for number in numbers:
        select = empty_select()
        select["outputs"] = [{"expr": _literal(number), "name": "part"}]
        selects.append(select)
    first, *others = selects
    first["compounds"] = [{"operator": "union_all", "select": each} for each in others]
    return first


def _restrict(aggregates: list[_ir.AggregateExpr], here: _ir.Predicate) -> None:
    for each in aggregates:
        call = each["aggregate"]
        before = call["filter"]
        call["filter"] = here if before is None else {"and": [here, before]}
