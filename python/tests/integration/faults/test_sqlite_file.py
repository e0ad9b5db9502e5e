"""The file of an SQLite database is deleted, replaced, or cannot be written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oxyde import Field, Model, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseConnectionError, ReadOnlyError

pytestmark = pytest.mark.databases("sqlite")


class Leaf(Model):
    class Meta:
        is_table = True
        table_name = "fault_leaf"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leaves.db"


@pytest.fixture
async def leaves(path: Path) -> AsyncIterator[AsyncDatabase]:
    await db.init(f"sqlite:///{path}")
    await db.create_tables(models=[Leaf])
    await asyncio.gather(*[Leaf.objects.create(text=f"{number}") for number in range(5)])
    await asyncio.gather(*[Leaf.objects.all() for _ in range(5)])
    yield db.get_connection()
    await db.close()


def files(path: Path) -> list[Path]:
    return list(path.parent.glob("leaves.db*"))


def delete(path: Path) -> None:
    for each in files(path):
        each.unlink()


async def test_a_deleted_file_is_noticed(leaves: AsyncDatabase, path: Path) -> None:
    delete(path)
    with pytest.raises(DatabaseConnectionError, match=r"leaves\.db was deleted or replaced"):
        await Leaf.objects.create(text="lost")
    for _ in range(3):  # no empty database is made in its place
        with pytest.raises(DatabaseConnectionError, match="unable to open"):
            await Leaf.objects.count()
    assert files(path) == []
    assert leaves.status()["in_use"] == 0
    await db.init(f"sqlite:///{path}")
    await db.create_tables(models=[Leaf])
    assert await Leaf.objects.count() == 0


async def test_a_replaced_file_is_noticed_and_then_used(
    leaves: AsyncDatabase, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with sqlite3.connect(copy) as other:
        other.execute("CREATE TABLE fault_leaf (id INTEGER PRIMARY KEY, text TEXT)")
    other.close()
    async with atomic():
        delete(path)
        copy.rename(path)
    with pytest.raises(DatabaseConnectionError, match="deleted or replaced"):
        await Leaf.objects.count()
    assert await Leaf.objects.count() == 0
    await Leaf.objects.create(text="new")
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT text FROM fault_leaf").fetchall() == [("new",)]
    other.close()


async def test_a_relative_path_and_another_working_directory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    await db.init("sqlite:///leaves.db")
    await db.create_tables(models=[Leaf])
    monkeypatch.chdir("/")
    await asyncio.sleep(0.02)
    assert await Leaf.objects.count() == 0
    await db.close()


async def test_a_file_that_nobody_changes(leaves: AsyncDatabase, path: Path) -> None:
    """It is read without locks and without the log's files, so also where none can be made."""
    await db.close()
    assert files(path) == [path]
    await db.init(f"sqlite:///{path}?immutable=1")
    assert await Leaf.objects.count() == 5
    assert files(path) == [path]
    with pytest.raises(ReadOnlyError):
        await Leaf.objects.create(text="new")
