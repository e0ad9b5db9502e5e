"""Query and QueryManager without `await`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, cast

from typing_extensions import TypeVar

from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.manager import QueryManager as AsyncQueryManager
from oxyde.queries.query import Query as AsyncQuery
from oxyde.sync.generated.writing import Writing

__all__ = ["Query", "QueryManager", "manager_of", "sync_query"]

T = TypeVar("T")
_new = object.__new__


class Query(Writing[M, R], AsyncQuery[M, R]):  # type: ignore[misc]
    """A query whose methods return rows, not coroutines. Iterating over it runs it: ``for post in
    Post.objects.filter(…)``, like `all()`; `iterate()` reads the rows in chunks.
    """

    def __iter__(self) -> Iterator[R]:
        return iter(self.all())

    def __bool__(self) -> NoReturn:
        raise TypeError("a query has no truth value: use query.exists()")

    if not TYPE_CHECKING:

        def __await__(self) -> NoReturn:
            raise TypeError("a query of oxyde.sync is not awaited: call all(), or iterate over it")

        def __aiter__(self) -> NoReturn:
            raise TypeError("a query of oxyde.sync is iterated over by a plain `for`")


Writing._query = Query


class QueryManager(Writing[T, T], AsyncQueryManager[T]):  # type: ignore[misc]
    """`Model.objects` without `await`: the rows of a model. It has the methods of `Query`."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.all())


def sync_query(query: QueryState[M, R]) -> Query[M, R]:
    """The query of `oxyde.sync` with the same clauses."""
    made: Query[M, R] = _new(Query)
    made.__dict__ = query.__dict__
    return made


def manager_of(model: type[T]) -> QueryManager[T]:
    """The manager of a model, made once.

    Raises:
        ManagerError: the model has no table.
    """
    made = model.__dict__.get("__oxyde_sync_manager__")
    if made is None:
        # Imported here so that a program without models loads none.
        from oxyde.models.manager import check_table

        check_table(model)
        made = QueryManager(model)
        type.__setattr__(cast("Any", model), "__oxyde_sync_manager__", made)
    return cast("QueryManager[T]", made)
