"""`EXISTS` of a query that an equality ties to the row around it, as a set of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from oxyde.queries.ir.row_sets import as_set, tables_of
from oxyde.queries.types.column_types import INTEGERS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.names import Names

__all__ = ["in_keys"]

# What makes the rows of a SELECT depend on each other.
_CLAUSES: Final = (
    "ctes",
    "group_by",
    "having",
    "compounds",
    "limit",
    "offset",
    "lock",
)


def in_keys(scope: Scope, select: _ir.Select, names: Names) -> _ir.Predicate | None:
    """`EXISTS` of a SELECT as `key IN (SELECT …)`, where one equality among its conditions ties it
    to the row of `scope`; None where it is better as it is.

    Args:
        names: those of the SELECT's model.
    """
    if select["filter"] is None or any(select[clause] for clause in _CLAUSES):
        return None
    own = tables_of(select)
    conditions: list[_ir.Predicate] = []
    if "and" in select["filter"]:
        conditions += select["filter"]["and"]
    for place, condition in enumerate(conditions):
        link = _link(condition, own)
        if link is None:
            continue
        key, near = link
        rest = [*conditions[:place], *conditions[place + 1 :]]
        indexed = names.meta.columns.get(key["name"]) in names.indexed
        if not rest or not as_set(scope, select, rest, indexed=indexed):
            return None
        select["outputs"] = [{"expr": {"column": key}, "name": "key"}]
        select["filter"] = {"and": rest}
        return {"in_select": {"operand": {"column": near}, "select": select}}
    return None


def _link(condition: _ir.Predicate, own: set[str]) -> tuple[_ir.Column, _ir.Column] | None:
    """The column of a SELECT, and that of the row around it, which a condition says are equal.
    Integers only: other values may be equal by a collation of one of them."""
    lookup = condition.get("lookup")
    if not isinstance(lookup, dict) or lookup["name"] != "exact":
        return None
    sides = [lookup["operand"], *lookup["arguments"]]
    columns = [each["column"] for each in sides if "column" in each]
    if len(columns) != len(sides) or any(kind_of(each["type"]) not in INTEGERS for each in columns):
        return None
    inner = [each for each in columns if each["table"] in own]
    outer = [each for each in columns if each["table"] not in own]
    return (inner[0], outer[0]) if len(inner) == len(outer) == 1 else None
