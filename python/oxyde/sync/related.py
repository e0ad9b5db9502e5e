"""The rows of an instance's to-many relation, without `await`: `related()`, `row.tags_set`."""
# mypy: disable-error-code="misc, override"
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from oxyde.queries.related_rows.manager import T
from oxyde.queries.related_rows.manager import related as _related
from oxyde.sync.generated.related import Verbs
from oxyde.sync.query import Query

if TYPE_CHECKING:
    from typing_extensions import Self

    from oxyde.queries.related_rows.manager import RelatedManager as AsyncRelatedManager

__all__ = ["RelatedManager", "related"]

M = TypeVar("M")
R = TypeVar("R")
Q = TypeVar("Q", bound=Query[Any, Any])


class RelatedManager(Verbs[T], Query[T, T]):
    """The rows that belong to an instance over a to-many relation. It has the methods of `Query`,
    which apply to these rows; what it creates belongs to the instance."""

    @classmethod
    def of(cls, made: AsyncRelatedManager[T]) -> Self:
        """The rows of an async manager."""
        same = object.__new__(cls)
        same.__dict__ = made.__dict__
        return same

    if TYPE_CHECKING:

        @overload
        def query(self) -> Query[T, T]: ...
        @overload
        def query(self, rows: Q) -> Q: ...
        def query(self, rows: Any = None) -> Any:
            """The related rows as a query; see `RelatedManager.query` of the async form."""

    def _copy(self) -> Query[T, T]:
        own: Any = getattr(self._model, "__oxyde_query__", None) or Query
        same: Query[T, T] = object.__new__(own)
        same.__dict__ = super()._copy().__dict__
        return same


@overload
def related(instance: M, relation: Callable[[M], list[R]]) -> RelatedManager[R]: ...
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
