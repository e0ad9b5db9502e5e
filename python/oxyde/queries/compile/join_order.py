"""Which table a server begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.queries.ir.row_sets import aliases_in

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope

__all__ = ["begin_with_first"]


def begin_with_first(select: _ir.Select, scope: Scope) -> None:
    """Use outer joins for related rows that neither the conditions nor the order of a limited
    SELECT name, where the server would otherwise begin with them and sort all rows.

    The rows are the same: those joins find one row each.
    """
    features = scope.builder.features
    if features is None or not features.inner_joins_lead or select["limit"] is None:
        return
    related = set(scope.tables())
    used: set[str] | None = None
    for join in reversed(select["joins"]):
        source = join["source"]
        if join["kind"] != "inner" or "table" not in source:
            continue
        alias = source["table"]["alias"]
        if alias not in related:
            continue
        if used is None:
            used = aliases_in([select["filter"], select["order_by"]])
            if used is None:
                return
        if alias in used:
            used |= aliases_in(join["on"]) or set()
        else:
            join["kind"] = "left"
