"""Plain test functions that use the database without `await`."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from journal import Entry, Writer

from oxyde import TransactionTimeoutError, UniqueViolationError, sync
from oxyde.testing import capture_queries

writers = sync.objects(Writer)


@pytest.fixture(autouse=True)
def ann() -> Writer:
    assert not writers.exists()
    return writers.create(name="Ann")


def test_statements_are_taken_back(ann: Writer) -> None:
    with pytest.raises(UniqueViolationError):
        writers.create(name="Ann")
    assert [writer.name for writer in writers] == ["Ann"]
    with capture_queries() as queries:
        assert list(writers.iterate(chunk_size=1)) == [ann]
    assert len(queries) == 1


def test_blocks_are_taken_back(ann: Writer) -> None:
    done = []
    with sync.atomic():
        sync.db.on_commit(lambda: done.append(1))
        sync.objects(Entry).create(text="a", writer=ann)
        with pytest.raises(ZeroDivisionError), sync.atomic():
            writers.create(name="Bob")
            raise ZeroDivisionError
    assert done == [1]
    assert sync.objects(Entry).count() == 1
    assert writers.count() == 1


def test_a_block_times_out(ann: Writer) -> None:
    with pytest.raises(TransactionTimeoutError), sync.atomic(timeout=0.1):
        writers.create(name="Bob")
        time.sleep(0.3)
        writers.count()
    assert writers.count() == 1


def test_threads_wait_for_each_other(ann: Writer) -> None:
    def work(number: int) -> None:
        with sync.atomic():
            writers.create(name=f"{number}")
            time.sleep(0.01)
            assert writers.filter(name=f"{number}").exists()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(8)))
    assert writers.count() == 9


async def test_an_async_test_beside_it() -> None:
    assert await Writer.objects.count() == 1


def test_a_coroutine() -> None:
    assert sync.run(Writer.objects.count()) == 1
