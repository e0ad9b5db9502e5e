"""`Model.objects`."""

from __future__ import annotations

from typing import Any

from oxyde._manager import ManagerDescriptor

__all__ = ["default_manager"]


class _Objects(ManagerDescriptor):
    def _make(self, owner: type[Any]) -> Any:
        # Imported here so that defining models loads no queries.
        from oxyde.queries.manager import QueryManager

        return QueryManager(owner)


def default_manager() -> ManagerDescriptor:
    """The manager of models that declare none."""
    return _Objects()
