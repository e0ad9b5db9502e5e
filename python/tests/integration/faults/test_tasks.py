"""A transaction keeps what is inside it: child tasks, timeouts, swallowed errors, odd exits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from oxyde import Field, Model, atomic, db
from oxyde.db import AsyncDatabase, get_active_transaction
from oxyde.exceptions import (
    TransactionAbortedError,
    TransactionError,
    TransactionTimeoutError,
    UniqueViolationError,
)

ROUNDS = 100


class Note(Model):
    class Meta:
        is_table = True
        table_name = "fault_note"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50, db_unique=True)


@pytest.fixture
async def notes(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    await db.create_tables(models=[Note])
    yield database
    await db.drop_tables(models=[Note])


async def texts() -> set[str]:
    return {note.text for note in await Note.objects.all()}


async def test_gathered_writes_roll_back_with_the_transaction(notes: AsyncDatabase) -> None:
    for number in range(ROUNDS):
        with pytest.raises(RuntimeError, match="stop"):
            async with atomic():
                await asyncio.gather(
                    *(Note.objects.create(text=f"{number}-{child}") for child in range(5))
                )
                assert await Note.objects.count() == 5
                raise RuntimeError("stop")
    assert await Note.objects.count() == 0


async def test_gathered_writes_are_kept_with_the_transaction(notes: AsyncDatabase) -> None:
    async with atomic():
        await asyncio.gather(*(Note.objects.create(text=str(child)) for child in range(20)))
    assert await texts() == {str(child) for child in range(20)}


async def test_wait_for_stays_inside(notes: AsyncDatabase) -> None:
    for number in range(ROUNDS):
        with contextlib.suppress(RuntimeError):
            async with atomic():
                await asyncio.wait_for(Note.objects.create(text=str(number)), 10)
                raise RuntimeError
    assert await texts() == set()


async def test_a_task_that_outlives_the_block_works_outside(notes: AsyncDatabase) -> None:
    for number in range(ROUNDS):
        ended = asyncio.Event()

        async def late(text: str, ended: asyncio.Event) -> None:
            await ended.wait()
            await Note.objects.create(text=text)

        async with atomic():
            task = asyncio.create_task(late(str(number), ended))
            await Note.objects.create(text=f"inside {number}")
        ended.set()
        await task
    assert await Note.objects.count() == 2 * ROUNDS


async def test_savepoints_of_gathered_tasks_do_not_mix(notes: AsyncDatabase) -> None:
    async def child(number: int) -> None:
        async with atomic():
            await Note.objects.create(text=f"{number}")
            await asyncio.sleep(0)
            if number % 2:
                raise ValueError(number)

    for _ in range(ROUNDS // 10):
        async with atomic():
            results = await asyncio.gather(
                *(child(number) for number in range(6)), return_exceptions=True
            )
        assert [type(result) for result in results] == [type(None), ValueError] * 3
        assert await texts() == {"0", "2", "4"}
        assert await Note.objects.delete() == 3


async def test_a_statement_of_the_outer_block_is_not_undone_with_an_inner_one(
    notes: AsyncDatabase,
) -> None:
    inside = asyncio.Event()

    async def child() -> None:
        async with atomic():
            inside.set()
            await Note.objects.create(text="inner")
            await asyncio.sleep(0.02)
            raise ValueError

    async with atomic():
        task = asyncio.create_task(child())
        await inside.wait()
        await Note.objects.create(text="outer")
        with pytest.raises(ValueError):
            await task
    assert await texts() == {"outer"}


async def test_a_swallowed_error_makes_the_exit_raise(notes: AsyncDatabase) -> None:
    await Note.objects.create(text="there")
    for _ in range(ROUNDS):
        with pytest.raises(TransactionAbortedError, match="nested atomic"):
            async with atomic():
                await Note.objects.create(text="lost")
                with contextlib.suppress(UniqueViolationError):
                    await Note.objects.create(text="there")
    assert await texts() == {"there"}


async def test_after_a_failed_statement_the_next_one_is_refused(notes: AsyncDatabase) -> None:
    await Note.objects.create(text="there")
    with pytest.raises(TransactionAbortedError):
        async with atomic():
            with contextlib.suppress(UniqueViolationError):
                await Note.objects.create(text="there")
            await Note.objects.count()


async def test_a_nested_block_takes_the_error_out(notes: AsyncDatabase) -> None:
    await Note.objects.create(text="there")
    async with atomic():
        await Note.objects.create(text="kept")
        with pytest.raises(UniqueViolationError):
            async with atomic():
                await Note.objects.create(text="there")
        await Note.objects.create(text="kept too")
    assert await texts() == {"there", "kept", "kept too"}


async def test_set_rollback_in_a_nested_block_undoes_only_that(notes: AsyncDatabase) -> None:
    async with atomic():
        await Note.objects.create(text="outer")
        async with atomic() as inner:
            await Note.objects.create(text="inner")
            inner.set_rollback()
    assert await texts() == {"outer"}


async def test_timeout_while_the_code_sleeps(notes: AsyncDatabase) -> None:
    with pytest.raises(TransactionTimeoutError):
        async with atomic(timeout=0.05):
            await Note.objects.create(text="late")
            await asyncio.sleep(0.2)
    assert await texts() == set()


async def test_timeout_is_a_timeout_error_and_the_next_query_works(notes: AsyncDatabase) -> None:
    with pytest.raises(TimeoutError):
        async with atomic(timeout=0.05):
            await Note.objects.create(text="late")
            await asyncio.sleep(0.1)
            await Note.objects.create(text="later")
    await Note.objects.create(text="free")
    assert await texts() == {"free"}


async def test_exit_in_another_task_rolls_back(notes: AsyncDatabase) -> None:
    block = atomic()
    await block.__aenter__()
    await Note.objects.create(text="lost")
    with pytest.raises(TransactionError, match="a task other than"):
        await asyncio.create_task(block.__aexit__(None, None, None))
    # This task's context still knows the block; a fresh context sees the database itself.
    assert get_active_transaction() is None


async def test_an_abandoned_generator_rolls_back(notes: AsyncDatabase) -> None:
    async def items() -> AsyncIterator[int]:
        async with atomic():
            await Note.objects.create(text="lost")
            yield 1
            yield 2

    async def read_one() -> None:
        generator = items()
        async for _ in generator:
            break
        await generator.aclose()

    await asyncio.create_task(read_one())
    assert await texts() == set()


async def test_a_cancelled_block_rolls_back_and_frees_its_connection(
    notes: AsyncDatabase,
) -> None:
    async def work(number: int) -> None:
        async with atomic():
            await Note.objects.create(text=str(number))
            await asyncio.sleep(30)

    for number in range(ROUNDS):
        task = asyncio.create_task(work(number))
        await asyncio.sleep(0.001 * (number % 10))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await texts() == set()
    status = notes.status()
    assert status["in_use"] == 0 or await _becomes_idle(notes)


async def _becomes_idle(database: AsyncDatabase) -> bool:
    for _ in range(50):
        if database.status()["in_use"] == 0:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_decorator(notes: AsyncDatabase) -> None:
    @atomic()
    async def add(text: str, fail: bool) -> str:
        await Note.objects.create(text=text)
        if fail:
            raise ValueError(text)
        return text

    @atomic
    async def add_plainly(text: str) -> None:
        await Note.objects.create(text=text)

    assert await add("a", False) == "a"
    with pytest.raises(ValueError):
        await add("b", True)
    await add_plainly("c")
    assert await texts() == {"a", "c"}


async def test_read_committed_does_not_see_open_work_of_others(notes: AsyncDatabase) -> None:
    opened, seen = asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        async with atomic():
            await Note.objects.create(text="open")
            opened.set()
            await seen.wait()

    task = asyncio.create_task(writer())
    await opened.wait()
    assert await Note.objects.count() == 0
    seen.set()
    await task
    assert await Note.objects.count() == 1


async def test_eight_concurrent_read_then_write_tasks_all_succeed(notes: AsyncDatabase) -> None:
    first = await Note.objects.create(text="0")

    async def increment() -> None:
        for _ in range(5):
            async with atomic():
                note = await Note.objects.filter(id=first.id).for_update().get()
                note.text = str(int(note.text) + 1)
                await note.save()

    await asyncio.gather(*(increment() for _ in range(8)))
    assert await texts() == {"40"}
