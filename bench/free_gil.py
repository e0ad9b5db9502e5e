"""Measures the share of its speed that a computing thread keeps while 50 queries wait for
PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

from oxyde import PoolSettings, db, execute_raw

QUERIES = 50
SECONDS = 2.0


def compute(stop: threading.Event) -> int:
    """Loop until stopped; return the number of iterations."""
    loops = 0
    while not stop.is_set():
        sum(range(1_000))
        loops += 1
    return loops


async def rate(waiting: bool) -> float:
    """Iterations per second of the thread."""
    stop = threading.Event()
    work = asyncio.get_running_loop().run_in_executor(None, compute, stop)
    start = time.perf_counter()
    if waiting:
        sleeps = (execute_raw(f"SELECT pg_sleep({SECONDS})") for _ in range(QUERIES))
        await asyncio.gather(*sleeps)
    else:
        await asyncio.sleep(SECONDS)
    seconds = time.perf_counter() - start
    stop.set()
    return (await work) / seconds


async def main() -> None:
    """Measure alone, with the queries, and alone again."""
    settings = PoolSettings(max_connections=QUERIES, min_connections=QUERIES)
    async with db.connect(sys.argv[1], settings=settings):
        await asyncio.gather(*(execute_raw("SELECT 1") for _ in range(QUERIES)))
        alone = await rate(False)
        waiting = await rate(True)
        alone = (alone + await rate(False)) / 2
    print(json.dumps({"kept": 100 * waiting / alone}))


if __name__ == "__main__":
    asyncio.run(main())
