"""Regular expressions on SQLite, which Oxyde runs itself: bounded, and off the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from oxyde import Field, Model, PoolSettings, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, QueryTimeoutError

pytestmark = [pytest.mark.databases("sqlite"), pytest.mark.alone]

# Needs many states: a search takes far longer than its text is.
SLOW = "(a|b|ab)*c{30}[ab]{0,300}$"


class Page(Model):
    class Meta:
        is_table = True
        table_name = "fault_page"

    id: int | None = Field(default=None, db_pk=True)
    text: str


@pytest.fixture
async def pages(url: str) -> AsyncIterator[AsyncDatabase]:
    await db.init(url, settings=PoolSettings(max_connections=2))
    await db.create_tables(models=[Page])
    await Page.objects.bulk_create([{"text": "ab" * 1_000_000} for _ in range(3)])
    yield db.get_connection()
    await db.close()


async def longest_stall(task: asyncio.Task[object]) -> float:
    longest = 0.0
    while not task.done():
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - start)
    return longest


async def test_the_loop_goes_on(pages: AsyncDatabase) -> None:
    stalls = []
    for number in range(3):
        query = Page.objects.filter(text__regex=f"{SLOW}|{number}").count()
        task: asyncio.Task[object] = asyncio.create_task(query)
        stalls.append(await longest_stall(task))
        assert await task == 0
    assert min(stalls) < 0.1


async def many(count: int) -> None:
    await Page.objects.bulk_create([{"text": "ab" * 500_000} for _ in range(count)])


async def test_a_cancelled_search_ends(pages: AsyncDatabase) -> None:
    await many(60)
    task = asyncio.create_task(Page.objects.filter(text__regex=SLOW).count())
    await asyncio.sleep(0.05)
    start = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - start < 1
    assert pages.status()["in_use"] == 0


async def test_a_search_has_a_time_limit(pages: AsyncDatabase, url: str) -> None:
    await many(60)
    await db.init(url, settings=PoolSettings(query_timeout=0.1))
    start = time.perf_counter()
    with pytest.raises(QueryTimeoutError):
        await Page.objects.filter(text__regex=SLOW).count()
    assert time.perf_counter() - start < 1.5


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(\w{100}){100}", "too large"),
        ("a" * 20_000, "longer than"),
        ("(a", "unclosed group"),
        ("(" * 3_000 + ")" * 3_000, "nest"),
    ],
)
async def test_what_is_refused(pages: AsyncDatabase, pattern: str, why: str) -> None:
    start = time.perf_counter()
    with pytest.raises(DatabaseError, match=f"(?s)the regular expression .*{why}"):
        await Page.objects.filter(text__regex=pattern).count()
    assert time.perf_counter() - start < 5
    assert await Page.objects.filter(text__regex="^ab").count() == 3


async def test_many_patterns(pages: AsyncDatabase) -> None:
    await Page.objects.filter(id__gt=1).delete()
    await Page.objects.filter(id=1).update(text="päge")
    for number in range(300):
        assert await Page.objects.filter(
            text__iregex=rf"^PÄ\w{{{number % 40}}}E|{number}$"
        ).count() == (number % 40 == 1)
