"""An event loop that is watched: how long its turns take, and how many another task gets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest


class Watch:
    """What was seen.

    Attributes:
        longest: CPU seconds of the loop's thread in the longest callback.
        turns: how often another task that always wants a turn got one.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.turns = 0


@contextlib.asynccontextmanager
async def watched(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watch]:
    """Watch the running loop. Python's garbage collector rests: how long a full collection takes
    depends on all that the process holds."""
    watch = Watch()
    run: Any = asyncio.Handle._run

    def measured(handle: asyncio.Handle) -> None:
        start = time.thread_time()
        run(handle)
        watch.longest = max(watch.longest, time.thread_time() - start)

    async def others() -> None:
        while True:
            watch.turns += 1
            await asyncio.sleep(0)

    gc.collect()
    gc.disable()
    other = asyncio.ensure_future(others())
    await asyncio.sleep(0)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", measured)
        try:
            yield watch
        finally:
            gc.enable()
            other.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await other
