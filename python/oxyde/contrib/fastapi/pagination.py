"""Pages from query parameters, with bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Depends
from fastapi import Query as Parameter
from fastapi.exceptions import RequestValidationError

from oxyde.exceptions import CursorError
from oxyde.queries.results.page import NumberedPage, Page

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.query import Query

__all__ = ["CursorParams", "NumberParams", "cursor_params", "number_params"]

M = TypeVar("M")
R = TypeVar("R")

# The number of a page whose offset every database takes.
_LAST_NUMBER = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CursorParams:
    """``?size=20&cursor=…``

    Attributes:
        size: the most rows of the page.
        cursor: the place of the page; None for the first one.
    """

    size: int
    cursor: str | None = None

    async def page(
        self,
        query: QueryState[M, R],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Page[R]:
        """`Query.page`; a cursor that does not fit is status 422 at ``query.cursor``.

        Args:
            query: the rows, in an order.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            RequestValidationError: the cursor does not fit.
            OxydeError: as for `Query.page`.
        """
        asked: Query[M, R] = query._copy()
        try:
            return await asked.page(size=self.size, cursor=self.cursor, using=using, client=client)
        except CursorError:
            detail = {
                "type": "cursor",
                "loc": ("query", "cursor"),
                "msg": "The cursor is not valid",
                "input": self.cursor,
            }
            raise RequestValidationError([detail]) from None


@dataclass(frozen=True, slots=True)
class NumberParams:
    """``?page=1&size=20``

    Attributes:
        number: the page's number, from 1.
        size: the most rows of the page.
    """

    number: int
    size: int

    async def page(
        self,
        query: QueryState[M, R],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> NumberedPage[R]:
        """`Query.numbered_page`.

        Args:
            query: the rows, in an order.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: as for `Query.numbered_page`.
        """
        asked: Query[M, R] = query._copy()
        return await asked.numbered_page(self.number, size=self.size, using=using, client=client)


def cursor_params(*, size: int = 20, most: int = 100) -> Any:
    """A dependency for pages by cursor: ``page: Annotated[CursorParams, cursor_params()]``.

    Args:
        size: the rows of a page, unless the client asks for others.
        most: the most that a client can ask for.
    """

    def params(
        size: int = Parameter(size, ge=1, le=most, description="Rows of the page"),
        cursor: str | None = Parameter(
            None, description="`next_cursor` or `previous_cursor` of another page"
        ),
    ) -> CursorParams:
        return CursorParams(size, cursor)

    return Depends(params)


def number_params(*, size: int = 20, most: int = 100) -> Any:
    """A dependency for pages by number, with a total:
    ``page: Annotated[NumberParams, number_params()]``.

    Args:
        size: the rows of a page, unless the client asks for others.
        most: the most that a client can ask for.
    """

    def params(
        page: int = Parameter(1, ge=1, le=_LAST_NUMBER, description="Number of the page"),
        size: int = Parameter(size, ge=1, le=most, description="Rows of the page"),
    ) -> NumberParams:
        return NumberParams(page, size)

    return Depends(params)
