"""for_update and for_share: what a second connection sees while the first holds a row."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.library import Book, Library

from oxyde import PoolSettings, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, OxydeError, PoolTimeoutError, UnsupportedFeatureError


async def hold(
    key: int, held: asyncio.Event, release: asyncio.Event, *, share: bool = False
) -> None:
    """Hold a row until told to let go."""
    async with atomic():
        query = Book.objects.filter(id=key)
        await (query.for_share() if share else query.for_update()).get()
        held.set()
        await release.wait()


async def start(key: int, *, share: bool = False) -> tuple[asyncio.Task[None], asyncio.Event]:
    held, release = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(hold(key, held, release, share=share))
    await asyncio.wait_for(held.wait(), 10)
    return task, release


async def test_a_lock_outside_a_transaction_is_an_error(books: Library) -> None:
    for query in (Book.objects.for_update(), Book.objects.for_share()):
        with pytest.raises(OxydeError) as caught:
            await query.first()
        assert "atomic" in str(caught.value)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_nowait_fails_at_once(books: Library) -> None:
    task, release = await start(1)
    try:
        begin = time.monotonic()
        with pytest.raises(DatabaseError) as caught:
            async with atomic():
                await Book.objects.filter(id=1).for_update(nowait=True).get()
        assert caught.value.code
        assert time.monotonic() - begin < 2
        async with atomic():
            assert (await Book.objects.filter(id=2).for_update(nowait=True).get()).id == 2
    finally:
        release.set()
        await task
    async with atomic():
        assert (await Book.objects.filter(id=1).for_update(nowait=True).get()).id == 1


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_skip_locked_leaves_out_the_row(books: Library) -> None:
    task, release = await start(3)
    try:
        async with atomic():
            rows = await Book.objects.order_by("id").for_update(skip_locked=True).all()
            assert [book.id for book in rows] == [1, 2, 4, 5, 6, 7]
    finally:
        release.set()
        await task


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_shared_locks_go_together(books: Library) -> None:
    task, release = await start(1, share=True)
    try:
        async with atomic():
            assert (await Book.objects.filter(id=1).for_share(nowait=True).get()).id == 1
        with pytest.raises(DatabaseError):
            async with atomic():
                await Book.objects.filter(id=1).for_update(nowait=True).get()
    finally:
        release.set()
        await task


async def test_a_lock_waits_for_the_other_transaction(books: Library) -> None:
    """The FAQ's balance: read, change in Python, save, by eight tasks at once."""

    async def take(number: int) -> None:
        async with atomic():
            book = await Book.objects.filter(id=1).for_update().get()
            book.pages += number
            await asyncio.sleep(0.01)
            await book.save()

    await asyncio.gather(*(take(number) for number in range(8)))
    assert (await Book.objects.get(id=1)).pages == 300 + sum(range(8))


@pytest.mark.databases("sqlite")
async def test_sqlite_adds_no_sql_and_refuses_the_rest(books: Library) -> None:
    plain = Book.objects.filter(id=1)
    assert plain.for_update().sql() == plain.sql()
    for query in (
        plain.for_update(nowait=True),
        plain.for_update(skip_locked=True),
        plain.for_share(skip_locked=True),
        Book.objects.join("author").for_update(of=["self"]),
    ):
        async with atomic():
            with pytest.raises(UnsupportedFeatureError):
                await query.all()


@pytest.mark.databases("sqlite")
async def test_a_locking_transaction_keeps_other_writers_out_on_sqlite(url: str) -> None:
    from support import library

    await db.init(url, settings=PoolSettings(acquire_timeout=0.3))
    await library.fill()
    task, release = await start(1)
    try:
        with pytest.raises(PoolTimeoutError):
            await Book.objects.filter(id=2).update(pages=1)
        assert (await Book.objects.get(id=2)).pages == 120
    finally:
        release.set()
        await task
    assert await Book.objects.filter(id=2).update(pages=1) == 1
    await db.close()


@pytest.mark.databases("postgres", "mysql")
async def test_of_locks_only_the_named_rows(books: Library) -> None:
    async def author_is_free() -> bool:
        from support.library import Author

        try:
            async with atomic():
                await Author.objects.filter(id=1).for_update(nowait=True).get()
        except DatabaseError:
            return False
        return True

    for of, free in ((["self"], True), (["author"], False), ([], False)):
        held, release = asyncio.Event(), asyncio.Event()

        async def hold_joined(of: list[str], held: asyncio.Event, release: asyncio.Event) -> None:
            async with atomic():
                await Book.objects.join("author").filter(id=1).for_update(of=of).get()
                held.set()
                await release.wait()

        task = asyncio.create_task(hold_joined(of, held, release))
        await asyncio.wait_for(held.wait(), 10)
        try:
            assert await author_is_free() is free
        finally:
            release.set()
            await task


@pytest.mark.databases("mariadb")
async def test_mariadb_refuses_of(books: Library) -> None:
    async with atomic():
        with pytest.raises(UnsupportedFeatureError):
            await Book.objects.join("author").for_update(of=["self"]).all()


async def test_nowait_and_skip_locked_together_are_refused(database: AsyncDatabase) -> None:
    with pytest.raises(OxydeError):
        Book.objects.for_update(nowait=True, skip_locked=True)
    with pytest.raises(OxydeError):
        Book.objects.for_update(of=["autor"])
