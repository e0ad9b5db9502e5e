"""Oxyde without `await` beside its async form and other synchronous contenders.
`make bench CASES=sync`. Each contender runs in a process of its own, one after the other in each
round: `python -m bench.plain NAME DATABASE URL` prints a JSON object with the median of each case.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from bench import work
from bench.adapters.aiosqlite import PRAGMAS
from bench.sql import INSERT, USER, marks
from bench.table import aligned

ROUNDS = 5
# Calls of each case in a round.
CASES = {"select_by_pk": 2000, "rows_1000": 60, "insert_one": 600}
CONTENDERS = {
    "sqlite": ("oxyde", "oxyde.sync", "sqlite3", "django"),
    "postgres": ("oxyde", "oxyde.sync", "psycopg", "django"),
    "mysql": ("oxyde", "oxyde.sync"),
}

Case = Callable[[int], Any]
Cases = dict[str, Case]


def times(case: Case, loops: int, start: int) -> list[float]:
    """The seconds of each call."""
    found = []
    for step in range(start, start + loops):
        began = perf_counter()
        case(step)
        found.append(perf_counter() - began)
    return found


def measured(cases: Cases) -> dict[str, float]:
    """The median of each case, after a warm-up."""
    found = {}
    for name, loops in CASES.items():
        times(cases[name], loops // 10, 0)
        found[name] = statistics.median(times(cases[name], loops, loops))
    return found


async def oxyde(database: str, url: str) -> dict[str, float]:
    """The async form, in an event loop."""
    from bench.adapters.oxyde import Contender

    contender = Contender()
    await contender.open(database, url)
    found = {}
    for name, loops in CASES.items():
        call = getattr(contender, name)
        taken = []
        for step in range(loops + loops // 10):
            began = perf_counter()
            await call(step)
            taken.append(perf_counter() - began)
        found[name] = statistics.median(taken[loops // 10 :])
    await contender.close()
    return found


def oxyde_sync(database: str, url: str) -> dict[str, float]:
    """`oxyde.sync`."""
    from bench.adapters.oxyde import Entry, User
    from oxyde import PoolSettings, sync

    settings = PoolSettings(
        max_connections=work.POOL_SIZE,
        min_connections=work.POOL_SIZE,
        ssl_mode=None if database == "sqlite" else "disable",
    )
    users, entries = sync.objects(User), sync.objects(Entry)
    with sync.db.connect(url, settings=settings):
        return measured(
            {
                "select_by_pk": lambda step: users.get(id=work.user_key(step)),
                "rows_1000": lambda _: users.all(),
                "insert_one": lambda step: entries.create(**work.named_entry(step)),
            }
        )


def raw(one: Callable[..., Any], every: Callable[..., Any], mark: str, returning: str) -> Cases:
    """The cases of a driver."""
    by_key = f"{USER} WHERE id = {mark}"
    write = f"{INSERT} {marks(mark, len(work.ENTRY_COLUMNS))}{returning}"
    return {
        "select_by_pk": lambda step: one(by_key, (work.user_key(step),)),
        "rows_1000": lambda _: every(USER),
        "insert_one": lambda step: one(write, work.entry(step)),
    }


def sqlite3(database: str, url: str) -> dict[str, float]:
    """The module of the standard library: tuples, dates as strings."""
    import sqlite3 as driver

    connection = driver.connect(url.removeprefix("sqlite:///"), timeout=5, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    rows = [tuple(str(part) for part in work.entry(step)) for step in range(2000)]
    cases = raw(
        lambda sql, values=(): connection.execute(sql, values).fetchone(),
        lambda sql: connection.execute(sql).fetchall(),
        "?",
        "",
    )
    write = f"{INSERT} {marks('?', len(work.ENTRY_COLUMNS))}"
    cases["insert_one"] = lambda step: connection.execute(write, rows[step]).lastrowid
    return measured(cases)


def psycopg(database: str, url: str) -> dict[str, float]:
    """psycopg 3 with its pool: tuples."""
    from psycopg_pool import ConnectionPool

    pool: Any = ConnectionPool(
        url,
        min_size=work.POOL_SIZE,
        max_size=work.POOL_SIZE,
        open=True,
        kwargs={"autocommit": True},
    )
    pool.wait()

    def run(sql: str, values: Any, fetch: str) -> Any:
        with pool.connection() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(sql, values)
            return getattr(cursor, fetch)()

    cases = raw(
        lambda sql, values: run(sql, values, "fetchone"),
        lambda sql: run(sql, (), "fetchall"),
        "%s",
        " RETURNING id",
    )
    try:
        return measured(cases)
    finally:
        pool.close()


def django(database: str, url: str) -> dict[str, float]:
    """Django without its async interface."""
    import django as package
    from django.conf import settings

    from bench.adapters.django import _settings

    settings.configure(
        DATABASES={"default": _settings(database, url)}, INSTALLED_APPS=["bench"], USE_TZ=False
    )
    package.setup()
    from django.db import connections

    from bench.adapters.django_models import Entry, User

    try:
        return measured(
            {
                "select_by_pk": lambda step: User.objects.get(id=work.user_key(step)),
                "rows_1000": lambda _: list(User.objects.all()),
                "insert_one": lambda step: Entry.objects.create(**work.named_entry(step)),
            }
        )
    finally:
        connections.close_all()


def table(title: str, rounds: dict[str, list[dict[str, float]]]) -> str:
    """The medians of the rounds, in microseconds."""
    lines = [[f"{title}, µs", *CASES]]
    for name, found in rounds.items():
        medians = [statistics.median(each[case] for each in found) for case in CASES]
        lines.append([name, *(f"{value * 1e6:.0f}" for value in medians)])
    return "\n".join(aligned(lines, ruled=True))


def main() -> None:
    """Measure one contender and print."""
    name, database, url = sys.argv[1:4]
    if name == "oxyde":
        found = asyncio.run(oxyde(database, url))
    else:
        found = globals()[name.replace(".", "_")](database, url)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
