"""Blocks and the tasks that were started in them: which of the two ends first, and `detached()`."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from oxyde import Field, Model, atomic, db, execute_raw
from oxyde.db import AsyncDatabase, get_active_transaction, transaction
from oxyde.exceptions import OxydeError, TransactionAbortedError, TransactionError


class Line(Model):
    class Meta:
        is_table = True
        table_name = "fault_line"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50)


@pytest.fixture
async def lines(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Line])
    return database


async def texts() -> list[str]:
    return await Line.objects.order_by("id").values_list("text", flat=True)


async def add(text: str) -> None:
    await Line.objects.create(text=text)


class Stop(Exception):
    pass


# -- a block that would end before one inside it ---------------------------------------------


async def test_a_block_does_not_wait_for_one_inside_it(lines: AsyncDatabase) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def endpoint() -> None:
        async with atomic():
            await add("inner")
            entered.set()
            await go_on.wait()

    start = time.monotonic()
    with pytest.raises(TransactionError) as caught:
        async with atomic():
            await add("outer")
            task = asyncio.create_task(endpoint())
            await entered.wait()
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert "(test_a_block_does_not_wait_for_one_inside_it)" in message
    assert "(endpoint)" in message
    assert message.count(f"{__file__}:") == 2
    assert "db.detached()" in message
    go_on.set()
    with pytest.raises(TransactionError, match="rolled back"):
        await task
    assert time.monotonic() - start < 5
    assert await texts() == []


async def test_an_inner_block_that_was_undone_fails_at_its_next_statement(
    lines: AsyncDatabase,
) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def child() -> None:
        async with atomic():
            entered.set()
            await go_on.wait()
            await add("lost")

    async def two_levels() -> None:
        async with atomic(), atomic():
            task = asyncio.create_task(child())
            await entered.wait()
            TASKS.append(task)

    with pytest.raises(TransactionError, match="open inside it"):
        await two_levels()
    go_on.set()
    with pytest.raises(TransactionError, match="rolled back"):
        await TASKS.pop()
    assert await texts() == []


TASKS: list[asyncio.Task[None]] = []


async def test_a_block_inside_that_is_ending_is_waited_for(lines: AsyncDatabase) -> None:
    for number in range(20):
        ending = asyncio.Event()

        async def child(ending: asyncio.Event = ending, number: int = number) -> None:
            async with atomic():
                await add(f"{number}")
                asyncio.get_running_loop().call_soon(ending.set)

        async with atomic():
            task = asyncio.create_task(child())
            await ending.wait()
        await task
    assert len(await texts()) == 20


async def test_a_failing_block_takes_those_inside_with_it(lines: AsyncDatabase) -> None:
    entered = asyncio.Event()

    async def child() -> None:
        async with atomic():
            await add("inner")
            entered.set()
            await asyncio.sleep(0.1)
            await add("more")

    with pytest.raises(Stop):
        async with atomic():
            task = asyncio.create_task(child())
            await entered.wait()
            raise Stop
    with pytest.raises(TransactionError, match=r"\(child\)"):
        await task
    assert await texts() == []


GROUP = getattr(builtins, "BaseExceptionGroup", TransactionError)


async def test_a_middleware_over_a_dependency(lines: AsyncDatabase) -> None:
    application = FastAPI()
    left = asyncio.Event()

    @application.middleware("http")
    async def in_a_block(request: Any, call_next: Any) -> Any:
        async with atomic():
            return await call_next(request)

    async def block() -> AsyncIterator[None]:
        async with atomic():
            yield
            await left.wait()

    @application.get("/")
    async def endpoint(opened: None = Depends(block)) -> str:
        await add("request")
        return "done"

    transport = ASGITransport(app=application, raise_app_exceptions=True)
    start = time.monotonic()
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        asyncio.get_running_loop().call_later(2, left.set)
        with pytest.raises((TransactionError, GROUP)):
            await client.get("/")
    assert time.monotonic() - start < 10
    assert await texts() == []


async def test_a_statement_that_waits_in_vain_names_both_blocks(url: str) -> None:
    await db.init(url, settings=db.PoolSettings(acquire_timeout=0.2))
    await db.create_tables(models=[Line])
    entered = asyncio.Event()

    async def child() -> None:
        async with atomic():
            entered.set()
            await asyncio.sleep(30)

    with pytest.raises(TransactionError, match=r"its turn in .*in_vain.*\(child\) open inside"):
        async with atomic():
            task = asyncio.create_task(child())
            await entered.wait()
            await add("outer")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await db.close()


# -- a task that goes on when the block has ended --------------------------------------------


@pytest.mark.parametrize("how", ["committed", "failed", "set_rollback"])
async def test_a_task_works_outside_when_the_block_has_ended(
    lines: AsyncDatabase, how: str
) -> None:
    ended = asyncio.Event()

    async def background() -> None:
        await ended.wait()
        assert get_active_transaction() is None
        await add("background")
        async with atomic() as block:
            assert block.outer is None
            await add("its own block")

    with contextlib.suppress(Stop):
        async with atomic() as block:
            task = asyncio.create_task(background())
            await add("block")
            if how == "set_rollback":
                block.set_rollback()
            if how == "failed":
                raise Stop
    ended.set()
    await task
    kept = ["block"] if how == "committed" else []
    assert await texts() == [*kept, "background", "its own block"]


async def test_a_task_that_worked_in_a_committed_block_goes_on(lines: AsyncDatabase) -> None:
    ended, inside = asyncio.Event(), asyncio.Event()

    async def background() -> None:
        await add("inside")
        inside.set()
        await ended.wait()
        await add("outside")

    async with atomic():
        task = asyncio.create_task(background())
        await inside.wait()
    ended.set()
    await task
    assert await texts() == ["inside", "outside"]


@pytest.mark.parametrize("nested", [False, True])
async def test_a_task_whose_work_was_undone_is_told_once(
    lines: AsyncDatabase, nested: bool
) -> None:
    ended, inside = asyncio.Event(), asyncio.Event()

    async def background() -> str:
        if nested:
            async with atomic():
                await add("undone")
        else:
            await add("undone")
        inside.set()
        await ended.wait()
        with pytest.raises(TransactionError, match="what this task") as caught:
            await add("never")
        await add("outside")
        return str(caught.value)

    with contextlib.suppress(Stop):
        async with atomic():
            async with atomic():
                task = asyncio.create_task(background())
                await inside.wait()
            raise Stop
    ended.set()
    assert "(test_a_task_whose_work_was_undone_is_told_once)" in await task
    assert await texts() == ["outside"]


async def test_a_half_done_sibling_does_not_go_on_outside(lines: AsyncDatabase) -> None:
    begun = asyncio.Event()

    async def failing() -> None:
        await begun.wait()
        raise Stop

    async def slow() -> None:
        await add("first half")
        begun.set()
        await asyncio.sleep(0.05)
        await add("second half")

    task = None
    with contextlib.suppress(Stop):
        async with atomic():
            task = asyncio.ensure_future(slow())
            await asyncio.gather(failing(), task)
    assert task is not None
    with pytest.raises(TransactionError):
        await task
    assert await texts() == []


async def test_a_task_of_an_inner_block_stays_in_the_outer_one(lines: AsyncDatabase) -> None:
    ended = asyncio.Event()

    async def background() -> None:
        await ended.wait()
        await add("background")

    with contextlib.suppress(Stop):
        async with atomic():
            async with atomic():
                task = asyncio.create_task(background())
            ended.set()
            await task
            assert await texts() == ["background"]
            raise Stop
    assert await texts() == []


if sys.version_info >= (3, 11):

    async def test_a_task_group_is_inside(lines: AsyncDatabase) -> None:
        with contextlib.suppress(Stop):
            async with atomic():
                async with asyncio.TaskGroup() as group:
                    for number in range(5):
                        group.create_task(add(f"{number}"))
                assert len(await texts()) == 5
                await asyncio.wait_for(add("waited for"), 10)
                raise Stop
        assert await texts() == []


async def test_generators_that_end_in_another_order(lines: AsyncDatabase) -> None:
    async def block(text: str) -> AsyncIterator[None]:
        async with atomic():
            await add(text)
            yield

    first, second = block("a"), block("b")
    await anext(first)
    await anext(second)
    with contextlib.suppress(StopAsyncIteration, OxydeError):
        await anext(first)
    with contextlib.suppress(StopAsyncIteration, OxydeError):
        await anext(second)
    await add("after")
    assert get_active_transaction() is None
    assert await texts() == ["after"]


# -- detached --------------------------------------------------------------------------------


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_detached_is_outside(lines: AsyncDatabase) -> None:
    with contextlib.suppress(Stop):
        async with atomic() as block:
            await add("undone")
            with db.detached():
                assert get_active_transaction() is None
                await add("kept")
                async with atomic() as own:
                    assert own.outer is None
                    await add("kept too")
                await Line.objects.create(text="undone", client=block)
            async with db.detached():
                await add("kept as well")
            assert get_active_transaction() is block
            await add("undone")
            raise Stop
    assert await texts() == ["kept", "kept too", "kept as well"]


async def test_a_task_started_detached(lines: AsyncDatabase) -> None:
    ended = asyncio.Event()

    async def background() -> None:
        await ended.wait()
        await add("background")

    with contextlib.suppress(Stop):
        async with atomic():
            with db.detached():
                task = asyncio.create_task(background())
            await add("undone")
            raise Stop
    ended.set()
    await task
    assert await texts() == ["background"]


async def test_detached_once(lines: AsyncDatabase) -> None:
    outside = db.detached()
    with outside, pytest.raises(TransactionError, match="already been entered"), outside:
        pass
    with outside:
        pass
    with contextlib.suppress(Stop), db.detached():
        raise Stop


# -- where a block was entered ---------------------------------------------------------------


async def test_a_decorated_function_is_named(lines: AsyncDatabase) -> None:
    @atomic()
    async def decorated() -> str:
        block = get_active_transaction()
        assert block is not None
        return block.label

    async with contextlib.AsyncExitStack() as stack:
        block = await stack.enter_async_context(atomic())
        assert "(test_a_decorated_function_is_named)" in block.label
        assert "(decorated)" in await decorated()


async def test_an_abort_in_a_nested_block_and_set_rollback(lines: AsyncDatabase) -> None:
    with pytest.raises(TransactionError, match="set_rollback"):
        transaction.set_rollback()
    async with atomic():
        await add("kept")
        async with atomic():
            await add("undone")
            transaction.set_rollback()
    assert await texts() == ["kept"]
    with pytest.raises(TransactionAbortedError):
        async with atomic():
            with contextlib.suppress(OxydeError):
                await execute_raw("SELECT nothing FROM nowhere")
    assert await texts() == ["kept"]
