"""How a block comes to its end: a commit that fails, a lost connection, a cancelled task. Instances
are what they were before, and are not kept alive."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from typing import Any

import pytest

from oxyde import Field, Model, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import IntegrityError, OxydeError
from oxyde.models.instances.undo import Before


class Firm(Model):
    class Meta:
        is_table = True
        table_name = "ends_firm"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40)


class Worker(Model):
    class Meta:
        is_table = True
        table_name = "ends_worker"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40)
    firm: Firm | None = None


class Ticket(Model):
    class Meta:
        is_table = True
        table_name = "ends_ticket"

    code: str = Field(db_pk=True, max_length=20)
    n: int = 0


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Firm, Worker, Ticket])
    return database


class Undo(Exception):
    pass


@pytest.mark.databases("postgres")
async def test_a_commit_that_fails(tables: AsyncDatabase) -> None:
    await execute_raw(
        "ALTER TABLE ends_worker ADD CONSTRAINT later FOREIGN KEY (firm_id) "
        "REFERENCES ends_firm (id) DEFERRABLE INITIALLY DEFERRED"
    )
    await execute_raw("ALTER TABLE ends_worker DROP CONSTRAINT ends_worker_firm_id_fkey")
    row = Worker(name="w", firm_id=4711)
    with pytest.raises(IntegrityError):
        async with atomic():
            await row.save()
            assert row.id is not None
    assert row.id is None
    row.firm_id = None
    await row.save()
    assert await Worker.objects.count() == 1


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_lost_connection(tables: AsyncDatabase, server: Any) -> None:
    own = "pg_backend_pid()" if server.flavour == "postgres" else "connection_id()"
    row = Firm(name="a")
    with pytest.raises(OxydeError):
        async with atomic():
            await row.save()
            number = (await execute_raw(f"SELECT {own} AS number"))[0]["number"]
            kill = "SELECT pg_terminate_backend(%s)" if server.flavour == "postgres" else "KILL %s"
            await asyncio.to_thread(server.execute, kill, [number])
            await Firm.objects.count()
    assert row.id is None
    await row.save()
    assert await Firm.objects.count() == 1


async def test_a_cancelled_commit_is_told_by_the_server(tables: AsyncDatabase) -> None:
    """A task that is cancelled while it commits has stored its rows, or has not: both agree."""
    for number in range(30):
        row = Firm(name=f"{number}")

        async def work(row: Firm = row) -> None:
            async with atomic():
                await row.save()

        task = asyncio.create_task(work())
        await asyncio.sleep(0.0003 * number)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        count = await Firm.objects.filter(name=row.name).count()
        assert (row.id is not None) == bool(count)


async def test_instances_are_not_kept_alive(tables: AsyncDatabase) -> None:
    references: list[weakref.ref[Any]] = []
    with contextlib.suppress(Undo):
        async with atomic() as block:
            row = await Ticket.objects.create(code="one")
            row.n = 1
            await row.save()
            await row.delete()
            rows = await Ticket.objects.bulk_create([{"code": f"b{n}"} for n in range(100)])
            references += [weakref.ref(each) for each in (row, *rows)]
            del row, rows
            gc.collect()
            assert sum(each() is not None for each in references) == 0
            for number in range(1500):
                made = Ticket(code=f"c{number}")
                block.journal.add(Before(made))
            assert len(block.journal._entries) < 1100
            raise Undo
    assert await Ticket.objects.count() == 0
