"""Query: an immutable, chainable question to the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, NoReturn

from oxyde.exceptions import OxydeError
from oxyde.queries.arrow import Tabular
from oxyde.queries.state import M, QueryState, R
from oxyde.queries.writing import Writing

__all__ = ["Query"]


class Query(Tabular[M, R], Writing[M, R]):
    """A query over the rows of a model. It never changes: each builder call gives a new one.

    Awaiting it, like `all()`, runs it and gives its rows.
    """

    def __await__(self) -> Generator[Any, None, list[R]]:
        return self.all().__await__()

    def __aiter__(self) -> AsyncIterator[R]:
        return self.iterate()

    def __getitem__(self, item: slice) -> Query[M, R]:
        """A slice: ``query[10:20]`` is ``query.offset(10).limit(10)``.

        Raises:
            OxydeError: a negative bound, a step, or an index.
        """
        if not isinstance(item, slice):
            raise OxydeError(
                "a query is not indexed by a number: it is not run yet",
                hint="await query.first(), or query[5:6]",
            )
        return self._slice(item)

    if not TYPE_CHECKING:
        # A type checker says so before the program runs.
        def __iter__(self) -> NoReturn:
            raise TypeError("a query runs asynchronously: await it, or use `async for`")

    def __bool__(self) -> NoReturn:
        raise TypeError("a query has no truth value: use `await query.exists()`")

    def __repr__(self) -> str:
        return f"<Query of {self._names.label}>"


QueryState._query = Query
