"""Model: the base of models whose programs are synchronous throughout."""
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from oxyde.exceptions import ManagerError
from oxyde.sync.generated.model import Verbs
from oxyde.sync.query import QueryManager, manager_of

if TYPE_CHECKING:
    from oxyde.sync.generated.related import RelatedManager

    M = TypeVar("M", bound="Model")

__all__ = ["Model"]


class _ManagerDescriptor:
    """Returns the manager of each model class."""

    def __get__(self, instance: None, owner: type[M]) -> QueryManager[M]:
        """The manager of a model.

        Raises:
            ManagerError: the model has no table, or it was accessed on an instance.
        """
        if instance is not None:
            raise ManagerError(
                f"objects is accessed on the class {owner.__name__}, not on an instance",
                model=owner,
                hint=f"{owner.__name__}.objects",
            )
        return manager_of(owner)


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

    if TYPE_CHECKING:
        objects: ClassVar[_ManagerDescriptor]

    def _oxyde_related(self, name: str) -> RelatedManager[Any]:
        """The rows of a to-many relation, for `row.tags_set`."""
        from oxyde.sync.related import related

        return related(self, name)


# Not in the class statement, where it would count as a field that hides the one of the base.
type.__setattr__(Model, "objects", _ManagerDescriptor())
