"""SoftDelete without `await`."""
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.models.manager import deleted_manager
from oxyde.sync.generated.soft_delete import Verbs
from oxyde.sync.model import Model, SyncManager, sync_queries

__all__ = ["SoftDelete"]


class SoftDelete(Model, Verbs):
    """A base for models whose rows are marked as deleted, and can be restored: see
    `oxyde.SoftDelete`."""

    if TYPE_CHECKING:
        deleted = SyncManager()
    else:
        deleted = deleted_manager(sync_queries)
