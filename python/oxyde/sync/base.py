"""The base of the queries of `oxyde.sync`: from a query to its async form, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.methods.writing import Writing
from oxyde.queries.query import Query as AsyncQuery

if TYPE_CHECKING:
    from oxyde.sync.query import Query

__all__ = ["Base", "sync_query"]

_new = object.__new__


class Base(Writing[M, R]):
    """A query with the clauses of an async one."""

    def _awaited(self) -> AsyncQuery[M, R]:
        """The async query with the same clauses. Queries do not change, so that both share them."""
        made: AsyncQuery[M, R] = _new(AsyncQuery)
        made.__dict__ = self.__dict__
        return made


def sync_query(query: QueryState[M, R]) -> Query[M, R]:
    """The query of `oxyde.sync` with the same clauses."""
    made = _new(Base._query)
    made.__dict__ = query.__dict__
    return cast("Query[M, R]", made)
