"""Query: an immutable, chainable question to the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, NoReturn

from oxyde.exceptions import OxydeError
from oxyde.queries.reading import Reading
from oxyde.queries.state import M, R
from oxyde.queries.writing import Writing

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.iteration import Iteration

__all__ = ["Query"]


class Query(Reading[M, R], Writing[M, R]):
    """A query over the rows of a model. It never changes: each builder call gives a new one.

    Awaiting it, like `all()`, runs it and gives its rows.
    """

    def __await__(self) -> Generator[Any, None, list[R]]:
        return self.all().__await__()

    def __aiter__(self) -> AsyncIterator[R]:
        return self.iterate()

    def iterate(
        self,
        *,
        chunk_size: int = 1000,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Iteration[R]:
        """The rows one by one, in constant memory: ``async for user in query.iterate(): …``.

        PostgreSQL reads them by a cursor and SQLite step by step, inside a transaction (where
        other queries may run in between) as well as outside of one, where they are those of one
        moment. MySQL and MariaDB stream them outside of a transaction; inside of one, as with
        a SQLite database in memory, all rows are read at once, though models are only made a
        chunk at a time. Outside of a transaction the iteration keeps one connection of the pool
        until it ends, or is left by ``break``; queries in its body take another one.
        Prefetches are done for each chunk.

        Args:
            chunk_size: how many rows are fetched at a time.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: a chunk size below one.
        """
        from oxyde.queries.iteration import Iteration

        return Iteration(self, chunk_size, lambda: self._executor(using, client))

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
