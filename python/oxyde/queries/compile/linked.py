"""Rows that are linked to one row by many to many: as many as the links, which are counted alone.

`Post.objects.filter(tags=7).count()` reads the table between, not the posts::

    SELECT COUNT(*) FROM post_tags WHERE tag_id = 7
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.select import where
from oxyde.queries.expressions.aggregates import Count
from oxyde.queries.ir.beside import related_rows, without_unread
from oxyde.queries.ir.predicates import conjuncts
from oxyde.queries.lookups.leaves import Value
from oxyde.queries.types.column_types import INTEGERS, TEXTS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.ir.nodes import Typed
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.names import Hop, Through

__all__ = ["count_links", "link_of"]

# Kinds of columns of which equal values are equal for a unique index, too.
_UNIQUE = INTEGERS | TEXTS | {"uuid"}


def link_of(query: QueryState[Any, Any]) -> Hop | None:
    """The relation whose links are as many as the rows: all that the query asks for is one related
    row, by a unique value of it."""
    if len(query._where) != 1 or query._ctes or query._cte_joins:
        return None
    found: Hop | None = None
    sure = False
    for node in conjuncts(query._where):
        if not isinstance(node, Value) or len(node.resolved.hops) != 1:
            return None
        [hop] = node.resolved.hops
        if hop.through is None or hop.scoped or (found is not None and hop is not found):
            return None
        found = hop
        sure = sure or _is_one(node, hop)
    if not sure or found is None or found.through is None:
        return None
    return found if _is_once(found.through) else None


def count_links(query: QueryState[Any, Any], scope: Scope, hop: Hop) -> tuple[_ir.Select, Typed]:
    """The SELECT that counts the links of the rows that the query asks for, and the number."""
    scope.announce(query._annotations.values())
    view, select, _, far, _ = related_rows(scope, (hop,))
    select["filter"] = where(query._where, view)
    number = Count().over(view, [])
    select["outputs"] = [{"expr": number.ir, "name": "count"}]
    if far is not None:
        without_unread(select, far)
    return select, number


def _is_one(node: Value, hop: Hop) -> bool:
    """Whether at most one row of the far side fulfils a condition."""
    resolved = node.resolved
    field = resolved.field
    if resolved.spec.name != "exact" or resolved.path or resolved.part is not None:
        return False
    key = field.primary_key and len(hop.target.primary_key) == 1
    return (field.unique or key) and kind_of(field.column_type) in _UNIQUE


def _is_once(through: Through) -> bool:
    """Whether two rows have one link at most."""
    ends = {through.source.name, through.target.name}
    columns = {through.source.db_column, through.target.db_column}
    if through.source.nullable or through.target.nullable:
        return False
    unique = [set(group) for group in through.meta.uniques.values()]
    key = through.meta.primary_key
    return (bool(key) and ends.issuperset(key)) or any(group <= columns for group in unique)
