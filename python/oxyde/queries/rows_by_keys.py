"""The rows of many keys, which may have several parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oxyde.queries.names import Names

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["rows_by_keys"]

# Rows of a key of several parts that one query reads: each is a term of its WHERE.
_AT_ONCE = 500


async def rows_by_keys(
    names: Names,
    key: Sequence[str],
    values: Sequence[tuple[Any, ...]],
    wanted: Sequence[str],
    executor: Executor,
) -> list[tuple[Any, ...]]:
    """Some fields of the rows that have one of these keys.

    Args:
        names: the model.
        key: the fields of the key.
        values: the keys.
        wanted: what is read.
        executor: where.
    """
    from oxyde.queries.q import Q
    from oxyde.queries.query import Query

    query: Query[Any, Any] = Query(names.model)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        if len(key) == 1:
            chosen = Q(**{f"{key[0]}__in": [each[0] for each in part]})
        else:
            chosen = Q()
            for each in part:
                chosen |= Q(**dict(zip(key, each, strict=True)))
        rows += await query.filter(chosen).values_list(*wanted).all(client=executor)
    return rows
