"""Migrations of models beside tables that others own (`managed = False`)."""

from __future__ import annotations

import json
from pathlib import Path

from support.oxyde_command import Command, write_models
from support.servers import Server

OWNER = """
from __future__ import annotations

from oxyde import Field, Model


class Owner(Model):
    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20)
    number: int = Field(db_unique=True)

    class Meta:
        is_table = True
        table_name = "owners"
        managed = {managed}
"""

NOTE = """

class Note(Model):
    id: int | None = Field(default=None, db_pk=True)
    owner: Owner{more}

    class Meta:
        is_table = True
        table_name = "notes"
"""

AGREE = "Models, migrations and database agree.\n"


def models(*, managed: bool = False, more: str = "") -> str:
    return OWNER.format(managed=managed) + NOTE.format(more=more)


def create_owners(server: Server) -> None:
    unique = "CONSTRAINT owners_number_key UNIQUE (number)"
    key = "BIGINT PRIMARY KEY" if server.flavour != "sqlite" else "INTEGER PRIMARY KEY"
    server.execute(
        f"CREATE TABLE owners (id {key}, code VARCHAR(20), number BIGINT, extra INTEGER, {unique})"
    )
    server.execute("INSERT INTO owners (id, code, number) VALUES (1, 'a', 7)")


def test_a_foreign_key_to_a_table_of_others(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    create_owners(server)
    write_models(project, models())
    said = oxyde.ok("makemigrations")
    assert "record table owners" in said
    assert "create table owners" not in said
    oxyde.ok("migrate")
    assert oxyde.ok("check") == AGREE
    server.execute("INSERT INTO notes (id, owner_id) VALUES (1, 1)")
    # A foreign key to another column of it.
    more = '\n    by_number: Owner | None = Field(default=None, db_fk="number")'
    write_models(project, models(more=more))
    assert "record table owners" in oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == AGREE
    oxyde.ok("squash", "0001", "0002")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    oxyde.ok("migrate", "zero")
    assert server.execute("SELECT id, code FROM owners") == [(1, "a")]


def test_a_table_that_stops_being_managed_stays(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, models(managed=True))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO owners (id, code, number) VALUES (1, 'a', 7)")
    write_models(project, models(managed=False))
    said = json.loads(oxyde.ok("makemigrations", "--json"))
    assert said["operations"] == ["release table owners"]
    oxyde.ok("migrate")
    # From now on its columns are the business of others.
    write_models(project, models(managed=False).replace("max_length=20", "max_length=30"))
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    server.execute("ALTER TABLE owners ADD COLUMN extra INTEGER")
    assert oxyde.ok("check") == AGREE
    write_models(project, models(managed=True))
    assert "claim table owners" in oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert server.execute("SELECT id, code FROM owners") == [(1, "a")]


def test_a_table_of_others_gets_managed(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    create_owners(server)
    write_models(project, models())
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    write_models(project, models(managed=True))
    said = json.loads(oxyde.ok("makemigrations", "--json"))
    assert said["operations"] == ["record table owners", "claim table owners"]
    oxyde.ok("migrate")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    oxyde.ok("squash", "0001", "0002")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
