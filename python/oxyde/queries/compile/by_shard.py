"""strict() of a model whose rows are divided by a column (`Meta.shard_by`): a query has to name
its values, or it would ask each node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.ir.scope import Scope

__all__ = ["check_by_shard"]


def check_by_shard(
    query: QueryState[Any, Any], condition: _ir.Predicate | None, scope: Scope
) -> None:
    """Check that a condition compares the column by which the rows are divided with values.

    Raises:
        FieldError: it does not.
    """
    meta = query._names.meta
    assert meta.shard_by is not None
    field = meta.field_metadata[meta.shard_by]
    if condition is not None and _names(condition, scope.alias, field.db_column):
        return
    raise FieldError(
        f"a strict query of `{query._names.label}` does not filter by `{field.name}`, by which the "
        "rows are divided (Meta.shard_by), so each node would be asked",
        hint=f"filter({field.name}=…), or leave strict() out",
    )


def _names(predicate: Any, alias: str, column: str) -> bool:
    """Whether the predicate holds only for some values of the column."""
    if "and" in predicate:
        return any(_names(each, alias, column) for each in predicate["and"])
    if "or" in predicate:
        return all(_names(each, alias, column) for each in predicate["or"])
    if "lookup" in predicate:
        lookup = predicate["lookup"]
        return lookup["name"] in ("exact", "in") and _is(lookup["operand"], alias, column)
    if "in_rows" in predicate:
        return any(_is(each, alias, column) for each in predicate["in_rows"]["operands"])
    return False


def _is(operand: Any, alias: str, column: str) -> bool:
    found = operand.get("column") if isinstance(operand, dict) else None
    return found is not None and (found["table"], found["name"]) == (alias, column)
