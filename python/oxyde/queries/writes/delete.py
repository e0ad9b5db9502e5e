"""DELETE of a query's rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.shape import shape_of
from oxyde.queries.ir.nodes import table_of
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.writes.cascades import sees_deleted
from oxyde.queries.writes.target import announce, bare_target, scope_of_change

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["delete_query"]


async def delete_query(query: Query[Any, Any], executor: Executor) -> int:
    """Delete the rows of a query; the number of rows."""
    if query._is_empty():
        return 0
    values: list[Any] = []
    bare = bare_target(query)
    shape = ("delete", shape_of(bare, values))

    def make() -> tuple[_ir.Statement, Builder, Any]:
        return *delete_statement(bare, executor.features), None

    entry = entry_for(executor.features, shape, make, bare._model)
    affected, _ = await entry.execute(executor, values)
    return affected


def delete_statement(
    query: Query[Any, Any], features: Features | None
) -> tuple[_ir.Statement, Builder]:
    """The DELETE and its builder."""
    builder = Builder(features)
    scope = Scope(builder, query._names, inline=True)
    first = builder.index
    announce(query, scope)
    meta = query._names.meta
    rows = scope_of_change(query, scope, first, partial(sees_deleted, features, meta))
    delete: _ir.Delete = {
        "table": table_of(meta, scope.alias),
        "scope": rows,
        "returning": [],
    }
    return {"delete": delete}, builder
