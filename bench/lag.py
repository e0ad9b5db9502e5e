"""How long the event loop is blocked while 100,000 rows are read or written.
`make bench CASES=lag`. Each case runs beside a task that wakes every millisecond, in a separate
process: `python -m bench.lag DATABASE URL` prints a JSON object. Oxyde controls the CPU time of the
loop's thread, in milliseconds; wall-clock gaps are longer on a busy machine.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter, thread_time
from typing import Any

from bench import work
from bench.adapters.oxyde import Contender, Entry
from bench.table import aligned
from oxyde import F, execute_raw

ROWS = 100_000
ROUNDS = 5

Call = Callable[[], Awaitable[Any]]


class WatchedLoop(asyncio.SelectorEventLoop):
    """Measures the CPU time of its thread in each iteration."""

    longest = 0.0

    def _run_once(self) -> None:
        start = thread_time()
        super()._run_once()  # type: ignore[misc]
        self.longest = max(self.longest, thread_time() - start)


class Watch:
    """The effect of a call on the loop."""

    def __init__(self) -> None:
        self.cpu: list[float] = []
        self.gaps: list[float] = []
        self.times: list[float] = []
        self.collections: list[float] = []

    async def over(self, call: Call) -> None:
        """Run it once and record the loop."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WatchedLoop)
        gaps: list[float] = []
        collections: list[float] = [0.0]

        async def tick() -> None:
            while True:
                start = perf_counter()
                await asyncio.sleep(0.001)
                gaps.append(perf_counter() - start - 0.001)

        def collected(phase: str, info: dict[str, int]) -> None:
            if info["generation"] == 2:
                collections.append(thread_time() * (1 if phase == "stop" else -1))

        ticking = asyncio.ensure_future(tick())
        gc.collect()
        await asyncio.sleep(0.01)
        gaps.clear()
        loop.longest = 0.0
        gc.callbacks.append(collected)
        start = perf_counter()
        await call()
        self.times.append(perf_counter() - start)
        await asyncio.sleep(0)
        gc.callbacks.remove(collected)
        self.cpu.append(loop.longest)
        self.collections.append(sum(collections))
        await asyncio.sleep(0.002)
        self.gaps.append(max(gaps))
        ticking.cancel()

    def medians(self) -> list[float]:
        """Medians of the longest iteration's CPU time, the longest gap, the total time and full
        garbage collections, in seconds."""
        measured = (self.cpu, self.gaps, self.times, self.collections)
        return [statistics.median(each) for each in measured]


async def measure(database: str, url: str) -> dict[str, list[float]]:
    """Run each case several times."""
    oxyde = Contender()
    await oxyde.open(database, url)
    dicts = [work.named_entry(each) for each in range(ROWS)]
    found: dict[str, Watch] = {}

    async def watched(name: str, call: Call) -> None:
        await found.setdefault(name, Watch()).over(call)

    entries = Entry.objects
    for _ in range(ROUNDS):
        await entries.filter(id__gte=0).delete()
        await watched("bulk_create of dicts", lambda: entries.bulk_create(dicts))
        await entries.filter(id__gte=0).delete()
        rows = [Entry(**each) for each in dicts]
        await watched("bulk_create of instances", lambda made=rows: entries.bulk_create(made))
        for row in rows:
            row.age += 1
        await watched("bulk_update", lambda made=rows: entries.bulk_update(made, ["age"]))
        keys = [row.id for row in rows]
        del rows
        await watched("all()", entries.all)
        await watched("values()", entries.values("id", "name", "age").all)
        await watched("in_bulk()", entries.in_bulk)
        await watched("in with so many keys", lambda given=keys: entries.filter(id__in=given).all())
        await watched("execute_raw()", lambda: execute_raw("SELECT * FROM entries"))
        await watched("update()", lambda: entries.filter(id__gte=0).update(age=F("age") + 1))
        await watched("delete()", lambda: entries.filter(id__gte=0).delete())
    await oxyde.close()
    return {name: watch.medians() for name, watch in found.items()}


def table(title: str, found: dict[str, list[float]]) -> str:
    """The results of one database as a table."""
    lines = [
        [f"{title}, {ROWS:,} rows, ms", "longest turn (CPU)", "longest gap", "whole", "full GC"]
    ]
    lines += [[name, *(f"{value * 1e3:.1f}" for value in values)] for name, values in found.items()]
    return "\n".join(aligned(lines, ruled=True))


def main() -> None:
    """Measure and print."""
    loop = WatchedLoop()
    asyncio.set_event_loop(loop)
    print(json.dumps(loop.run_until_complete(measure(*sys.argv[1:3]))))


if __name__ == "__main__":
    main()
