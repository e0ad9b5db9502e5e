"""Hands the events of a pool to the hooks of `on_event`."""

from __future__ import annotations

import asyncio
import atexit
import threading
import weakref
from typing import TYPE_CHECKING

from oxyde.db.operation import run
from oxyde.db.running import is_without_loop, run_here
from oxyde.observe.events import event_hooks, event_of

if TYPE_CHECKING:
    from oxyde._core import Operation, Pool

__all__ = ["EventReader"]


# Those that read in threads.
_in_threads: weakref.WeakSet[EventReader] = weakref.WeakSet()


class EventReader:
    """Reads a pool's events while there are hooks: in a task, or without an event loop in a thread.

    Args:
        name: the name of the database.
        pool: its pool.
    """

    def __init__(self, name: str, pool: Pool) -> None:
        self._name = name
        self._pool = pool
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._reading: Operation[list[tuple[str, float | None, str | None]] | None] | None = None

    def start(self) -> None:
        """Read in the running event loop or a thread, unless that is being done."""
        if self._thread is not None and self._thread.is_alive():
            return
        if is_without_loop():
            self._pool.watch(True)
            self._thread = threading.Thread(
                target=lambda: run_here(self._read()), name="oxyde-events", daemon=True
            )
            _in_threads.add(self)
            self._thread.start()
        elif self._task is None or self._task.done():
            self._pool.watch(True)
            self._task = asyncio.get_running_loop().create_task(self._read())

    async def closed(self) -> None:
        """Wait for the last events of a pool that was closed."""
        thread = self._thread
        if thread is not None:
            # Not for long: a hook may be what closes the pool.
            thread.join(timeout=1)
        elif self._task is not None and self._task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([self._task])

    async def _read(self) -> None:
        try:
            while event_hooks.active:
                self._reading = self._pool.next_events()
                found = await run(self._reading)
                if found is None:
                    return
                for event in found:
                    event_hooks.call(event_of(self._name, event))
        finally:
            self._reading = None
            self._pool.watch(False)

    def _end(self) -> None:
        if self._reading is not None:
            self._reading.stop()
        if self._thread is not None:
            self._thread.join(timeout=1)


@atexit.register
def _end_threads() -> None:
    """End the threads before the interpreter does: they must not be in the extension then."""
    for reader in list(_in_threads):
        reader._end()
