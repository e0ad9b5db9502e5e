"""`on_commit`, durable blocks, and blocks that run again."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest

from oxyde import F, Field, Model, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DeadlockError, SerializationError, TransactionError


class Purse(Model):
    class Meta:
        is_table = True
        table_name = "purse"

    id: int | None = Field(default=None, db_pk=True)
    money: int = Field(ge=0)


class Chore(Model):
    class Meta:
        is_table = True
        table_name = "chore"

    id: int | None = Field(default=None, db_pk=True)
    taken_by: int | None = None
    runs: int = 0


@pytest.fixture
async def purses(database: AsyncDatabase) -> AsyncDatabase:
    """Ten purses with a hundred each, and sixty chores."""
    await db.create_tables(models=[Purse, Chore])
    await Purse.objects.bulk_create([{"money": 100} for _ in range(10)])
    await Chore.objects.bulk_create([{} for _ in range(60)])
    return database


async def test_after_the_outermost_commit_and_in_order(purses: AsyncDatabase) -> None:
    calls: list[str] = []

    async def later() -> None:
        assert db.get_active_transaction() is None
        calls.append(f"async: {await Purse.objects.count()} purses")

    async with atomic():
        db.on_commit(lambda: calls.append("first"))
        async with atomic():
            await Purse.objects.create(money=1)
            db.on_commit(later)
        db.on_commit(lambda: calls.append("last"))
        assert calls == []
    assert calls == ["first", "async: 11 purses", "last"]


async def test_a_rollback_discards(purses: AsyncDatabase) -> None:
    calls: list[str] = []
    async with atomic():
        with pytest.raises(ZeroDivisionError):
            async with atomic():
                db.on_commit(lambda: calls.append("inner"))
                _ = 1 / 0
        db.on_commit(lambda: calls.append("outer"))
    with pytest.raises(ZeroDivisionError):
        async with atomic():
            db.on_commit(lambda: calls.append("never"))
            _ = 1 / 0
    async with atomic() as block:
        db.on_commit(lambda: calls.append("never"))
        block.set_rollback()
    assert calls == ["outer"]


async def test_an_error_is_logged_and_stops_nothing(
    purses: AsyncDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    async def fail() -> None:
        raise ZeroDivisionError

    async with atomic():
        await Purse.objects.create(money=1)
        db.on_commit(fail)
        db.on_commit(lambda: calls.append("after"))
    assert calls == ["after"]
    assert await Purse.objects.count() == 11
    [record] = caplog.records
    assert (record.name, record.levelno) == ("oxyde", logging.ERROR)


async def test_outside_of_blocks(purses: AsyncDatabase) -> None:
    calls: list[str] = []
    done = asyncio.Event()

    async def later() -> None:
        calls.append("async")
        done.set()

    db.on_commit(lambda: calls.append("at once"))
    assert calls == ["at once"]
    db.on_commit(later)
    await done.wait()
    assert calls == ["at once", "async"]
    async with atomic():
        with db.detached():
            db.on_commit(lambda: calls.append("detached"))
        assert calls[-1] == "detached"


async def test_functions_may_open_blocks(purses: AsyncDatabase) -> None:
    calls: list[str] = []

    async def more() -> None:
        async with atomic(durable=True):
            await Purse.objects.create(money=1)
            db.on_commit(lambda: calls.append("of the second"))

    async with atomic():
        db.on_commit(more)
    assert calls == ["of the second"]
    assert await Purse.objects.count() == 11


async def test_durable(purses: AsyncDatabase) -> None:
    async with atomic(durable=True):
        async with atomic():
            pass
        with pytest.raises(TransactionError, match="must be the outermost one"):
            async with atomic(durable=True):
                pass
        with db.detached():
            async with atomic(durable=True, read_only=True):
                pass


async def test_a_function_runs_again(purses: AsyncDatabase) -> None:
    runs: list[int] = []

    @atomic(retries=2)
    async def work(fails: int) -> int:
        purse = await Purse.objects.get(id=1)
        runs.append(purse.money)
        purse.money += 1
        await purse.save()
        if len(runs) <= fails:
            raise SerializationError("somebody was faster")
        return purse.money

    assert await work(2) == 101
    assert runs == [100, 100, 100]
    assert (await Purse.objects.get(id=1)).money == 101
    runs.clear()
    with pytest.raises(SerializationError):
        await work(3)
    assert len(runs) == 3
    assert (await Purse.objects.get(id=1)).money == 101


async def test_only_what_may_succeed_runs_again(purses: AsyncDatabase) -> None:
    runs = 0

    @atomic(retries=5)
    async def work() -> None:
        nonlocal runs
        runs += 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    assert runs == 1


async def test_a_nested_function_leaves_it_to_the_outer_one(purses: AsyncDatabase) -> None:
    runs: list[str] = []

    @atomic(retries=5)
    async def inner() -> None:
        runs.append("inner")
        if len(runs) < 4:
            raise DeadlockError("met")

    @atomic(retries=5)
    async def outer() -> None:
        runs.append("outer")
        await inner()

    await outer()
    assert runs == ["outer", "inner", "outer", "inner"]


async def test_not_repeatable(purses: AsyncDatabase) -> None:
    runs = 0
    with pytest.raises(SerializationError, match="not run again: the letter was sent"):
        async for attempt in db.retrying(retries=3):
            async with attempt:
                runs += 1
                db.not_repeatable("the letter was sent")
                raise SerializationError("somebody was faster")
    assert runs == 1


async def test_refused(purses: AsyncDatabase) -> None:
    with pytest.raises(TransactionError, match="cannot run its block again"):
        async with atomic(retries=1):
            pass
    with pytest.raises(TransactionError, match="retries is a whole number from 0 up"):
        atomic(retries=-1)
    with pytest.raises(TypeError, match="takes a function without arguments"):
        db.on_commit(3)  # type: ignore[arg-type]
    with pytest.raises(TransactionError, match=r"not_repeatable\(\) outside of a transaction"):
        db.not_repeatable("no block")
    async with atomic():
        with pytest.raises(TransactionError, match="must be the outermost one"):
            async for attempt in db.retrying():
                async with attempt:
                    pass


async def test_transfers_of_many_workers_lose_nothing(purses: AsyncDatabase) -> None:
    done: list[bool] = []

    @atomic(retries=50, isolation="serializable")
    async def transfer(giver: int, taker: int, amount: int) -> bool:
        purse = await Purse.objects.get(id=giver)
        if purse.money < amount:
            return False
        purse.money -= amount
        await purse.save()
        other = await Purse.objects.get(id=taker)
        other.money += amount
        await other.save()
        return True

    async def worker(number: int) -> None:
        chance = random.Random(number)
        for _ in range(6):
            giver, taker = chance.sample(range(1, 11), 2)
            done.append(await transfer(giver, taker, chance.randint(1, 30)))

    await asyncio.gather(*[worker(number) for number in range(16)])
    assert done.count(True) > 50
    found = await Purse.objects.values_list("money", flat=True)
    assert sum(found) == 1000
    assert min(found) >= 0


async def test_a_queue_of_chores_doubles_nothing(purses: AsyncDatabase) -> None:
    async def worker(number: int) -> int:
        taken = 0
        while True:
            async for attempt in db.retrying(retries=50, isolation="serializable"):
                async with attempt:
                    chore = await Chore.objects.filter(taken_by=None).order_by("id").first()
                    if chore is not None:
                        await Chore.objects.filter(id=chore.id).update(
                            taken_by=number, runs=F("runs") + 1
                        )
            if chore is None:
                return taken
            taken += 1

    counts = await asyncio.gather(*[worker(number) for number in range(16)])
    assert sum(counts) == 60
    assert set(await Chore.objects.values_list("runs", flat=True)) == {1}
