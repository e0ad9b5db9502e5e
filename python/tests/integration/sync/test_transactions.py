"""Blocks of threads without an event loop: ends, retries, timeouts, and to whom they belong."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from oxyde import (
    AsyncDatabase,
    Field,
    Model,
    SerializationError,
    TransactionAbortedError,
    TransactionError,
    TransactionTimeoutError,
    UniqueViolationError,
    atomic,
    db,
    sync,
)


class Purse(Model):
    class Meta:
        is_table = True
        table_name = "sync_purse"

    id: int | None = Field(default=None, db_pk=True)
    owner: str = Field(db_unique=True)
    coins: int = 0


purses = sync.objects(Purse)


@pytest.fixture
def ann(opened: AsyncDatabase) -> Purse:
    sync.create_tables(models=[Purse])
    return purses.create(owner="Ann", coins=100)


def test_a_block_commits_and_rolls_back(ann: Purse) -> None:
    with sync.atomic() as block:
        purses.create(owner="Bob")
        assert sync.db.get_active_transaction() is block
        with pytest.raises(ZeroDivisionError), sync.atomic():
            purses.create(owner="Cid")
            raise ZeroDivisionError
        with sync.atomic():
            purses.create(owner="Dan")
    assert [row.owner for row in purses.order_by("id")] == ["Ann", "Bob", "Dan"]
    with sync.atomic():
        sync.db.transaction.set_rollback()
        purses.filter().delete()
    assert purses.count() == 3
    ann.coins = 5
    with pytest.raises(ZeroDivisionError), sync.atomic():
        sync.save(ann)
        raise ZeroDivisionError
    assert sync.refresh(ann).coins == 100


def test_a_swallowed_error_aborts_the_block(ann: Purse) -> None:
    with pytest.raises(TransactionAbortedError), sync.atomic():
        purses.create(owner="Bob")
        with pytest.raises(UniqueViolationError):
            purses.create(owner="Ann")
    assert purses.count() == 1


def test_a_function_is_decorated(ann: Purse) -> None:
    @sync.atomic()
    def spend(coins: int) -> int:
        purses.filter(id=ann.id).decrement("coins", coins)
        if coins > 50:
            raise ValueError(coins)
        return coins

    assert spend(10) == 10
    with pytest.raises(ValueError, match="60"):
        spend(60)
    assert sync.refresh(ann).coins == 90
    with pytest.raises(TypeError, match="a plain function"):

        @sync.atomic
        async def wrong() -> None: ...


def test_a_block_runs_again(ann: Purse) -> None:
    runs: list[int] = []

    @sync.atomic(retries=2)
    def spend() -> int:
        runs.append(1)
        purses.filter(id=ann.id).decrement("coins", 1)
        if len(runs) < 3:
            raise SerializationError("another one was faster")
        return 7

    assert spend() == 7
    assert len(runs) == 3
    assert sync.refresh(ann).coins == 99
    numbers = []
    for attempt in sync.db.retrying(retries=1):
        with attempt:
            numbers.append(attempt.number)
            purses.filter(id=ann.id).decrement("coins", 1)
            if attempt.number == 1:
                raise SerializationError("another one was faster")
    assert numbers == [1, 2]
    assert sync.refresh(ann).coins == 98
    with pytest.raises(TransactionError, match="cannot run its block"), sync.atomic(retries=1):
        pass
    with pytest.raises(SerializationError):
        for attempt in sync.db.retrying(retries=1):
            with attempt:
                raise SerializationError("another one was faster")


def test_functions_run_after_the_commit(ann: Purse) -> None:
    done: list[object] = []

    async def count() -> None:
        done.append(await Purse.objects.count())

    with sync.atomic():
        sync.db.on_commit(lambda: done.append("plain"))
        sync.db.on_commit(count)
        sync.db.on_commit(lambda: asyncio.sleep(1))  # logged, and stops nothing
        sync.db.on_commit(lambda: done.append("last"))
        purses.create(owner="Bob")
        assert done == []
    assert done == ["plain", 2, "last"]
    sync.db.on_commit(count)
    assert done[-1] == 2


def test_a_block_ends_at_its_timeout(ann: Purse) -> None:
    other = ThreadPoolExecutor(1)
    with pytest.raises(TransactionTimeoutError), sync.atomic(timeout=0.2):
        purses.filter(id=ann.id).update(coins=0)
        time.sleep(0.5)
        # The server has rolled it back meanwhile: its locks are free.
        assert other.submit(lambda: purses.filter(id=ann.id).update(coins=1)).result(2) == 1
        purses.count()
    assert sync.refresh(ann).coins == 1
    other.shutdown()


SLOW = {
    "postgres": "SELECT pg_sleep(20)::text AS slept",
    "mysql": "SELECT SLEEP(20) AS slept",
    "mariadb": "SELECT SLEEP(20) AS slept",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
    " SELECT count(*) AS slept FROM n",
}


def test_a_running_statement_is_stopped_at_the_timeout(ann: Purse, opened: AsyncDatabase) -> None:
    began = time.monotonic()
    with pytest.raises(TransactionTimeoutError), sync.atomic(timeout=0.2):
        sync.execute_raw(SLOW[opened.backend])
    assert time.monotonic() - began < 5
    assert purses.count() == 1


def test_another_thread_is_not_inside(ann: Purse) -> None:
    """A new thread has no block; one that carries the block along is refused."""
    with ThreadPoolExecutor(1) as threads, sync.atomic() as block:
        purses.filter(id=ann.id).update(coins=0)
        assert threads.submit(sync.db.get_active_transaction).result() is None
        context = contextvars.copy_context()
        with pytest.raises(TransactionError, match="belongs to another thread") as caught:
            threads.submit(context.run, purses.count).result()
        assert "each thread" in str(caught.value)
        with pytest.raises(TransactionError, match="belongs to another thread"):
            threads.submit(lambda: purses.count(client=block)).result()

        def outside() -> None:
            with sync.db.detached():
                assert sync.db.get_active_transaction() is None

        threads.submit(context.run, outside).result()
        assert purses.count() == 1


def test_a_thread_does_not_wait_for_itself(ann: Purse) -> None:
    with sync.atomic() as outer, sync.atomic():
        with pytest.raises(TransactionError, match="would wait for its own thread"):
            purses.count(client=outer)
        assert purses.count() == 1


def test_a_block_that_another_thread_leaves_is_rolled_back(ann: Purse) -> None:
    block = sync.atomic()
    block.__enter__()
    purses.create(owner="Bob")
    with ThreadPoolExecutor(1) as threads, pytest.raises(TransactionError, match="exited by"):
        threads.submit(block.__exit__, None, None, None).result()
    with sync.db.detached():
        assert purses.count() == 1


def test_transfers_of_many_threads_lose_nothing(opened: AsyncDatabase) -> None:
    sync.create_tables(models=[Purse])
    rows = purses.bulk_create([Purse(owner=f"{n}", coins=100) for n in range(8)])
    keys = [row.id for row in rows]
    errors: list[BaseException] = []

    def transfer(seed: int) -> None:
        try:
            for step in range(12):
                giver, taker = keys[(seed + step) % 8], keys[(seed * 3 + step + 1) % 8]
                if giver == taker:
                    continue
                for attempt in sync.db.retrying(retries=20):
                    with attempt:
                        first, second = sorted([giver, taker])
                        for key in (first, second):
                            purses.filter(id=key).for_update().get()
                        purses.filter(id=giver).decrement("coins", 1)
                        purses.filter(id=taker).increment("coins", 1)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=transfer, args=(seed,)) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert purses.sum("coins") == 800
    assert opened.status()["in_use"] == 0


async def test_a_pool_is_shared_with_an_event_loop(database: AsyncDatabase) -> None:
    """Of an application whose plain endpoints run in threads."""
    await db.create_tables(models=[Purse])

    def work(number: int) -> int:
        with sync.atomic():
            purses.create(owner=f"thread {number}")
            return purses.filter(owner=f"thread {number}").count()

    async def task(number: int) -> int:
        async with atomic():
            await Purse.objects.create(owner=f"task {number}")
            return await Purse.objects.filter(owner=f"task {number}").count()

    both = [asyncio.to_thread(work, n) for n in range(20)]
    found = await asyncio.gather(*both, *(task(n) for n in range(20)))
    assert found == [1] * 40
    assert await Purse.objects.count() == 40
    async with atomic():
        await Purse.objects.filter().delete()
        with pytest.raises(TransactionError, match="belongs to another event loop") as caught:
            await asyncio.to_thread(purses.count)
        assert "with db.detached()" in str(caught.value)


def test_a_pool_that_a_loop_has_opened(url: str) -> None:
    asyncio.run(db.init(url))
    sync.create_tables(models=[Purse])
    purses.create(owner="Ann")
    assert asyncio.run(_count()) == 1
    sync.db.close()


async def _count() -> int:
    return await Purse.objects.count()
