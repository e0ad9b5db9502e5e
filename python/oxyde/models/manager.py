"""The managers that models have by themselves: `objects`, `unscoped`, `deleted`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from oxyde._manager import ManagerDescriptor, check_table
from oxyde.exceptions import ManagerError

if TYPE_CHECKING:
    from oxyde.models.model import Model
    from oxyde.queries.manager import QueryManager

    M = TypeVar("M", bound=Model)

Queries: TypeAlias = Callable[[], type[Any]]

__all__ = ["default_manager", "deleted_manager", "manager_of", "unscoped_manager"]


class _Objects(ManagerDescriptor):
    def _make(self, owner: type[Any]) -> Any:
        return manager_of(owner)


class _Unscoped(ManagerDescriptor):
    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def _make(self, owner: type[Any]) -> Any:
        if owner.__oxyde_options__.scope is None:
            raise ManagerError(
                f"{owner.__name__} has no scope, so its queries read all rows",
                model=owner,
                hint=f"use {owner.__name__}.objects, or declare one: scope = Q(…) in its class "
                "Meta",
            )
        return self._all_rows(owner)

    def _all_rows(self, owner: type[Any]) -> Any:
        query: Any = (getattr(owner, "__oxyde_query__", None) or self._queries())(owner)
        return query.unscoped()


class _Deleted(_Unscoped):
    def _make(self, owner: type[Any]) -> Any:
        return self._all_rows(owner).exclude(deleted_at=None)


def _async_queries() -> type[Any]:
    # Imported here so that defining models loads no queries.
    from oxyde.queries import Query

    return Query


def default_manager() -> ManagerDescriptor:
    """The manager of models that declare none."""
    return _Objects()


def deleted_manager(queries: Queries = _async_queries) -> ManagerDescriptor:
    """The manager of the rows that are marked as deleted.

    Args:
        queries: returns the class of its queries, of models that have none of their own.
    """
    return _Deleted(queries)


def unscoped_manager(queries: Queries = _async_queries) -> ManagerDescriptor:
    """The manager of all rows of a model whose queries have a scope.

    Args:
        queries: as for `deleted_manager`.
    """
    return _Unscoped(queries)


def manager_of(model: type[M]) -> QueryManager[M]:
    """The manager of a model, made once, whatever managers it declares; also of a model of
    `oxyde.sync`, for programs that run in an event loop.

    Raises:
        ManagerError: the model has no table.
    """
    made = model.__dict__.get("__oxyde_manager__")
    if made is None:
        # Imported here so that defining models loads no queries.
        from oxyde.queries.manager import QueryManager

        check_table(model)
        made = QueryManager(model)
        type.__setattr__(cast("Any", model), "__oxyde_manager__", made)
    return cast("QueryManager[M]", made)
