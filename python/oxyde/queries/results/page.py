"""Pages of rows, as `page()` and `numbered_page()` return them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from oxyde.queries.compile.row_kind import RowKind

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.context import Annotation

__all__ = ["NumberedPage", "Page", "taken_apart"]

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Some of the rows of a query, between two places of its order.

    It is a Pydantic model, so that a web framework can send it: ``response_model=Page[PostOut]``.

    Attributes:
        items: the rows.
        next_cursor: for ``page(cursor=…)``, the page behind; None on the last page.
        previous_cursor: likewise, the page before; None on the first page.
        has_next: whether there is a page behind.
        has_previous: whether there was a page before; its rows may be gone.
    """

    # Built when first used: `import oxyde` does not wait for it.
    model_config = ConfigDict(defer_build=True)

    items: list[T]
    next_cursor: str | None = Field(default=None, description="Asks for the next page.")
    previous_cursor: str | None = Field(default=None, description="Asks for the previous page.")
    has_next: bool = False
    has_previous: bool = False


class NumberedPage(BaseModel, Generic[T]):
    """Some of the rows of a query, by the number of the page.

    Attributes:
        items: the rows.
        number: the page's number, from 1.
        size: how many rows a page has.
        total: how many rows the query has.
        pages: how many pages they are.
        has_next: whether there is a page behind.
    """

    # Built when first used: `import oxyde` does not wait for it.
    model_config = ConfigDict(defer_build=True)

    items: list[T]
    number: int
    size: int
    total: int
    pages: int
    has_next: bool


def taken_apart(
    query: QueryState[Any, Any], row: Any, extras: tuple[Annotation, ...]
) -> tuple[Any, tuple[Any, ...]]:
    """A row of the query without its extra columns, and the values of these."""
    if query._row in (RowKind.MODEL, RowKind.DICT):
        values = row.__dict__ if query._row is RowKind.MODEL else row
        return row, tuple([values.pop(each.name) for each in extras])
    own, place = row[: -len(extras)], row[-len(extras) :]
    if query._row is RowKind.FLAT:
        return own[0], place
    if query._row is RowKind.OBJECT:
        assert query._into is not None
        make, names = query._into.make(), query._into.names
        if query._into.by_keyword:
            return make(**dict(zip(names, own, strict=True))), place
        return make(*own), place
    return own, place
