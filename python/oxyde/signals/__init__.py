"""Signals: functions that are called when rows of any model, or of one, are written.

::

    from oxyde import signals

    @signals.post_save.on(Post)
    async def index(event: signals.SaveEvent[Post]) -> None:
        await search.index(event.instance)

Receivers of a `pre_…` signal are called before the write, and an error of one prevents it. Those of
a `post_…` signal are called after it: in its transaction, or with ``when="commit"`` after the
commit. An instance's own hooks (`pre_save` …) are called before the receivers of the same moment.
"""

from __future__ import annotations

from typing import Any

from oxyde.signals.events import (
    Action,
    BulkCreateEvent,
    BulkUpdateEvent,
    DeleteEvent,
    Event,
    QueryDeleteEvent,
    QueryUpdateEvent,
    RelationEvent,
    SaveEvent,
    UpsertEvent,
)
from oxyde.signals.signal import Signal, When, muted

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
    "Signal",
    "UpsertEvent",
    "When",
    "muted",
    "post_bulk_create",
    "post_bulk_update",
    "post_delete",
    "post_query_delete",
    "post_query_update",
    "post_relation",
    "post_save",
    "post_upsert",
    "pre_bulk_create",
    "pre_bulk_update",
    "pre_delete",
    "pre_query_delete",
    "pre_query_update",
    "pre_relation",
    "pre_save",
    "pre_upsert",
]

pre_save: Signal[SaveEvent[Any]] = Signal("pre_save", before=True)
post_save: Signal[SaveEvent[Any]] = Signal("post_save", before=False)
pre_delete: Signal[DeleteEvent[Any]] = Signal("pre_delete", before=True)
post_delete: Signal[DeleteEvent[Any]] = Signal("post_delete", before=False)
pre_upsert: Signal[UpsertEvent[Any]] = Signal("pre_upsert", before=True)
post_upsert: Signal[UpsertEvent[Any]] = Signal("post_upsert", before=False)
pre_bulk_create: Signal[BulkCreateEvent[Any]] = Signal("pre_bulk_create", before=True)
post_bulk_create: Signal[BulkCreateEvent[Any]] = Signal("post_bulk_create", before=False)
pre_bulk_update: Signal[BulkUpdateEvent[Any]] = Signal("pre_bulk_update", before=True)
post_bulk_update: Signal[BulkUpdateEvent[Any]] = Signal("post_bulk_update", before=False)
pre_query_update: Signal[QueryUpdateEvent[Any]] = Signal("pre_query_update", before=True)
post_query_update: Signal[QueryUpdateEvent[Any]] = Signal("post_query_update", before=False)
pre_query_delete: Signal[QueryDeleteEvent[Any]] = Signal("pre_query_delete", before=True)
post_query_delete: Signal[QueryDeleteEvent[Any]] = Signal("post_query_delete", before=False)
pre_relation: Signal[RelationEvent[Any]] = Signal("pre_relation", before=True)
post_relation: Signal[RelationEvent[Any]] = Signal("post_relation", before=False)
