"""Marking the row of an instance as deleted, restoring and deleting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.models.instances.row import check_key, executor_of, stored_key, table_meta
from oxyde.models.instances.saving import delete_row, restore_row

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.models.model import Model

__all__ = ["hard_delete", "restore"]


async def hard_delete(instance: Model, using: str | None, client: Executor | None) -> int:
    """See `SoftDelete.hard_delete`."""
    return await delete_row(instance, using, client, hard=True)


async def restore(instance: Model, using: str | None, client: Executor | None) -> int:
    """See `SoftDelete.restore`."""
    meta = table_meta(instance)
    meta.check_writable("restore")
    key = stored_key(instance, meta)
    check_key(meta, key, "restore")
    return await restore_row(instance, meta, key, executor_of(instance, using, client))
