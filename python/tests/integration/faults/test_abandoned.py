"""Async generators that hold a block and are left before their end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase, get_active_transaction
from oxyde.exceptions import OxydeError, TransactionError


class Crumb(Model):
    class Meta:
        is_table = True
        table_name = "fault_crumb"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50)


@pytest.fixture
async def crumbs(url: str) -> AsyncIterator[AsyncDatabase]:
    await db.init(url, settings=PoolSettings(max_connections=2, acquire_timeout=5))
    await db.create_tables(models=[Crumb])
    yield db.get_connection()
    await db.close()


async def add(text: str) -> str:
    await Crumb.objects.create(text=text)
    return text


async def texts() -> list[str]:
    return await Crumb.objects.order_by("id").values_list("text", flat=True)


async def stream() -> AsyncIterator[int]:
    async with atomic():
        await add("in the generator")
        for number in range(3):
            yield number


async def nested() -> AsyncIterator[int]:
    async with atomic(), atomic():
        await add("in the generator")
        async with atomic():
            yield 1


@contextlib.asynccontextmanager
async def unit() -> AsyncIterator[None]:
    async with atomic():
        yield


async def managed() -> AsyncIterator[int]:
    async with unit():
        yield 1


async def around() -> AsyncIterator[int]:
    async for number in stream():
        yield number


async def reading() -> AsyncIterator[int]:
    async with atomic():
        await add("first")
        await add("second")
        async for crumb in Crumb.objects.iterate(chunk_size=1):
            yield crumb.id or 0


async def leave(generator: Callable[[], AsyncIterator[int]]) -> None:
    async for _ in generator():
        break


async def freed(database: AsyncDatabase) -> None:
    until = asyncio.get_running_loop().time() + 10
    while database.status()["in_use"]:
        assert asyncio.get_running_loop().time() < until, "the connection was not freed"
        await asyncio.sleep(0.001)


async def check_told_once(database: AsyncDatabase, name: str) -> None:
    """The next write is refused with the block's place, those after it are stored."""
    with pytest.raises(TransactionError, match=rf"{__file__}.*\({name}\) was rolled back"):
        await add("refused")
    assert await add("kept") == "kept"
    async with atomic() as block:
        assert block.outer is None
        await add("kept too")
    assert get_active_transaction() is None
    assert await texts() == ["kept", "kept too"]
    await freed(database)


