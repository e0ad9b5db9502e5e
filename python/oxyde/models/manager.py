"""`Model.objects`."""

from __future__ import annotations

from typing import Any

from oxyde._manager import ManagerDescriptor
from oxyde.exceptions import ManagerError

__all__ = ["default_manager", "deleted_manager", "unscoped_manager"]


class _Objects(ManagerDescriptor):
    def _make(self, owner: type[Any]) -> Any:
        # Imported here so that defining models loads no queries.
        from oxyde.queries.manager import QueryManager

        return QueryManager(owner)


class _Unscoped(ManagerDescriptor):
    def _make(self, owner: type[Any]) -> Any:
        # Imported here so that defining models loads no queries.
        from oxyde.queries import Query

        if owner.__oxyde_options__.scope is None:
            raise ManagerError(
                f"{owner.__name__} has no scope, so its queries read all rows",
                model=owner,
                hint=f"use {owner.__name__}.objects, or declare one: scope = Q(…) in its class "
                "Meta",
            )
        query: Any = (getattr(owner, "__oxyde_query__", None) or Query)(owner)
        return query.unscoped()


class _Deleted(ManagerDescriptor):
    def _make(self, owner: type[Any]) -> Any:
        # Imported here so that defining models loads no queries.
        from oxyde.queries import Query

        query: Any = (getattr(owner, "__oxyde_query__", None) or Query)(owner)
        return query.unscoped().exclude(deleted_at=None)


def default_manager() -> ManagerDescriptor:
    """The manager of models that declare none."""
    return _Objects()


def deleted_manager() -> ManagerDescriptor:
    """The manager of the rows that are marked as deleted."""
    return _Deleted()


def unscoped_manager() -> ManagerDescriptor:
    """The manager of all rows of a model whose queries have a scope."""
    return _Unscoped()
