"""Descriptors of managers: `Post.objects`, and those of `as_manager()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from oxyde.exceptions import ManagerError

if TYPE_CHECKING:
    from oxyde.models.model import Model
    from oxyde.queries.query import Query

    M = TypeVar("M", bound=Model)

__all__ = ["Manager", "ManagerDescriptor", "check_table"]

Q = TypeVar("Q", bound="Query[Any, Any]")


class ManagerDescriptor:
    """An attribute of model classes where queries start. Each class has its own manager, made on
    first access.

    Attributes:
        query: the class of its queries; None for `Query`.
    """

    query: type[Any] | None = None
    _name = "objects"
    # Where a class keeps its manager.
    _key = "__oxyde_manager_objects__"

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name
        self._key = f"__oxyde_manager_{name}__"

    def __get__(self, instance: None, owner: type[M]) -> Query[M, M]:
        """The manager of a model.

        Raises:
            ManagerError: the model has no table, or it was accessed on an instance.
        """
        made: Query[M, M] = self._manager(instance, owner)
        return made

    def _manager(self, instance: object, owner: type[Any]) -> Any:
        made = owner.__dict__.get(self._key)
        if made is None or instance is not None:
            made = self._made(instance, owner)
        return made

    def _made(self, instance: object, owner: type[Any]) -> Any:
        name = self._name
        if instance is not None:
            raise ManagerError(
                f"{name} is accessed on the class {owner.__name__}, not on an instance",
                model=owner,
                hint=f"{owner.__name__}.{name}",
            )
        check_table(owner)
        made = self._make(owner)
        type.__setattr__(owner, self._key, made)
        return made

    def _make(self, owner: type[Any]) -> Any:
        """The manager of a model with a table."""
        raise NotImplementedError


class Manager(ManagerDescriptor, Generic[Q]):
    """A manager with the methods of a class of queries: see `Query.as_manager`."""

    def __init__(self, query: type[Q], start: Callable[[Q], Q] | None = None) -> None:
        self.query = query
        self._class = query
        self._start = start

    def __get__(self, instance: None, owner: type[Any]) -> Q:
        """The manager of a model.

        Raises:
            ManagerError: the model has no table, it was accessed on an instance, or the function of
                as_manager() does not return a query of the model.
        """
        made: Q = self._manager(instance, owner)
        return made

    def _make(self, owner: type[Any]) -> Any:
        made: Any = self._class(owner)
        if self._start is None:
            return made
        started = self._start(made)
        if not isinstance(started, self._class) or started._model is not owner:
            raise ManagerError(
                f"the function of {owner.__name__}.{self._name} must return a query of "
                f"{owner.__name__}, got {started!r:.80}",
                model=owner,
                hint=f"{self._name} = {self._class.__name__}.as_manager(lambda rows: "
                "rows.filter(…))",
            )
        return started


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