@pytest.mark.parametrize(
    ("generator", "name"),
    [
        (stream, "stream"),
        (nested, "nested"),
        (managed, "unit"),
        (around, "stream"),
        (reading, "reading"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_the_task_is_told_once(
    crumbs: AsyncDatabase, generator: Callable[[], AsyncIterator[int]], name: str
) -> None:
    for _ in range(3):
        await leave(generator)
        await check_told_once(crumbs, name)
        await Crumb.objects.filter(id__gt=0).delete()


async def test_told_at_any_later_time(crumbs: AsyncDatabase) -> None:
    await leave(stream)
    await asyncio.sleep(0.05)
    await check_told_once(crumbs, "stream")


async def test_a_block_of_its_own_is_refused_once(crumbs: AsyncDatabase) -> None:
    await leave(stream)
    with pytest.raises(TransactionError, match="async generator"):
        async with atomic():
            await add("refused")
    async with atomic():
        await add("kept")
    assert await texts() == ["kept"]


async def test_a_block_inside_is_not_kept(crumbs: AsyncDatabase) -> None:
    generator = stream()
    await anext(generator)
    with pytest.raises(TransactionError, match="async generator"):
        async with atomic():
            await add("inside")
            del generator
    assert await add("kept") == "kept"
    assert await texts() == ["kept"]


async def test_tasks_of_the_loop_body(crumbs: AsyncDatabase) -> None:
    await leave(stream)
    found = await asyncio.gather(*[add(f"{number}") for number in range(3)], return_exceptions=True)
    kept = [text for text in found if isinstance(text, str)]
    assert all(isinstance(text, str | TransactionError) for text in found)
    with contextlib.suppress(TransactionError):
        await texts()
    assert sorted(await texts()) == kept


async def cyclic(holder: list[AsyncIterator[int]]) -> AsyncIterator[int]:
    async with atomic():
        await add("in the generator")
        yield len(holder)


async def test_a_generator_that_is_collected(crumbs: AsyncDatabase) -> None:
    async def leave_in_a_cycle() -> None:
        holder: list[AsyncIterator[int]] = []
        holder.append(cyclic(holder))
        async for _ in holder[0]:
            break
        # It can go on, so the block is open.
        await add("of the body")

    await leave_in_a_cycle()
    gc.collect()
    await check_told_once(crumbs, "cyclic")


async def test_a_generator_that_is_closed_by_its_task(crumbs: AsyncDatabase) -> None:
    generator = stream()
    async for _ in generator:
        break
    await generator.aclose()  # type: ignore[attr-defined]
    await add("kept")
    assert await texts() == ["kept"]


async def test_a_generator_that_goes_on(crumbs: AsyncDatabase) -> None:
    async for number in stream():
        await add(f"{number}")
    assert await texts() == ["in the generator", "0", "1", "2"]


async def test_the_block_around_goes_on(crumbs: AsyncDatabase) -> None:
    async with atomic() as outer:
        await add("before")
        await leave(stream)
        with pytest.raises(TransactionError, match="async generator"):
            await add("refused")
        assert get_active_transaction() is outer
        await add("after")
    assert await texts() == ["before", "after"]


async def test_several_databases(crumbs: AsyncDatabase, url: str) -> None:
    await db.init(default=url, second=url, settings=PoolSettings(max_connections=2))

    async def both() -> AsyncIterator[int]:
        async with atomic("default", read_only=True), atomic("second", read_only=True):
            yield 1

    for _ in range(3):
        await leave(both)
        for name in ("default", "second"):
            with pytest.raises(TransactionError, match=f"'{name}' entered"):
                await Crumb.objects.using(name).count()
        for name in ("default", "second"):
            assert await Crumb.objects.using(name).count() == 0
            await freed(db.get_connection(name))


async def test_detached_ends_with_its_generator(crumbs: AsyncDatabase) -> None:
    async def outside() -> AsyncIterator[int]:
        with db.detached():
            yield 1

    async with atomic() as block:
        await leave(outside)
        await asyncio.sleep(0.01)
        assert get_active_transaction() is block


async def test_a_cancelled_body(crumbs: AsyncDatabase) -> None:
    async def body() -> None:
        async for _ in stream():
            await add("lost")
            await asyncio.sleep(30)

    task = asyncio.create_task(body())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    await freed(crumbs)
    assert await texts() == []


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    if sys.platform == "win32":
        return [asyncio.new_event_loop]
    import uvloop  # absent on Windows

    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("make", loops(), ids=lambda make: make.__module__)
def test_a_program_that_ends(url: str, make: Callable[[], asyncio.AbstractEventLoop]) -> None:
    kept: list[AsyncIterator[int]] = []
    complaints: list[object] = []

    async def main() -> None:
        await db.init(url)
        await db.create_tables(models=[Crumb])
        await leave(stream)
        await told(add("refused"))
        await add("kept")
        generator = stream()
        kept.append(generator)
        await anext(generator)

    async def told(work: Awaitable[str]) -> None:
        with pytest.raises(TransactionError, match="async generator"):
            await work

    async def after() -> list[str]:
        found = await texts()
        await db.close()
        return found

    loop = make()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    try:
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_asyncgens())
        assert loop.run_until_complete(after()) == ["kept"]
    finally:
        loop.close()
    assert complaints == []


async def test_left_by_another_task(crumbs: AsyncDatabase) -> None:
    block = atomic()
    await block.__aenter__()
    await add("lost")
    with pytest.raises(TransactionError, match="a task other than"):
        await asyncio.create_task(block.__aexit__(None, None, None))
    with pytest.raises(OxydeError, match="another task left the block"):
        await execute_raw("SELECT 1")
    assert await texts() == []
