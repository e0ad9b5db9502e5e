"""Checks that an installed wheel works: models, a SQLite file, queries, the command."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import oxyde
from oxyde import Field, Model, create_tables, db


class Author(Model):
    """A row with rows that refer to it."""

    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Book(Model):
    """A row that refers to another one."""

    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    author: Author | None = None


async def main(folder: str) -> None:
    """Write two rows and read them with a join."""
    async with db.connect(f"sqlite:///{Path(folder, 'smoke.db').as_posix()}"):
        await create_tables(models=[Author, Book])
        alice = await Author.objects.create(name="Alice")
        await Book.objects.create(title="First", author=alice)
        book = await Book.objects.filter(author__name="Alice").join("author").get()
        assert book.author == alice, book


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(made))
    shown = subprocess.run(
        [sys.executable, "-m", "oxyde", "--version"], check=True, capture_output=True, text=True
    )
    assert oxyde.__version__ in shown.stdout, shown.stdout
    print(f"smoke: oxyde {oxyde.__version__} works on Python {sys.version.split()[0]}")
