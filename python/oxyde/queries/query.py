"""Query: an immutable, chainable database query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, NoReturn

from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.methods.writing import Writing

__all__ = ["Query"]


class Query(Writing[M, R]):
    """A query over the rows of a model. It is immutable: each builder call returns a new one.
    Awaiting it runs it and returns its rows, like `all()`.
    """

    def __await__(self) -> Generator[Any, None, list[R]]:
        return self.all().__await__()

    def __aiter__(self) -> AsyncIterator[R]:
        return self.iterate()

    if not TYPE_CHECKING:
        # Declared so that type checkers report it.
        def __iter__(self) -> NoReturn:
            raise TypeError("a query runs asynchronously: await it, or use `async for`")

    def __bool__(self) -> NoReturn:
        raise TypeError("a query has no truth value: use `await query.exists()`")

    def __repr__(self) -> str:
        return f"<Query of {self._names.label}>"


QueryState._query = Query
