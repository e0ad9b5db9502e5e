"""An error is freed with all that its traceback holds, as soon as nobody keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

import oxyde
from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, OxydeError, TransactionAbortedError

ROUNDS = 20


class Leak(Model):
    class Meta:
        is_table = True
        table_name = "fault_leak"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50, db_unique=True)
    data: dict[str, int] = Field(default_factory=dict)


class Body:
    """Stands for what a handler has in its locals."""


@pytest.fixture
async def leaks(url: str) -> AsyncIterator[AsyncDatabase]:
    await db.init(url, settings=PoolSettings(max_connections=2, acquire_timeout=0.3))
    await db.create_tables(models=[Leak])
    await Leak.objects.create(text="there")
    yield db.get_connection()
    await db.close()


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def integrity() -> None:
    await Leak.objects.create(text="there")


async def integrity_of_save() -> None:
    await Leak(text="there").save()


async def integrity_of_bulk() -> None:
    await Leak.objects.bulk_create([{"text": "there"}, {"text": "new"}])


async def wrong_sql() -> None:
    await execute_raw("SELECT nothing FROM nowhere")


async def not_found() -> None:
    await Leak.objects.get(text="nowhere")


async def wrong_value() -> None:
    await Leak.objects.filter(id="no number").all()


async def in_a_block() -> None:
    async with atomic():
        await Leak.objects.create(text="there")


async def in_a_nested_block() -> None:
    async with atomic():
        await Leak.objects.create(text="rolled back")
        async with atomic():
            await Leak.objects.create(text="there")


async def nested_and_caught() -> None:
    async with atomic():
        with contextlib.suppress(OxydeError):
            async with atomic():
                await Leak.objects.create(text="there")
        await Leak.objects.count()
        raise OxydeError("on purpose")


async def aborted() -> None:
    async with atomic():
        with contextlib.suppress(OxydeError):
            await Leak.objects.create(text="there")


async def aborted_within() -> None:
    async with atomic():
        with contextlib.suppress(OxydeError):
            await Leak.objects.create(text="there")
        await Leak.objects.count()


async def too_late() -> None:
    async with atomic(timeout=0.02):
        await asyncio.sleep(0.05)
        await Leak.objects.count()


async def pool_timeout() -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            with db.detached():
                await stack.enter_async_context(atomic(read_only=True))
        with db.detached():
            await Leak.objects.count()


async def iterating() -> None:
    async for _ in Leak.objects.iterate(chunk_size=1):
        raise OxydeError("on purpose")


async def bad_iteration() -> None:
    async for _ in Leak.objects.filter(id="no number").iterate():
        pass


async def no_turn() -> None:
    async def inside() -> None:
        async with atomic():
            await asyncio.sleep(30)

    async with atomic():
        task = asyncio.create_task(inside())
        await asyncio.sleep(0.01)
        try:
            async with atomic():
                pass
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def ended_too_early() -> None:
    async def inside() -> None:
        async with atomic():
            await asyncio.sleep(0.02)

    async with atomic():
        task = asyncio.create_task(inside())
        await asyncio.sleep(0.01)
    await task


FAILING = [
    integrity, integrity_of_save, integrity_of_bulk, wrong_sql, not_found, wrong_value,
    in_a_block, in_a_nested_block, nested_and_caught, aborted, aborted_within, too_late,
    pool_timeout, iterating, bad_iteration, ended_too_early,
]  # fmt: skip


QUICK = [work for work in FAILING if work not in (too_late, pool_timeout, ended_too_early)]


async def handler(work: Callable[[], Awaitable[None]], bodies: list[weakref.ref[Body]]) -> None:
    body = Body()
    bodies.append(weakref.ref(body))
    try:
        await work()
    except OxydeError:
        return
    raise AssertionError("it did not fail")


@pytest.mark.parametrize("work", FAILING, ids=lambda work: work.__name__)
async def test_an_error_is_freed_without_the_collector(
    leaks: AsyncDatabase, collector_off: None, work: Callable[[], Awaitable[None]]
) -> None:
    await handler(work, [])
    gc.collect()
    bodies: list[weakref.ref[Body]] = []
    for _ in range(ROUNDS if work in QUICK else 2):
        await handler(work, bodies)
    await asyncio.sleep(0)
    assert sum(body() is not None for body in bodies) == 0


async def slow(kind: str) -> None:
    body = Body()
    CANCELLED.append(weakref.ref(body))
    if kind == "query":
        await Leak.objects.order_by("?").all()
    elif kind == "write":
        await Leak.objects.create(text="cancelled")
    else:
        async with atomic():
            await Leak.objects.create(text="cancelled")
            await asyncio.sleep(30)


CANCELLED: list[weakref.ref[Body]] = []


@pytest.mark.parametrize("kind", ["query", "write", "block"])
async def test_a_cancelled_task_is_freed(leaks: AsyncDatabase, kind: str) -> None:
    CANCELLED.clear()
    for number in range(ROUNDS):
        task = asyncio.create_task(slow(kind))
        await asyncio.sleep(0.0005 * (number % 4))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, OxydeError):
            await task
        del task
    await asyncio.sleep(0.05)
    gc.collect()
    assert sum(body() is not None for body in CANCELLED) == 0


async def test_an_abandoned_iteration_is_freed(leaks: AsyncDatabase) -> None:
    await Leak.objects.bulk_create([{"text": f"{number}"} for number in range(50)])
    bodies: list[weakref.ref[Body]] = []

    async def read_one() -> None:
        body = Body()
        bodies.append(weakref.ref(body))
        async for _ in Leak.objects.iterate(chunk_size=5):
            break

    for _ in range(ROUNDS):
        await read_one()
    gc.collect()
    assert sum(body() is not None for body in bodies) == 0
    assert await Leak.objects.count() == 51


async def test_a_turn_that_did_not_come_is_freed(leaks: AsyncDatabase) -> None:
    bodies: list[weakref.ref[Body]] = []
    for _ in range(3):
        await handler(no_turn, bodies)
    await asyncio.sleep(0.05)
    gc.collect()
    assert sum(body() is not None for body in bodies) == 0


async def test_an_error_that_is_kept_can_be_collected(leaks: AsyncDatabase) -> None:
    """A cycle that the user's own code makes leads through Oxyde's objects."""
    bodies: list[weakref.ref[Body]] = []

    async def keep() -> None:
        body = Body()
        bodies.append(weakref.ref(body))
        pool = db.get_connection()._core()
        operation = pool.fetch_raw("SELECT nothing FROM nowhere", [], [])
        try:
            await operation.future
        except DatabaseError as error:
            kept = error
            assert kept is not None

    for _ in range(ROUNDS):
        await keep()
    await asyncio.sleep(0)
    assert sum(body() is not None for body in bodies) > 0
    gc.collect()
    assert sum(body() is not None for body in bodies) == 0


async def test_the_cause_of_an_abort_is_told(leaks: AsyncDatabase) -> None:
    with pytest.raises(TransactionAbortedError, match="a statement failed") as caught:
        await aborted()
    assert isinstance(caught.value.__cause__, oxyde.UniqueViolationError)


def test_classes_that_hold_objects_take_part_in_collection() -> None:
    from oxyde import _core

    has_gc = 1 << 14
    for name in ("Operation", "Cursor", "Recipe", "Inserting", "Rows"):
        assert getattr(_core, name).__flags__ & has_gc, name
