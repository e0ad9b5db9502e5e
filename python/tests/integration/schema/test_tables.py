"""create_tables() and drop_tables(): again, at the same time, in part, and in a circle."""

from __future__ import annotations

import asyncio
import enum
import subprocess
import sys
from pathlib import Path

import pytest

from oxyde import Field, Index, Model, atomic, create_tables, drop_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, ForeignKeyViolationError, OxydeError


class Phase(enum.Enum):
    NEW = "new"
    OLD = "old"


class Node(Model):
    class Meta:
        is_table = True
        table_name = "tables_node"
        indexes = [Index("title", method="fulltext"), Index("title", "phase", name="tables_node_i")]

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(default="", max_length=50, db_comment="what it is called")
    phase: Phase = Phase.NEW
    parent: Node | None = None
    labels: list[Label] = Field(db_m2m=True)


class Label(Model):
    class Meta:
        is_table = True
        table_name = "tables_label"

    id: int | None = Field(default=None, db_pk=True)


class Left(Model):
    class Meta:
        is_table = True
        table_name = "tables_left"

    id: int | None = Field(default=None, db_pk=True)
    right: Right | None = None


class Right(Model):
    class Meta:
        is_table = True
        table_name = "tables_right"

    id: int | None = Field(default=None, db_pk=True)
    left: Left | None = None


MODELS: list[type[Model]] = [Node, Label, Left, Right]


async def test_tables_are_made_once(database: AsyncDatabase) -> None:
    for _ in range(3):
        await create_tables(models=MODELS)
    node = await Node.objects.create(title="a root", parent_id=None)
    await create_tables(models=MODELS)
    assert await Node.objects.get(title__search="root") == node
    assert await Node.objects.count() == 1
    with pytest.raises(DatabaseError, match=r"(?i)exists"):
        await create_tables(models=MODELS, if_not_exists=False)
    assert await Node.objects.count() == 1


async def test_what_is_missing_is_made(database: AsyncDatabase) -> None:
    await create_tables(models=MODELS)
    await Node.objects.create(title="kept")
    await drop_tables(models=[Left, Right])
    await create_tables(models=MODELS)
    left = await Left.objects.create(instance=Left())
    right = await Right.objects.create(left=left)
    left.right = right
    await left.save()
    assert await Node.objects.count() == 1


async def test_many_tasks_at_once(database: AsyncDatabase) -> None:
    for _ in range(3):
        await asyncio.gather(*(create_tables(models=MODELS) for _ in range(4)))
        right = await Right.objects.create(instance=Right())
        await Left.objects.create(right=right)
        with pytest.raises(ForeignKeyViolationError):
            await Left.objects.create(right_id=999)
        await drop_tables(models=MODELS)


async def test_in_a_transaction(database: AsyncDatabase) -> None:
    async with atomic():
        await create_tables(models=MODELS)
        await create_tables(models=MODELS)
        await Label.objects.create(instance=Label())
    assert await Label.objects.count() == 1


PROGRAM = """
import asyncio, sys
from oxyde import create_tables, db
from test_tables import MODELS, Node

async def main():
    await db.init(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    await create_tables(models=MODELS)
    await Node.objects.create(title="one of them")
    await db.close()

asyncio.run(main())
"""


async def test_many_processes_at_once(database: AsyncDatabase, url: str) -> None:
    here = Path(__file__).parent
    programs = [
        subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", PROGRAM, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=here,
            env={"PYTHONPATH": f"{here}:{here.parents[2]}"},
            text=True,
        )
        for _ in range(3)
    ]
    for program in programs:
        assert program.stdout is not None
        await asyncio.to_thread(program.stdout.readline)
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        _, said = await asyncio.to_thread(program.communicate, None, 60)
        assert program.returncode == 0, said
    assert await Node.objects.count() == 3


async def test_rows_that_refer_to_each_other(database: AsyncDatabase) -> None:
    await create_tables(models=MODELS)
    root = await Node.objects.create(title="root")
    await Node.objects.create(title="leaf", parent=root)
    left = await Left.objects.create(instance=Left())
    right = await Right.objects.create(left=left)
    left.right = right
    await left.save()
    await drop_tables(models=MODELS)
    await drop_tables(models=MODELS)
    await create_tables(models=MODELS)
    assert await Node.objects.count() == 0
    assert await Left.objects.count() == 0


@pytest.mark.parametrize("models", [[Left, Right], [Node, Label], MODELS])
async def test_tables_that_are_not_there(
    database: AsyncDatabase, models: list[type[Model]]
) -> None:
    await drop_tables(models=models)
    await create_tables(models=[Label])
    await drop_tables(models=[Label])
    await drop_tables(models=models)


async def test_a_table_that_others_refer_to(database: AsyncDatabase) -> None:
    await create_tables(models=MODELS)
    await Label.objects.create(instance=Label())
    with pytest.raises(OxydeError) as caught:
        await drop_tables(models=[Label])
    assert "`tables_label` cannot be dropped" in str(caught.value)
    assert "tables_node_labels" in str(caught.value)
    assert "add its model" in str(caught.value.hint)
    assert await Label.objects.count() == 1


async def test_an_enum_type_that_others_use(database: AsyncDatabase) -> None:
    class Ticket(Model):
        class Meta:
            is_table = True
            table_name = "tables_ticket"

        id: int | None = Field(default=None, db_pk=True)
        phase: Phase = Phase.OLD

    await create_tables(models=[*MODELS, Ticket])
    await Ticket.objects.create(instance=Ticket())
    await drop_tables(models=MODELS)
    assert (await Ticket.objects.first()).phase is Phase.OLD  # type: ignore[union-attr]
    await create_tables(models=MODELS)
    assert (await Node.objects.create(phase=Phase.OLD)).phase is Phase.OLD
    await drop_tables(models=[*MODELS, Ticket])
