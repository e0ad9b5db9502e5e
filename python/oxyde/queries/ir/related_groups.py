"""The rows of a to-many path in groups, one for each row that the path starts from.

Aggregates over a relation that many rows are shown with, chosen or ordered by, are computed in one
pass over the related rows, in a table that is joined by its key::

    FROM author LEFT JOIN (
        SELECT author_id AS "key", COUNT(id) AS value_0, SUM(pages) AS value_1
        FROM book GROUP BY author_id
    ) AS books_grouped ON books_grouped."key" = author.id

The join is an inner one where a condition needs related rows (`n__gt=3`): servers then compute the
condition inside the groups, and may begin with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.queries.ir.beside import related_rows, without_unread
from oxyde.queries.ir.nodes import all_of, exact
from oxyde.queries.ir.row_sets import refers_outside

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.names import Hop

__all__ = ["RelatedGroups"]


class RelatedGroups:
    """The groups of the rows at the end of a path.

    Attributes:
        view: the scope of the related rows.
        sure: whether rows without a group are of no use, so that an inner join leaves them out.
    """

    __slots__ = (
        "_inside",
        "_key",
        "_near",
        "_scope",
        "_select",
        "_through",
        "alias",
        "sure",
        "view",
    )

    def __init__(self, scope: Scope, path: tuple[Hop, ...], *, sure: bool) -> None:
        self._scope = scope
        self.sure = sure
        self.view, self._select, link, self._through, self._inside = related_rows(scope, path)
        if self._inside:
            self._select["filter"] = all_of(self._inside)
        assert "lookup" in link
        key = link["lookup"]["operand"]
        assert "column" in key
        self._key = key["column"]
        self._near = link["lookup"]["arguments"][0]
        self._select["outputs"] = [{"expr": key, "name": "key"}]
        self._select["group_by"] = [key]
        self.alias = scope.builder.alias(f"{'_'.join([hop.name for hop in path])}_grouped")

    def value(self, ir: _ir.Expr, column_type: _ir.ColumnType) -> _ir.Expr | None:
        """An aggregate of each group, for its row; None where it reads the row itself."""
        if refers_outside([ir], self._select):
            return None
        key, *values = self._select["outputs"]
        if not values:
            self._join()
        for value in values:
            if value["expr"] == ir:
                name = value["name"]
                break
        else:
            name = f"value_{len(values)}"
            self._select["outputs"] = [key, *values, {"expr": ir, "name": name}]
        return {"column": {"table": self.alias, "name": name, "type": column_type}}

    def only(self, condition: _ir.Predicate) -> bool:
        """Leave out the rows for which a condition does not hold; False where it reads the row that
        has them."""
        if refers_outside([condition], self._select):
            return False
        self._select["filter"] = all_of([*self._inside, condition])
        return True

    def finish(self) -> None:
        """Leave out the table at the end of many to many where its keys are all that is read."""
        if self._through is not None:
            without_unread(self._select, self._through)

    def _join(self) -> None:
        own: _ir.Expr = {"column": {**self._key, "table": self.alias, "name": "key"}}
        self._scope.joins.append(
            {
                "kind": "inner" if self.sure else "left",
                "source": {"subquery": {"select": self._select, "alias": self.alias}},
                "on": exact(own, self._near),
            }
        )
