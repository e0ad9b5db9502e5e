"""What receivers of signals get: one event each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = [
    "Action",
    "BulkCreateEvent",
    "BulkUpdateEvent",
    "DeleteEvent",
    "Event",
    "QueryDeleteEvent",
    "QueryUpdateEvent",
    "RelationEvent",
    "SaveEvent",
    "UpsertEvent",
]

M = TypeVar("M", default=Any)
Action = Literal["add", "remove", "set", "clear", "create"]


@dataclass(slots=True, kw_only=True)
class Event(Generic[M]):
    """A write of rows of a model.

    Attributes:
        model: the model.
        executor: where it runs: a block, or a database. Queries of a receiver that must be in the
            same transaction run on it.
    """

    model: type[M]
    executor: Executor


@dataclass(slots=True, kw_only=True)
class SaveEvent(Event[M]):
    """`save()`, `create()`, `get_or_create()`, `update_or_create()`, or `restore()` of an instance.

    Attributes:
        instance: the instance; what `pre_save` changes is written.
        is_create: whether the row is new.
        update_fields: the fields that the caller named, or None.
    """

    instance: M
    is_create: bool
    update_fields: frozenset[str] | None = None


@dataclass(slots=True, kw_only=True)
class DeleteEvent(Event[M]):
    """`delete()` or `hard_delete()` of an instance.

    Attributes:
        instance: the instance.
        soft: whether the row is only marked as deleted (`SoftDelete`).
        rows: the number of rows; None before.
    """

    instance: M
    soft: bool
    rows: int | None = None


@dataclass(slots=True, kw_only=True)
class UpsertEvent(Event[M]):
    """`upsert()`.

    Attributes:
        values: the values of the new row.
        instance: the row as it is stored; None before.
    """

    values: Mapping[str, Any]
    instance: M | None = None


@dataclass(slots=True, kw_only=True)
class BulkCreateEvent(Event[M]):
    """`bulk_create()`.

    Attributes:
        instances: all of them, in order; what `pre_bulk_create` changes is written.
        ignore_conflicts: whether rows with a known key are left as they are.
        update_conflicts: whether they are updated.
    """

    instances: Sequence[M]
    ignore_conflicts: bool
    update_conflicts: bool


@dataclass(slots=True, kw_only=True)
class BulkUpdateEvent(Event[M]):
    """`bulk_update()`.

    Attributes:
        instances: all of them, in order; what `pre_bulk_update` changes is written.
        fields: the fields that are written.
        rows: the number of rows; None before.
    """

    instances: Sequence[M]
    fields: frozenset[str]
    rows: int | None = None


@dataclass(slots=True, kw_only=True)
class QueryUpdateEvent(Event[M]):
    """`update()`, `increment()`, `decrement()` or `restore()` of a query.

    Attributes:
        query: the query whose rows are written. After the write it may find other rows.
        values: by field, values and expressions.
        rows: the number of rows; None before.
    """

    query: Query[M, Any]
    values: Mapping[str, Any]
    rows: int | None = None


@dataclass(slots=True, kw_only=True)
class QueryDeleteEvent(Event[M]):
    """`delete()` or `hard_delete()` of a query.

    Attributes:
        query: the query whose rows are deleted; `pre_query_delete` can still read them.
        soft: whether they are only marked as deleted (`SoftDelete`).
        rows: the number of rows; None before.
    """

    query: Query[M, Any]
    soft: bool
    rows: int | None = None


@dataclass(slots=True, kw_only=True)
class RelationEvent(Event[M]):
    """A change of a many-to-many relation by a related manager: ``post.tags_set.add(tag)``.

    Attributes:
        instance: the instance whose relation changes.
        relation: the relation: "tags".
        action: the method.
        keys: the keys of the other rows that the caller named; none for "clear".
    """

    instance: M
    relation: str
    action: Action
    keys: tuple[Any, ...]
