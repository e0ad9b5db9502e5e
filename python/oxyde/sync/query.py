"""Query and QueryManager without `await`."""
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, cast

from typing_extensions import TypeVar

from oxyde._manager import check_table
from oxyde.queries.compile.state import M, R
from oxyde.queries.manager import QueryManager as AsyncQueryManager
from oxyde.queries.query import Query as AsyncQuery
from oxyde.sync.base import Base
from oxyde.sync.generated.writing import Writing

__all__ = ["Query", "QueryManager", "manager_of"]

T = TypeVar("T")


class Query(Writing[M, R], AsyncQuery[M, R]):
    """A query whose methods return rows, not coroutines. Iterating over it runs it: ``for post in
    Post.objects.filter(…)``, like `all()`; `iterate()` reads the rows in chunks.
    """

    _is_awaited = False

    def __iter__(self) -> Iterator[R]:
        return iter(self.all())

    def __bool__(self) -> NoReturn:
        raise TypeError("a query has no truth value: use query.exists()")

    if not TYPE_CHECKING:

        def __await__(self) -> NoReturn:
            raise TypeError("a query of oxyde.sync is not awaited: call all(), or iterate over it")

        def __aiter__(self) -> NoReturn:
            raise TypeError("a query of oxyde.sync is iterated over by a plain `for`")


Base._query = Query


if TYPE_CHECKING:
    # To type checkers the rows of a model are a query: its builders return a `Query`.
    QueryManager = Query
else:

    class QueryManager(Query, AsyncQueryManager):
        """`Model.objects` without `await`: the rows of a model. It has the methods of `Query`."""

        _query = Query


def manager_of(model: type[T]) -> QueryManager[T]:
    """The manager of a model, made once.

    Raises:
        ManagerError: the model has no table.
    """
    made = model.__dict__.get("__oxyde_sync_manager__")
    if made is None:
        check_table(model)
        made = QueryManager(model)
        type.__setattr__(cast("Any", model), "__oxyde_sync_manager__", made)
    return cast("QueryManager[T]", made)
