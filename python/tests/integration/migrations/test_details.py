"""What PostgreSQL says beside its message, and names that only it knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

pytestmark = pytest.mark.databases("postgres")

THING = """
from oxyde import Field, Model


class Thing(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str = Field({unique})

    class Meta:
        is_table = True
        table_name = "detailed_things"
"""


def test_the_value_that_is_there_twice(project: Path, host: str, server: Server) -> None:
    write_models(project, THING.format(unique=""))
    command = Command(host, project, server.url)
    command.ok("makemigrations")
    command.ok("migrate")
    server.execute("INSERT INTO detailed_things (name) VALUES ('a'), ('a')")
    write_models(project, THING.format(unique="db_unique=True"))
    command.ok("makemigrations")
    answer = command.run("migrate")
    assert answer.code == 1
    assert "could not create unique index" in answer.err
    assert "Key (name)=(a) is duplicated" in answer.err


def test_a_key_that_another_program_named(project: Path, host: str, server: Server) -> None:
    server.execute(
        "CREATE TABLE seats (hall integer NOT NULL, number integer NOT NULL, "
        "CONSTRAINT key_of_seats PRIMARY KEY (hall))"
    )
    command = Command(host, project, server.url)
    models = command.ok("inspectdb")
    write_models(project, models)
    command.ok("baseline")
    assert "number: int = Field(" in models
    write_models(
        project, models.replace("number: int = Field(", "number: int = Field(db_pk=True, ")
    )
    command.ok("makemigrations")
    command.ok("migrate")
    keys = (
        "SELECT count(*) FROM information_schema.key_column_usage k "
        "JOIN information_schema.table_constraints c USING (constraint_name) "
        "WHERE k.table_name = 'seats' AND c.constraint_type = 'PRIMARY KEY'"
    )
    assert server.execute(keys) == [(2,)]
    command.ok("check")
