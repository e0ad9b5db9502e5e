"""Costs of a query besides time: wake-ups, system calls, allocations, plans, messages.

`python -m bench.counts WHAT DATABASE URL` prints a JSON object; the database has the benchmark's
tables and rows. `claims` runs each in a process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from bench import work
from bench.adapters.oxyde import Contender, Post
from oxyde import _core
from oxyde.queries.compile import plans

ROUNDS = 200
# Number of selects over which system calls are counted; start-up costs are subtracted.
FEW, MANY = 200, 1_200


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts calls of registered readers."""

    wakes = 0

    def add_reader(self, fd: Any, callback: Callable[..., Any], *arguments: Any) -> None:
        """As in the base class, but counts the calls."""

        def counted() -> None:
            self.wakes += 1
            callback(*arguments)

        super().add_reader(fd, counted)


async def wakes(oxyde: Contender) -> dict[str, float]:
    """Wake-ups per query while many run at once."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, CountingLoop)
    await oxyde.concurrent_200(0)
    before = loop.wakes
    for step in range(20):
        await oxyde.concurrent_200(step)
    return {"wakes": (loop.wakes - before) / (20 * work.CONCURRENT)}


async def selects(oxyde: Contender, count: int) -> dict[str, float]:
    """Sequential selects by key, for a process that traces this one."""
    for step in range(count):
        await oxyde.select_by_pk(step)
    return {"selects": count}


async def blocks(oxyde: Contender) -> dict[str, float]:
    """Python memory blocks held by one loaded row of six columns."""
    await oxyde.rows_20000(0)
    # asyncio references the last result until the task waits again.
    await asyncio.sleep(0)
    gc.collect()
    before = sys.getallocatedblocks()
    rows = await Post.objects.all()
    return {"blocks": (sys.getallocatedblocks() - before) / len(rows)}


async def hits(oxyde: Contender) -> dict[str, float]:
    """The percentage of statements whose plan was cached, over 100 rounds of every case."""
    found = {"hit": 0, "missed": 0}
    get = plans.Plans.get

    def counted(self: plans.Plans, key: Any) -> Any:
        entry = get(self, key)
        found["missed" if entry is None else "hit"] += 1
        return entry

    plans.Plans.get = counted  # type: ignore[method-assign]
    for step in range(100):
        for case in work.CASES:
            if case.loops > 2:  # the heavy ones use the plans of the others
                await getattr(oxyde, case.name)(step)
    return {"hits": 100 * found["hit"] / sum(found.values())}


async def messages(oxyde: Contender) -> dict[str, float]:
    """The largest IR of all cases, in bytes."""
    sizes = []
    pack = plans.pack

    def measured(statement: Any) -> bytes:
        packed = pack(statement)
        sizes.append(len(packed))
        return packed

    plans.pack = measured
    for case in work.CASES:
        await getattr(oxyde, case.name)(0)
    return {"largest": max(sizes)}


async def acquire(oxyde: Contender) -> dict[str, float]:
    """Seconds to take a connection from the pool: Oxyde's span, and SQLAlchemy's checkout and
    checkin."""
    _core.record_stages()
    times = []
    for step in range(ROUNDS * 2):
        _core.take_stages()
        await oxyde.select_by_pk(step)
        times.append(_core.take_stages()["acquire"][0])
    return {"oxyde": statistics.median(times[ROUNDS:])}


async def acquire_sqlalchemy(url: str) -> dict[str, float]:
    """The same for SQLAlchemy's pool, without its ROLLBACK on return."""
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://"), pool_reset_on_return=None
    )
    times = []
    for _ in range(ROUNDS * 2):
        start = perf_counter()
        async with engine.connect():
            pass
        times.append(perf_counter() - start)
    await engine.dispose()
    return {"sqlalchemy": statistics.median(times[ROUNDS:])}


async def run(what: str, database: str, url: str, count: int) -> dict[str, float]:
    """Connect and count."""
    if what == "acquire_sqlalchemy":
        return await acquire_sqlalchemy(url)
    oxyde = Contender()
    await oxyde.open(database, url)
    try:
        if what == "selects":
            return await selects(oxyde, count)
        counts: dict[str, Callable[[Contender], Awaitable[dict[str, float]]]] = {
            "wakes": wakes,
            "blocks": blocks,
            "hits": hits,
            "messages": messages,
            "acquire": acquire,
        }
        return await counts[what](oxyde)
    finally:
        await oxyde.close()


def main() -> None:
    """Count and print."""
    what, database, url, *rest = sys.argv[1:]
    loop = CountingLoop()
    asyncio.set_event_loop(loop)
    found = loop.run_until_complete(run(what, database, url, int(rest[0]) if rest else 0))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
