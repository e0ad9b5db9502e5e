"""iterate(): every row in order, in constant memory, beside other queries, left at any point."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import sys
from pathlib import Path

import pytest
from support.library import Author, Book, Company, Library

from oxyde import Field, Model, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError, TransactionError
from oxyde.queries import F

ROWS = 200_000
MIB = 1024 * 1024


class Many(Model):
    class Meta:
        is_table = True
        table_name = "many"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=80)
    score: int


@pytest.fixture
async def many(database: AsyncDatabase) -> int:
    """2,000 rows."""
    await db.create_tables(models=[Many])
    rows = [Many(id=number, name=f"name {number}", score=-number) for number in range(1, 2001)]
    await Many.objects.bulk_create(rows)
    return len(rows)


async def _free(database: AsyncDatabase) -> None:
    """Wait until every connection is back, and see that none had to be closed."""
    gc.collect()
    for _ in range(200):
        if database.status()["in_use"] == 0:
            break
        await asyncio.sleep(0.01)
    status = database.status()
    assert status["in_use"] == 0, status
    assert status["idle"] == status["size"], status


async def test_any_query_outside_and_inside(many: int, database: AsyncDatabase) -> None:
    query = Many.objects.filter(id__gt=5, name__in=[f"name {n}" for n in range(1, 1500)])
    expected = [(-number, number) for number in range(1499, 5, -1)]
    pairs = query.order_by("-id").values_list("score", "id")
    for chunk_size in (1, 97, 1494, 5000):
        assert [row async for row in pairs.iterate(chunk_size=chunk_size)] == expected
        async with atomic():
            assert [row async for row in pairs.iterate(chunk_size=chunk_size)] == expected
    names = query.order_by("id").values("name")[:3]
    assert [row async for row in names.iterate(chunk_size=2)] == [
        {"name": f"name {number}"} for number in (6, 7, 8)
    ]
    assert [row async for row in Many.objects.filter(id__lt=0).iterate()] == []
    await _free(database)


async def test_other_queries_run_in_the_body(many: int, database: AsyncDatabase) -> None:
    seen = 0
    async with atomic():
        async for row in Many.objects.order_by("id").iterate(chunk_size=50):
            seen += 1
            if row.id is not None and row.id % 400 == 0:
                assert await Many.objects.filter(id__lte=row.id).count() == row.id
                async with atomic():
                    await Many.objects.filter(id=row.id).update(score=1)
    assert seen == many
    assert await Many.objects.filter(score=1).count() == 5
    async for row in Many.objects.order_by("id").iterate(chunk_size=50):
        if row.id is not None and row.id % 1000 == 0:
            await Many.objects.filter(id=row.id).update(score=F("score") + 1)
    changed = Many.objects.filter(id__in=[1000, 2000]).order_by("id")
    assert await changed.values_list("score", flat=True) == [-999, 2]
    await _free(database)


async def test_left_early(many: int, database: AsyncDatabase) -> None:
    size = database.status()["size"]

    async def leave(how: str) -> None:
        rows = Many.objects.order_by("id").iterate(chunk_size=10)
        if how == "raise":
            async for _ in rows:
                raise LookupError
        elif how == "with":
            async with rows:
                await anext(rows)
            assert database.status()["in_use"] == 0
            with pytest.raises(StopAsyncIteration):
                await anext(rows)
        else:
            async for _ in rows:
                break

    for how in ("break", "with", "raise") * 4:
        with contextlib.suppress(LookupError):
            await leave(how)
        await _free(database)
    assert database.status()["size"] <= size + 1
    async with atomic():
        await leave("break")
        await Many.objects.filter(id=1).update(score=7)
        with contextlib.suppress(LookupError):
            await leave("raise")
    assert (await Many.objects.get(id=1)).score == 7
    await _free(database)


async def test_cancelled_while_it_waits(many: int, database: AsyncDatabase) -> None:
    for delay in (0.0, 0.001, 0.003, 0.01, 0.03):

        async def read() -> int:
            total = 0
            for _ in range(50):
                async for row in Many.objects.order_by("id").iterate(chunk_size=20):
                    total += row.score
            return total

        task = asyncio.create_task(read())
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(200):
            if database.status()["in_use"] == 0:
                break
            await asyncio.sleep(0.01)
        assert database.status()["in_use"] == 0
        assert await Many.objects.count() == many


async def test_a_savepoint_that_is_undone_ends_it(many: int, database: AsyncDatabase) -> None:
    async with atomic():
        with pytest.raises(LookupError):
            async with atomic():
                rows = Many.objects.order_by("id").iterate(chunk_size=3)
                await anext(rows)
                raise LookupError
        await rows.aclose()
        await Many.objects.filter(id=3).update(score=3)
    assert (await Many.objects.get(id=3)).score == 3
    rows = Many.objects.order_by("id").iterate(chunk_size=1)
    async with atomic():
        await anext(rows)
    with pytest.raises((OxydeError, TransactionError)):
        await anext(rows)
    await _free(database)


async def test_locked_rows(many: int, database: AsyncDatabase) -> None:
    with pytest.raises(TransactionError):
        await anext(Many.objects.for_update().iterate())
    if database.features.row_locks:
        async with atomic():
            rows = [row.id async for row in Many.objects.for_update().order_by("id").iterate()]
        assert rows == list(range(1, many + 1))


async def test_joins_and_prefetches_of_each_chunk(books: Library, database: AsyncDatabase) -> None:
    query = Author.objects.join("company").prefetch("books").order_by("id")
    expected = await query.all()

    async def same() -> None:
        found = [author async for author in query.iterate(chunk_size=2)]
        assert [(a.name, a.company, a.books) for a in found] == [
            (a.name, a.company, a.books) for a in expected
        ]

    await same()
    async with atomic():
        await same()
    assert any(author.books for author in expected)
    assert await Book.objects.count() > 0 and await Company.objects.count() > 0
    await _free(database)


async def test_bad_sizes(database: AsyncDatabase) -> None:
    for size in (0, -1, True, 1.5, "10"):
        with pytest.raises(OxydeError, match="chunk_size"):
            Many.objects.filter(id=1).iterate(chunk_size=size)  # type: ignore[arg-type]


async def test_two_tasks_cannot_share_one(many: int, database: AsyncDatabase) -> None:
    rows = Many.objects.order_by("id").iterate(chunk_size=100)
    found = await asyncio.gather(anext(rows), anext(rows), return_exceptions=True)
    assert isinstance(found[0], Many)
    assert isinstance(found[1], OxydeError)
    await rows.aclose()
    await _free(database)


async def test_a_database_in_memory_stays_usable() -> None:
    async with db.connect("sqlite://:memory:"):
        await db.create_tables(models=[Many])
        await Many.objects.bulk_create([Many(id=n, name="x", score=n) for n in range(1, 8)])
        async for row in Many.objects.order_by("id").iterate(chunk_size=2):
            await Many.objects.filter(id=row.id).update(score=0)
        assert await Many.objects.filter(score=0).count() == 7


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MIB


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
async def test_constant_memory(server: object, database: AsyncDatabase, inside: bool) -> None:
    await db.create_tables(models=[Many])
    for start in range(1, ROWS, 20_000):
        await Many.objects.bulk_create(
            [
                Many(id=number, name=f"a name of some length {number:>30}", score=number)
                for number in range(start, start + 20_000)
            ]
        )
    gc.collect()
    [row async for row in Many.objects.order_by("-score")[:10].iterate()]
    before = _resident()
    highest = 0.0
    count = 0

    async def read() -> None:
        nonlocal count, highest
        async for _ in Many.objects.order_by("id").iterate(chunk_size=1000):
            count += 1
            if count % 10_000 == 0:
                highest = max(highest, _resident())

    if inside:
        async with atomic():
            await read()
    else:
        await read()
    assert count == ROWS
    # All rows as models take about 200 MiB; read at once in Rust (MySQL inside) 25 MiB.
    assert highest - before < 40, f"{highest - before:.1f} MiB"
