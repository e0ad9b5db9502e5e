"""related(): the rows of an instance's to-many relation, without `await`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from oxyde.queries.relations.manager import related as _related
from oxyde.sync.generated.related import RelatedManager

__all__ = ["RelatedManager", "related"]

M = TypeVar("M")
T = TypeVar("T")


@overload
def related(instance: M, relation: Callable[[M], list[T]]) -> RelatedManager[T]: ...
@overload
def related(instance: object, relation: str) -> RelatedManager[Any]: ...
def related(instance: object, relation: Any) -> RelatedManager[Any]:
    """The rows of an instance's to-many relation: ``related(post, "tags").add(tag)``, or, with the
    type of the rows, ``related(post, lambda p: p.tags)``.

    Raises:
        FieldError: the model has no such relation, or it is not a to-many relation.
    """
    made: RelatedManager[Any] = RelatedManager.of(_related(instance, relation))
    return made
