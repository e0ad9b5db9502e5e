"""Hands the events of a pool to the hooks of `on_event`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from oxyde.db.operation import run
from oxyde.observe.events import event_hooks, event_of

if TYPE_CHECKING:
    from oxyde._core import Pool

__all__ = ["EventReader"]


class EventReader:
    """Reads a pool's events while there are hooks.

    Args:
        name: the name of the database.
        pool: its pool.
    """

    def __init__(self, name: str, pool: Pool) -> None:
        self._name = name
        self._pool = pool
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read in the running event loop, unless that is being done."""
        if self._task is None or self._task.done():
            self._pool.watch(True)
            self._task = asyncio.get_running_loop().create_task(self._read())

    async def closed(self) -> None:
        """Wait for the last events of a pool that was closed."""
        if self._task is not None and self._task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([self._task])

    async def _read(self) -> None:
        try:
            while event_hooks.active:
                found = await run(self._pool.next_events())
                if found is None:
                    return
                for event in found:
                    event_hooks.call(event_of(self._name, event))
        finally:
            self._pool.watch(False)
