"""The primary key of a table with rows changes, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

COUNTED = """
from __future__ import annotations

from oxyde import Field, Model


class Pair(Model):
    id: int | None = Field(default=None, db_pk=True)
    x: int = 0
    y: int = 0

    class Meta:
        is_table = True
        table_name = "pairs"
"""

COMPOSITE = """
from oxyde import Field, Model


class Pair(Model):
    x: int = Field(db_pk=True)
    y: int = Field(db_pk=True)

    class Meta:
        is_table = True
        table_name = "pairs"
"""

REFERRED = """
from __future__ import annotations

from oxyde import Field, Model


class Owner(Model):
    id: {key}

    class Meta:
        is_table = True
        table_name = "owners"


class Pet(Model):
    id: int | None = Field(default=None, db_pk=True)
    owner: Owner | None = Field(default=None, db_on_delete="CASCADE")

    class Meta:
        is_table = True
        table_name = "pets"
"""


@pytest.mark.databases("sqlite", "mysql", "mariadb", "postgres")
def test_from_a_counted_key_to_two_columns(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    write_models(project, COUNTED)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO pairs (id, x, y) VALUES (5, 1, 1), (6, 1, 2)")
    write_models(project, COMPOSITE)
    assert oxyde.run("makemigrations", "--yes").code == 0
    oxyde.ok("migrate")
    assert server.execute("SELECT x, y FROM pairs ORDER BY x, y") == [(1, 1), (1, 2)]
    oxyde.ok("check")


@pytest.mark.databases("sqlite", "mysql", "mariadb", "postgres")
def test_a_key_becomes_counted_under_foreign_keys(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    write_models(project, REFERRED.format(key="int = Field(db_pk=True)"))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO owners (id) VALUES (7)")
    server.execute("INSERT INTO pets (id, owner_id) VALUES (1, 7)")
    write_models(project, REFERRED.format(key="int | None = Field(default=None, db_pk=True)"))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert server.execute("SELECT id, owner_id FROM pets") == [(1, 7)]
    oxyde.ok("check")
