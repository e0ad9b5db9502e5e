"""`Model.objects`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from oxyde.exceptions import ManagerError

if TYPE_CHECKING:
    from oxyde.models.model import Model
    from oxyde.queries.manager import QueryManager

    M = TypeVar("M", bound=Model)

__all__ = ["ManagerDescriptor", "check_table", "manager_of"]


class ManagerDescriptor:
    """Creates the manager of each model class on first access."""

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


def manager_of(model: type[M]) -> QueryManager[M]:
    """The manager of a model, made once; also of a model of `oxyde.sync`, for programs that run in
    an event loop.

    Raises:
        ManagerError: the model has no table.
    """
    made = model.__dict__.get("__oxyde_manager__")
    return cast("QueryManager[M]", _make(model) if made is None else made)


def check_table(model: type[Any]) -> None:
    """Check that a model has rows.

    Raises:
        ManagerError: it has no table.
    """
    if not model.__oxyde_options__.is_table:
        raise ManagerError(
            f"{model.__name__} has no table to query",
            model=model,
            hint="set is_table = True in its class Meta",
        )


def _make(owner: type[Any]) -> Any:
    # Imported here so that defining models loads no queries.
    from oxyde.queries.manager import QueryManager

    check_table(owner)
    made: QueryManager[Any] = QueryManager(owner)
    type.__setattr__(owner, "__oxyde_manager__", made)
    return made
