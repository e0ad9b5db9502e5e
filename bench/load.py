"""Work under load, in a separate process: `python -m bench.load WHAT URL POOL ARGUMENTS…`.

Prints a JSON object, which `scale` evaluates.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench import work
from bench.adapters.oxyde import Entry, Post, User
from bench.worker import resident
from oxyde import F, PoolSettings, atomic, db, execute_raw

Job = Callable[[int], Coroutine[Any, Any, Any]]
# Interval of the soak test's samples, in seconds.
SAMPLES = 40
# The server's connections to this database, by the scheme of its URL.
CONNECTIONS = {
    "postgresql": "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()",
    "mysql": "SELECT count(*) AS n FROM information_schema.processlist WHERE db = database()",
}


async def fill() -> dict[str, Any]:
    """Fill `entries` with a little over a million rows."""
    columns = ", ".join(work.ENTRY_COLUMNS)
    await execute_raw(f"INSERT INTO entries ({columns}) SELECT {columns} FROM users")
    for _ in range(10):
        await execute_raw(f"INSERT INTO entries ({columns}) SELECT {columns} FROM entries")
    return {"rows": await Entry.objects.count()}


async def rows(counts: list[int]) -> dict[str, Any]:
    """Microseconds per row of `all()` and `iterate()`, by the number of rows; the best of three
    for the smaller ones, since a wait weighs more there."""
    found = {}
    for count in counts:
        query = Entry.objects.limit(count)
        times = []
        for _ in range(1 if count > 100_000 else 3):
            start = time.perf_counter()
            read = len(await query.all())
            whole = time.perf_counter() - start
            start = time.perf_counter()
            walked = 0
            async for _ in query.iterate(chunk_size=1_000):
                walked += 1
            times.append((whole, time.perf_counter() - start))
            if (read, walked) != (count, count):
                raise RuntimeError(f"{read} and {walked} rows instead of {count}")
        whole, chunks = (min(each) for each in zip(*times, strict=True))
        found[count] = [whole / count * 1e6, chunks / count * 1e6]
    return found


async def select(step: int) -> None:
    """The cheapest query."""
    await User.objects.get(id=work.user_key(step))


async def mixed(step: int) -> None:
    """A mix of reads and writes."""
    key = work.user_key(step)
    kind = step % 10
    if kind < 5:
        await User.objects.get(id=key)
    elif kind < 7:
        await Post.objects.join("author").filter(author_id=key).all()
    elif kind == 7:
        await User.objects.filter(id=key).prefetch("posts").all()
    elif kind == 8:
        await Post.objects.filter(id=1 + step % work.POSTS).update(views=F("views") + 1)
    else:
        async with atomic():
            entry = await Entry.objects.create(**work.named_entry(step % 1_000))
            await Entry.objects.filter(id=entry.id).delete()


async def throughput(job: Job, tasks: int, seconds: float) -> dict[str, Any]:
    """Jobs per second with this many tasks, and the number of failures."""
    end = time.perf_counter() + seconds
    counts = [0] * tasks
    failed: list[str] = []

    async def run(number: int) -> None:
        step = number
        while time.perf_counter() < end:
            try:
                await job(step)
            except Exception as error:
                failed.append(f"{type(error).__name__}: {error}")
                return
            counts[number] += 1
            step += tasks

    start = time.perf_counter()
    await asyncio.gather(*(run(number) for number in range(tasks)))
    took = time.perf_counter() - start
    return {"rate": sum(counts) / took, "failed": failed[:3]}


async def soak(scheme: str, tasks: int, seconds: float) -> dict[str, Any]:
    """Full load; samples elapsed seconds, MiB of memory, threads, file descriptors and server
    connections."""
    samples: list[list[float]] = []

    async def watch() -> None:
        start = time.perf_counter()
        while True:
            await asyncio.sleep(seconds / SAMPLES)
            passed = time.perf_counter() - start
            opened = 0
            if scheme in CONNECTIONS:
                (row,) = await execute_raw(CONNECTIONS[scheme])
                opened = row["n"]
            samples.append([passed, resident(), _entries("task"), _entries("fd"), opened])

    watching = asyncio.ensure_future(watch())
    found = await throughput(mixed, tasks, seconds)
    watching.cancel()
    return found | {"samples": samples}


def _entries(name: str) -> int:
    folder = Path("/proc/self") / name
    return len(os.listdir(folder)) if folder.exists() else 0


async def run(what: str, url: str, arguments: list[str]) -> Any:
    """Connect with a pool of the given size, and work."""
    pool = int(arguments[0])
    settings = PoolSettings(max_connections=pool, min_connections=1, acquire_timeout=60)
    async with db.connect(url, settings=settings):
        if what == "fill":
            return await fill()
        if what == "rows":
            return await rows([int(each) for each in arguments[1:]])
        if what == "soak":
            return await soak(url.partition(":")[0], int(arguments[1]), float(arguments[2]))
        if what == "selects":
            await throughput(select, int(arguments[1]), 0.2)
            return await throughput(select, int(arguments[1]), float(arguments[2]))
        return await throughput(mixed, int(arguments[1]), float(arguments[2]))


def main() -> None:
    """Work and print."""
    what, url, *arguments = sys.argv[1:]
    print(json.dumps(asyncio.run(run(what, url, arguments))))


if __name__ == "__main__":
    main()
