"""Oxyde without `await`: the same models, queries and transactions for scripts, tasks of Celery,
management commands and notebooks. The calls run on the calling thread, on the same core, without an
event loop::

    from oxyde import Field, sync

    class Post(sync.Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        title: str

    with sync.db.connect("sqlite:///blog.db"):
        sync.create_tables()
        Post.objects.create(title="Hello")
        print(Post.objects.filter(title__startswith="H").all())

Models of an async program are used by functions: ``sync.objects(Post).all()``, ``sync.save(post)``.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from oxyde._core import drive
from oxyde.db.running import block_running_loops as _block_running_loops
from oxyde.exceptions import OxydeError
from oxyde.sync import db
from oxyde.sync.generated.functions import (
    create_tables,
    disconnect_all,
    drop_tables,
    execute_raw,
    load,
    prefetch_related,
)
from oxyde.sync.generated.model import delete, refresh, save
from oxyde.sync.generated.raw import RawQuery
from oxyde.sync.generated.soft_delete import hard_delete, restore
from oxyde.sync.iteration import Iteration
from oxyde.sync.model import Model
from oxyde.sync.query import Query, QueryManager
from oxyde.sync.query import manager_of as objects
from oxyde.sync.related import RelatedManager, related
from oxyde.sync.soft_delete import SoftDelete
from oxyde.sync.transactions import atomic

__all__ = [
    "Iteration",
    "Model",
    "Query",
    "QueryManager",
    "RawQuery",
    "RelatedManager",
    "SoftDelete",
    "atomic",
    "block_running_loops",
    "create_tables",
    "db",
    "delete",
    "disconnect_all",
    "drop_tables",
    "execute_raw",
    "hard_delete",
    "load",
    "objects",
    "prefetch_related",
    "refresh",
    "related",
    "restore",
    "run",
    "save",
]

T = TypeVar("T")


def run(awaitable: Awaitable[T]) -> T:
    """Run a coroutine that awaits only Oxyde, and return its result: functions of an async program
    in a synchronous one. No event loop is started.

    Raises:
        OxydeError: an event loop is running in this thread, or the coroutine needs one.
        TypeError: it cannot be awaited.
    """
    if not inspect.isawaitable(awaitable):
        raise TypeError(f"run() takes a coroutine, not {awaitable!r:.80}")
    coroutine: Coroutine[Any, Any, T] = (
        awaitable if inspect.iscoroutine(awaitable) else _awaited(awaitable)
    )
    try:
        return drive(coroutine, f"run({getattr(coroutine, '__name__', '…')}())")
    except RuntimeError as error:
        if "no running event loop" not in str(error):
            raise
        raise OxydeError(
            "run() of oxyde.sync ran code that needs an event loop",
            hint="run what awaits more than Oxyde by asyncio.run()",
        ) from error


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def block_running_loops(allowed: bool = True) -> None:
    """Allow calls in threads whose event loop is running, which then stands still until the call
    ends: for notebooks, where a loop always runs. Without it such calls are refused.
    """
    _block_running_loops(allowed)
