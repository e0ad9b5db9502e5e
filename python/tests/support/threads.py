"""Threads that share models, plans, pools and instances: `python threads.py URL FACE ROUNDS`.

The first use of each model, plan and class of the extension happens in all threads at the same
moment. `FACE` is `async` (an event loop per thread) or `sync`. Prints `fine`, or what went wrong.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from datetime import datetime

from oxyde import Count, F, Field, Model, atomic, create_tables, db, sync

THREADS = 8
MOMENT = datetime(2026, 12, 1, 16, 40)
URL, FACE, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])


class Worker(Model):
    class Meta:
        is_table = True
        table_name = "threads_worker"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    tasks: list[Task] = Field(db_reverse_fk="worker")


class Task(Model):
    class Meta:
        is_table = True
        table_name = "threads_task"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    size: int = Field(default=0, ge=0)
    due: datetime = MOMENT
    notes: dict[str, int] = Field(default_factory=dict)
    worker: Worker | None = Field(default=None, db_on_delete="CASCADE")


class Counter(sync.Model):
    class Meta:
        is_table = True
        table_name = "threads_counter"

    id: int | None = Field(default=None, db_pk=True)
    owner: int
    value: int = 0
    at: datetime = MOMENT
    notes: dict[str, int] = Field(default_factory=dict)


def together(work: Callable[[int], None]) -> None:
    """Call a function in threads that begin at the same moment; raise what one of them raises."""
    begin = threading.Barrier(THREADS)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        begin.wait()
        try:
            work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


async def one_round(number: int, turn: int, shared: Worker) -> None:
    """Write and read rows of one's own, and an instance that belongs to all."""
    worker = await Worker.objects.create(name=f"{number}-{turn}")
    tasks = [Task(title=f"task {at}", size=at, notes={"at": at}, worker=worker) for at in range(30)]
    await Task.objects.bulk_create(tasks)
    assert len({task.id for task in tasks}) == 30
    own = Task.objects.filter(worker_id=worker.id)
    found = await own.order_by("size").join("worker").all()
    assert [task.size for task in found] == list(range(30))
    assert all(task.due == MOMENT and task.notes == {"at": task.size} for task in found)
    assert {task.worker.name for task in found if task.worker} == {worker.name}
    [loaded] = await Worker.objects.filter(id=worker.id).prefetch("tasks").all()
    assert sorted(task.size for task in loaded.tasks) == list(range(30))
    async with atomic():
        assert await own.filter(size__lt=10).update(size=F("size") + 100) == 10
        first = await own.order_by("size").first()
        assert first is not None
        first.notes["seen"] = turn
        await first.save()
    counted = await Worker.objects.filter(id=worker.id).annotate(n=Count("tasks")).get()
    assert counted.n == 30
    await shared.refresh()
    shared.name = f"by {number}"
    await shared.save()
    assert shared.name.startswith("by ")
    await worker.delete()


def with_loops() -> None:
    """An event loop per thread, one pool for all."""

    async def prepare() -> Worker:
        await db.init(URL)
        await create_tables()
        return await Worker.objects.create(name="shared")

    async def work(number: int, shared: Worker) -> None:
        for turn in range(ROUNDS):
            await one_round(number, turn, shared)

    async def finish() -> int:
        left = await Task.objects.count()
        await db.close()
        return left

    shared = asyncio.run(prepare())
    together(lambda number: asyncio.run(work(number, shared)))
    assert asyncio.run(finish()) == 0


def without_loops() -> None:
    """The same pool for threads that wait in place."""
    sync.db.init(URL)
    sync.create_tables()
    shared = Counter.objects.create(owner=-1)

    def work(number: int) -> None:
        for turn in range(ROUNDS):
            rows = [Counter(owner=number, value=at, notes={"at": at}) for at in range(30)]
            Counter.objects.bulk_create(rows)
            own = Counter.objects.filter(owner=number)
            found = own.order_by("value").all()
            assert [row.value for row in found] == list(range(30))
            assert all(row.at == MOMENT and row.notes == {"at": row.value} for row in found)
            with sync.atomic():
                assert own.filter(value__lt=10).update(value=F("value") + 100) == 10
                first = own.order_by("value").first()
                assert first is not None
                first.notes["seen"] = turn
                first.save()
            Counter.objects.filter(id=shared.id).update(value=F("value") + 1)
            shared.refresh()
            assert own.delete() == 30

    together(work)
    assert shared.refresh().value == THREADS * ROUNDS
    assert Counter.objects.count() == 1
    sync.db.close()


if __name__ == "__main__":
    (with_loops if FACE == "async" else without_loops)()
    print("fine")
