"""What a block did to instances is undone with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from oxyde import Field, Model, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    DatabaseError,
    FieldValueError,
    NotFoundError,
    TransactionAbortedError,
    TransactionTimeoutError,
    UniqueViolationError,
)


class Firm(Model):
    class Meta:
        is_table = True
        table_name = "undone_firm"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40, db_unique=True)
    n: int = 0
    data: dict[str, Any] = Field(default_factory=dict)
    staff: list[Worker] = Field(db_reverse_fk="firm")


class Worker(Model):
    class Meta:
        is_table = True
        table_name = "undone_worker"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40)
    grade: int = Field(default=None, db_default="3")
    firm: Firm | None = None


class Ticket(Model):
    """No column that is changed in place, and a key that the user gives."""

    class Meta:
        is_table = True
        table_name = "undone_ticket"

    code: str = Field(db_pk=True, max_length=20)
    n: int = 0


MODELS = [Firm, Worker, Ticket]


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=MODELS)
    return database


class Undo(Exception):
    pass


Work = Callable[[], Awaitable[Any]]


async def raising(work: Work) -> Any:
    result = None
    with contextlib.suppress(Undo):
        async with atomic():
            result = await work()
            raise Undo
    return result


async def savepoint(work: Work) -> Any:
    async with atomic():
        return await raising(work)


async def outer(work: Work) -> Any:
    """The savepoint is kept, and undone with the block around it."""
    result = None
    with contextlib.suppress(Undo):
        async with atomic():
            async with atomic(), atomic():
                result = await work()
            raise Undo
    return result


async def marked(work: Work) -> Any:
    async with atomic() as block:
        result = await work()
        block.set_rollback()
    return result


async def cancelled(work: Work) -> Any:
    results: list[Any] = []
    done = asyncio.Event()

    async def run() -> None:
        async with atomic():
            results.append(await work())
            done.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(run())
    await done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return results[0]


async def timed_out(work: Work) -> Any:
    results: list[Any] = []
    with pytest.raises(TransactionTimeoutError):
        async with atomic(timeout=0.5):
            results.append(await work())
            await asyncio.sleep(0.7)
    return results[0]


async def swallowed(work: Work) -> Any:
    results: list[Any] = []
    with pytest.raises(TransactionAbortedError):
        async with atomic():
            results.append(await work())
            with contextlib.suppress(DatabaseError):
                await execute_raw("SELECT nothing FROM nowhere")
    return results[0]


WAYS = [raising, savepoint, outer, marked, cancelled, timed_out, swallowed]
ways = pytest.mark.parametrize("undone", WAYS, ids=lambda way: way.__name__)
few_ways = pytest.mark.parametrize("undone", [raising, outer], ids=lambda way: way.__name__)


async def stored(**lookups: Any) -> Firm | None:
    return await Firm.objects.filter(**lookups).first()


@ways
async def test_a_new_row_is_new_again(tables: AsyncDatabase, undone: Any) -> None:
    row = Firm(name="a", data={"k": 1})
    await undone(row.save)
    assert row.id is None
    assert row._oxyde_state is None
    assert await Firm.objects.count() == 0
    row.n = 3
    await row.save()
    assert row.id is not None
    found = await stored(id=row.id)
    assert found is not None
    assert (found.name, found.n, found.data) == ("a", 3, {"k": 1})


@ways
async def test_a_change_is_a_change_again(tables: AsyncDatabase, undone: Any) -> None:
    row = await Firm.objects.create(name="a", data={"k": 1})
    row.n, row.data["k"] = 2, 2
    await undone(row.save)
    assert await Firm.objects.values_list("n", flat=True) == [0]
    await row.save()
    found = await stored(id=row.id)
    assert found is not None
    assert (found.n, found.data) == (2, {"k": 2})


async def create() -> Firm:
    return await Firm.objects.create(name="a")


async def bulk_of_dicts() -> Firm:
    return (await Firm.objects.bulk_create([{"name": "a"}]))[0]


async def bulk_of_instances() -> Firm:
    return (await Firm.objects.bulk_create([Firm(name="a")]))[0]


async def get_or_create() -> Firm:
    return (await Firm.objects.get_or_create(name="a", defaults={"n": 1}))[0]


async def update_or_create() -> Firm:
    return (await Firm.objects.update_or_create(name="a", defaults={"n": 1}))[0]


async def upsert() -> Firm:
    return await Firm.objects.upsert(name="a", n=1, unique_fields=["name"])


async def create_and_change() -> Firm:
    row = await Firm.objects.create(name="b")
    row.name = "a"
    await row.save()
    await row.refresh()
    row.n = 1
    await row.save(update_fields=["n"])
    return row


CREATING = [
    create, bulk_of_dicts, bulk_of_instances, get_or_create, update_or_create, upsert,
    create_and_change,
]  # fmt: skip


@few_ways
@pytest.mark.parametrize("work", CREATING, ids=lambda work: work.__name__)
async def test_what_creates_rows(tables: AsyncDatabase, work: Any, undone: Any) -> None:
    row = await undone(work)
    assert row.id is None
    assert await Firm.objects.count() == 0
    await row.save()
    assert await Firm.objects.values_list("name", flat=True) == ["a"]
    assert row.id == await Firm.objects.values_list("id", flat=True).get()
    await row.save()
    assert await Firm.objects.count() == 1


@few_ways
async def test_keys_that_the_user_gave_stay(tables: AsyncDatabase, undone: Any) -> None:
    row, other = Ticket(code="x", n=1), Ticket(code="y", n=1)

    async def both() -> None:
        await Ticket.objects.create(instance=row)
        await Ticket.objects.bulk_create([other])

    await undone(both)
    assert (row.code, other.code) == ("x", "y")
    for each in (row, other):
        with pytest.raises(NotFoundError):
            await each.save()
        await Ticket.objects.create(instance=each)
    assert await Ticket.objects.count() == 2


@few_ways
async def test_many_rows(tables: AsyncDatabase, undone: Any) -> None:
    rows = [Worker(name=f"{number}", grade=1) for number in range(1500)]
    await undone(lambda: Worker.objects.bulk_create(rows))
    assert {row.id for row in rows} == {None}
    rows[7].name = "seven"
    await Worker.objects.bulk_create(rows)
    assert await Worker.objects.count() == 1500
    found = await Worker.objects.get(id=rows[7].id)
    assert found.name == "seven"


@few_ways
async def test_what_the_database_filled_in(tables: AsyncDatabase, undone: Any) -> None:
    row = Worker(name="w")
    await undone(row.save)
    assert (row.id, row.grade) == (None, None)
    assert "grade" not in row.model_fields_set
    await row.save()
    assert row.grade == 3


@few_ways
async def test_a_deleted_row_is_stored(tables: AsyncDatabase, undone: Any) -> None:
    row = await Firm.objects.create(name="a")
    key = row.id
    await undone(row.delete)
    assert row.id == key
    row.n = 9
    await row.save()
    assert await Firm.objects.values_list("n", flat=True) == [9]
    assert await row.delete() == 1


async def test_deleted_and_then_assigned_a_key(tables: AsyncDatabase) -> None:
    row = await Firm.objects.create(name="a")
    key = row.id

    async def work() -> None:
        await row.delete()
        row.id = key + 100 if key is not None else None

    await raising(work)
    await row.save()
    assert await Firm.objects.values_list("id", flat=True) == [row.id] != [key]


async def test_a_changed_key(tables: AsyncDatabase) -> None:
    row = await Ticket.objects.create(code="old")
    row.code = "new"
    await raising(row.save)
    await row.save()
    assert await Ticket.objects.values_list("code", flat=True) == ["new"]
    row.code = "newer"

    async def twice() -> None:
        await row.save()
        row.code = "newest"

    await raising(twice)
    await row.save()
    assert await Ticket.objects.values_list("code", flat=True) == ["newest"]


@few_ways
async def test_bulk_update(tables: AsyncDatabase, undone: Any) -> None:
    rows = await Firm.objects.bulk_create([{"name": "a"}, {"name": "b", "data": {"k": 1}}])
    rows[0].n = rows[1].n = 5
    rows[1].data["k"] = 2
    await undone(lambda: Firm.objects.bulk_update(rows, ["n", "data"]))
    for row in rows:
        await row.save()
    found = await Firm.objects.order_by("name").values_list("n", "data")
    assert found == [(5, {}), (5, {"k": 2})]
    # What bulk_update() wrote is what later changes in place are held against.
    rows[1].data["k"] = 3
    await Firm.objects.bulk_update(rows, ["data"])
    rows[1].data["k"] = 2
    await rows[1].save()
    assert (await Firm.objects.get(name="b")).data == {"k": 2}


async def test_later_assignments_stay(tables: AsyncDatabase) -> None:
    row = await Firm.objects.create(name="a")

    async def work() -> None:
        row.n = 1
        await row.save()
        row.n = 2
        row.name = "later"

    await raising(work)
    await row.save()
    assert await Firm.objects.values_list("n", "name") == [(2, "later")]


async def test_only_the_inner_block_is_undone(tables: AsyncDatabase) -> None:
    row, other = Firm(name="a"), Firm(name="b")
    async with atomic():
        await row.save()
        key = row.id
        row.n = 1
        await raising(row.save)
        await raising(other.save)
        assert row.id == key
        assert other.id is None
        await row.save()
        await other.save()
    assert await Firm.objects.order_by("name").values_list("name", "n") == [("a", 1), ("b", 0)]


async def test_a_parent_and_its_child(tables: AsyncDatabase) -> None:
    firm = Firm(name="f")
    worker = Worker(name="w", firm=firm)
    bulk = [Worker(name="x", firm=firm)]

    async def all_of_them() -> None:
        await firm.save()
        await worker.save()
        await Worker.objects.bulk_create(bulk)

    await raising(all_of_them)
    assert (firm.id, worker.id, worker.firm_id, bulk[0].firm_id) == (None,) * 4
    with pytest.raises(FieldValueError, match="not been saved yet"):
        await worker.save()
    # So that a key which was given before would be another row's.
    await Firm.objects.create(name="other")
    await all_of_them()
    assert worker.firm_id == bulk[0].firm_id == firm.id
    found = await Worker.objects.values_list("firm_id", flat=True)
    assert found == [firm.id, firm.id]


async def test_a_child_that_failed_takes_the_new_key(tables: AsyncDatabase) -> None:
    await Firm.objects.create(name="there")
    firm, late = Firm(name="f"), Worker(name="late")

    async def work(name: str) -> None:
        async with atomic():
            await firm.save()
            late.firm = firm
            await late.save()
            await Firm.objects.create(name=name)

    with pytest.raises(UniqueViolationError):
        await work("there")
    await Firm.objects.create(name="between")
    await work("new")
    assert await Worker.objects.values_list("firm_id", flat=True) == [firm.id]


async def test_a_bulk_of_children_takes_the_new_key(tables: AsyncDatabase) -> None:
    firm = Firm(name="f")
    workers: list[Worker] = []

    async def work() -> None:
        await firm.save()
        workers[:] = workers or [Worker(name=f"{number}", firm=firm) for number in range(3)]
        await Worker.objects.bulk_create(workers)

    await raising(work)
    with pytest.raises(FieldValueError, match="not been saved yet"):
        await Worker.objects.bulk_create(workers)
    await Firm.objects.create(name="between")
    async with atomic():
        await work()
    assert await Worker.objects.values_list("firm_id", flat=True) == [firm.id] * 3


async def test_a_key_of_a_parent_that_is_only_assigned_is_not_taken(tables: AsyncDatabase) -> None:
    firm = await Firm.objects.create(name="f")
    worker = Worker(name="w", firm=firm)
    key, firm.id = firm.id, 4711
    await worker.save()
    assert worker.firm_id == key


@few_ways
async def test_related_rows(tables: AsyncDatabase, undone: Any) -> None:
    firm = await Firm.objects.create(name="f")
    made = await undone(lambda: firm.staff_set.create(name="w"))
    assert made.id is None
    await made.save()
    assert await firm.staff_set.count() == 1


async def test_what_a_block_wrote_and_read(tables: AsyncDatabase) -> None:
    """A row that was read where a block had written is written whole when that is undone."""
    row = await Firm.objects.create(name="a", data={"k": 1})
    held: list[Firm] = []

    async def work() -> None:
        held.append(await Firm.objects.get(id=row.id))
        await Firm.objects.filter(id=row.id).update(n=5)
        held.append(await Firm.objects.get(id=row.id))
        created = await Firm.objects.create(name="b")
        held.append(await Firm.objects.get(id=created.id))
        async with atomic():
            held.append(await Firm.objects.get(id=row.id))

    await raising(work)
    before, after, never, inner = held
    await before.save()
    assert await Firm.objects.values_list("n", flat=True) == [0]
    with pytest.raises(NotFoundError):
        await never.save()
    await after.save()
    assert await Firm.objects.values_list("n", flat=True) == [5]
    await Firm.objects.update(n=0)
    inner.name = "c"
    await inner.save()
    assert await Firm.objects.values_list("n", "name") == [(5, "c")]
    await Firm.objects.update(n=1)
    await inner.save()
    assert await Firm.objects.values_list("n", flat=True) == [1]


async def test_joined_rows_that_a_block_wrote(tables: AsyncDatabase) -> None:
    firm = await Firm.objects.create(name="f")
    worker = await Worker.objects.create(name="w", firm=firm)

    async def work() -> tuple[Worker, Firm]:
        await Firm.objects.update(n=5)
        joined = await Worker.objects.join("firm").get(id=worker.id)
        fetched = await Firm.objects.prefetch("staff").get(id=firm.id)
        return joined, fetched

    joined, fetched = await raising(work)
    assert joined.firm is not None
    for row in (joined.firm, fetched):
        await Firm.objects.update(n=0)
        await row.save()
        assert await Firm.objects.values_list("n", flat=True) == [5]


async def test_refreshed_rows(tables: AsyncDatabase) -> None:
    row = await Firm.objects.create(name="a")

    async def work() -> None:
        await Firm.objects.update(n=5)
        await row.refresh()

    await raising(work)
    assert row.n == 5
    await row.save()
    assert await Firm.objects.values_list("n", flat=True) == [5]


@few_ways
async def test_copies_of_new_rows(tables: AsyncDatabase, undone: Any) -> None:
    rows: list[Any] = []

    async def work() -> None:
        rows.append(await Firm.objects.create(name="a"))
        rows.append(await Firm.objects.upsert(name="b", unique_fields=["name"]))
        rows.extend(await Worker.objects.bulk_create([{"name": "x"}, {"name": "y"}]))
        rows.append(await Worker.objects.create(name="z"))
        rows[:] = [row.model_copy() for row in rows]

    await undone(work)
    for row in rows:
        with pytest.raises(NotFoundError):
            await row.save()
    assert await Firm.objects.count() == await Worker.objects.count() == 0


async def test_a_committed_block_stays(tables: AsyncDatabase) -> None:
    row = Firm(name="a")
    async with atomic(), atomic():
        await row.save()
    key = row.id
    await Firm.objects.update(n=7)
    await row.save()
    assert row.id == key
    assert await Firm.objects.values_list("n", flat=True) == [7]


async def test_again_after_a_failure(tables: AsyncDatabase) -> None:
    """The loop that everybody writes."""
    await Firm.objects.create(name="there")
    firm = Firm(name="there")
    workers = [Worker(name="x"), Worker(name="y")]
    for attempt in range(3):
        try:
            async with atomic():
                await Worker.objects.bulk_create(workers)
                await firm.save()
                for worker in workers:
                    worker.firm = firm
                    await worker.save()
            break
        except UniqueViolationError:
            assert [worker.id for worker in workers] == [None, None]
            firm.name = f"attempt {attempt}"
    assert firm.name == "attempt 0"
    found = await Worker.objects.order_by("name").values_list("name", "firm_id")
    assert found == [("x", firm.id), ("y", firm.id)]


async def test_a_generated_key_that_was_assigned(tables: AsyncDatabase) -> None:
    row = Firm(name="a")

    async def work() -> None:
        await row.save()
        row.id = 4711

    await raising(work)
    assert row.id == 4711
    with pytest.raises(NotFoundError):
        await row.save()
