"""`SoftDelete`: a base for models whose rows are marked as deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from oxyde.models.columns.field import Field
from oxyde.models.instances import soft_deletion
from oxyde.models.manager import deleted_manager
from oxyde.models.model import Model

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["SoftDelete"]


def _not_deleted(row: Any) -> Any:
    return row.deleted_at == None  # noqa: E711 (a condition)


class SoftDelete(Model):
    """A base for models whose rows are marked as deleted, and can be restored::

        class Post(SoftDelete):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)

    `delete()`, of an instance or a query, sets `deleted_at` to the time of the database. Queries do
    not read such rows, nor do joins, aggregates and prefetches of other models; `Post.deleted` has
    them, and `Post.unscoped` has all. `restore()` brings rows back, `hard_delete()` deletes them.

    Rows of other models with soft delete that refer to the row with ``db_on_delete="CASCADE"`` are
    marked with it, and restored with it. No other row changes: where a foreign key refers to a
    marked row, joins give None.

    Unique fields and constraints hold among the rows that are not deleted: `is_live`, which the
    database computes (1, or NULL for deleted rows), is a part of each.
    """

    __oxyde_soft_delete__ = "deleted_at"

    if not TYPE_CHECKING:
        # Hidden from type checkers, for which a model's own Meta would not fit it.
        class Meta:
            scope = _not_deleted

    # Only the rows that are marked as deleted.
    deleted = deleted_manager()

    deleted_at: datetime | None = None
    is_live: int | None = Field(
        default=None,
        exclude=True,
        repr=False,
        db_generated="CASE WHEN deleted_at IS NULL THEN 1 END",
    )

    async def hard_delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the row from the table, whether it is marked as deleted or not.

        Returns:
            The number of rows deleted: 1, or 0 if it was already gone.

        Raises:
            ManagerError: the instance has no key, or its model is read-only.
            ForeignKeyViolationError: other rows refer to it.
        """
        return await soft_deletion.hard_delete(self, using, client)

    async def restore(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Bring the row back, with the rows that were deleted with it.

        Returns:
            The number of rows restored: 1, or 0 if it was not marked as deleted.

        Raises:
            ManagerError: the instance has no key, or its model is read-only.
            UniqueViolationError: another row has taken a unique key of it.
        """
        return await soft_deletion.restore(self, using, client)
