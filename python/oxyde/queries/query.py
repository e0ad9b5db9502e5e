"""Query: an immutable, chainable database query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, NoReturn

from typing_extensions import Self

from oxyde._manager import Manager
from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.methods.writing import Writing

__all__ = ["Query"]


class Query(Writing[M, R]):
    """A query over the rows of a model. It is immutable: each builder call returns a new one.
    Awaiting it runs it and returns its rows, like `all()`.

    A subclass adds methods of its own to the queries of a model::

        class PostQuery(Query["Post"]):
            def published(self) -> Self:
                return self.filter(is_draft=False)

        class Post(Model):
            objects = PostQuery.as_manager()
    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        # Its builders return queries of the subclass.
        if "_query" not in cls.__dict__:
            cls._query = cls

    @classmethod
    def as_manager(cls, start: Callable[[Self], Self] | None = None) -> Manager[Self]:
        """A manager for a model, whose queries are of this class: ``objects =
        PostQuery.as_manager()``. The queries of the manager `objects` are also those of related
        managers.

        Args:
            start: what the manager begins with, if not with all rows:
                ``published = PostQuery.as_manager(lambda rows: rows.published())``. Runs once, on
                first access.
        """
        return Manager(cls, start)

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
