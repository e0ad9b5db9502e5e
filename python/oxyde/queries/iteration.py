"""Rows in chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["chunks"]


async def chunks(query: Query[Any, Any], size: Any, executor: Executor) -> AsyncIterator[list[Any]]:
    """The rows of a query, at most `size` at a time.

    A query of models without an order of its own goes along the key, page by page, so that only
    one chunk is in memory; others are read at once.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise OxydeError(f"chunk_size is a number above zero, not {size!r}")
    names = query._names
    paged = (
        query._row == "model"
        and not query._order
        and query._limit is None
        and query._offset is None
        and query._distinct is False
        and not query._compounds
        and not query._groups()
        and len(names.primary_key) == 1
    )
    if not paged:
        rows = await query._rows_on(executor)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
        return
    key = names.primary_key[0]
    page = query.order_by(key).limit(size)
    while True:
        rows = await page._rows_on(executor)
        if rows:
            yield rows
        if len(rows) < size:
            return
        page = query.filter(**{f"{key}__gt": rows[-1].__dict__[key]}).order_by(key).limit(size)
