"""The base of the queries of `oxyde.sync`: the way to the async form of a query."""

from __future__ import annotations

from typing import TypeVar

from oxyde.queries.compile.state import M, R
from oxyde.queries.methods.writing import Writing
from oxyde.queries.query import Query as AsyncQuery

__all__ = ["Base"]

_new = object.__new__
T = TypeVar("T")


class Base(Writing[M, R]):
    """A query with the clauses of an async one."""

    def _awaited(self) -> AsyncQuery[M, R]:
        """The async query with the same clauses. Queries do not change, so that both share them."""
        made: AsyncQuery[M, R] = _new(AsyncQuery)
        made.__dict__ = self.__dict__
        return made
