"""Rows, or a response with status 404."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from fastapi import HTTPException

from oxyde.exceptions import FieldError, NotFoundError
from oxyde.queries.methods.reading import Reading
from oxyde.queries.names import is_query

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.models.model import Model

    M = TypeVar("M", bound=Model)

__all__ = ["get_list_or_404", "get_or_404"]

R = TypeVar("R")


@overload
async def get_or_404(
    source: type[M],
    /,
    *conditions: Any,
    detail: str | None = None,
    using: str | None = None,
    client: Executor | None = None,
    **lookups: object,
) -> M: ...
@overload
async def get_or_404(
    source: Reading[Any, R],
    /,
    *conditions: Any,
    detail: str | None = None,
    using: str | None = None,
    client: Executor | None = None,
    **lookups: object,
) -> R: ...
async def get_or_404(
    source: Any,
    /,
    *conditions: Any,
    detail: str | None = None,
    using: str | None = None,
    client: Executor | None = None,
    **lookups: object,
) -> Any:
    """The only row for which all of these hold: ``await get_or_404(Post, id=post_id)``, or
    ``await get_or_404(Post.objects.join("author"), id=post_id)``.

    Where `add_exception_handlers` is in use, ``await Post.objects.get(id=post_id)`` answers with
    404 as well; this function does so without the handlers, and with a message of your own.

    Args:
        source: a model, its `objects`, a query, or the rows of a relation.
        conditions: as for `get`.
        detail: the message of the response; ``Post not found`` by default.
        using: the database's name.
        client: a database or transaction, instead of a name.
        lookups: as for `get`.

    Raises:
        HTTPException: there is no such row; its status is 404.
        MultipleObjectsReturned: there are several.
        FieldError: the source is something else, or an unknown name.
    """
    query = _query(source, "get_or_404()")
    try:
        return await query.get(*conditions, using=using, client=client, **lookups)
    except NotFoundError as error:
        raise _not_found(query, detail) from error


@overload
async def get_list_or_404(
    source: type[M],
    /,
    *conditions: Any,
    detail: str | None = None,
    using: str | None = None,
    client: Executor | None = None,
    **lookups: object,
) -> list[M]: ...
@overload
async def get_list_or_404(
    source: Reading[Any, R],
    /,
    *conditions: Any,
    detail: str | None = None,
    using: str | None = None,
    client: Executor | None = None,
    **lookups: object,
) -> list[R]: ...
async def get_list_or_404(
    source: Any,
    /,
    *conditions: Any,
    detail: str | None = None,
    using: str | None = None,
    client: Executor | None = None,
    **lookups: object,
) -> list[Any]:
    """The rows for which all of these hold, at least one.

    Args: as for `get_or_404`.

    Raises:
        HTTPException: there is none; its status is 404.
        FieldError: the source is something else, or an unknown name.
    """
    query = _query(source, "get_list_or_404()")
    if conditions or lookups:
        query = query.filter(*conditions, **lookups)
    rows: list[Any] = await query.all(using=using, client=client)
    if not rows:
        raise _not_found(query, detail)
    return rows


def _query(source: Any, verb: str) -> Any:
    if is_query(source):
        return source
    if isinstance(source, type) and hasattr(source, "objects"):
        return source.objects
    raise FieldError(f"{verb} takes a model or a query, not {source!r:.80}")


def _not_found(query: Any, detail: str | None) -> HTTPException:
    return HTTPException(404, detail or f"{query._names.label} not found")
