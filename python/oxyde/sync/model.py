"""Model: the base of models whose programs are synchronous throughout."""
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from oxyde._manager import ManagerDescriptor
from oxyde.models.manager import unscoped_manager
from oxyde.sync.generated.model import Verbs
from oxyde.sync.query import Query, manager_of

if TYPE_CHECKING:
    from oxyde.sync.related import RelatedManager

    M = TypeVar("M", bound="Model")

__all__ = ["Model", "SyncManager", "sync_queries"]


class SyncManager(ManagerDescriptor):
    """The manager of models that declare none."""

    def __get__(self, instance: None, owner: type[M]) -> Query[M, M]:  # type: ignore[override]
        """The manager of a model.

        Raises:
            ManagerError: the model has no table, or it was accessed on an instance.
        """
        return cast("Query[M, M]", self._manager(instance, owner))

    def _make(self, owner: type[Any]) -> Any:
        return manager_of(owner)


def sync_queries() -> type[Any]:
    """The class of the queries of models that have none of their own."""
    return Query


class Model(Verbs):
    """The base of models whose programs are synchronous throughout: `objects`, `save`, `delete`,
    `refresh`, the managers of relations and the hooks work without `await`. Everything else is as
    for `oxyde.Model`::

        class User(sync.Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            name: str

        ann = User.objects.create(name="Ann")

    An async program cannot use such a model. Declare the models of both with `oxyde.Model`, and use
    `sync.objects`, `sync.save` and the other functions here.
    """

    objects = SyncManager()
    if TYPE_CHECKING:
        unscoped = SyncManager()
    else:
        unscoped = unscoped_manager(sync_queries)

    def _oxyde_related(self, name: str) -> RelatedManager[Any]:
        """The rows of a to-many relation, for `row.tags_set`."""
        from oxyde.sync.related import related

        return related(self, name)
