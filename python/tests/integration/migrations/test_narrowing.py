"""A type that is too small for a value stops the migration, and the value stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from oxyde import Field, Model


class Entry(Model):
    id: int | None = Field(default=None, db_pk=True)
    value: {type}

    class Meta:
        is_table = True
        table_name = "entries"
"""

SHORT = "str = Field(max_length=5)"


@pytest.mark.databases("postgres", "mysql", "mariadb")
@pytest.mark.parametrize(
    ("before", "value"),
    [("str = Field(max_length=20)", "abcdefghij"), ("str", "abcdefghij"), ("int", 1_234_567)],
)
def test_a_value_that_does_not_fit(
    server: Server, project: Path, host: str, before: str, value: object
) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, MODELS.format(type=before))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO entries (id, value) VALUES (1, %s)", [value])
    write_models(project, MODELS.format(type=SHORT))
    assert oxyde.run("makemigrations").code == 0
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert "1 value of `entries.value` does not fit the new type VARCHAR(5)" in answer.err
    assert server.execute("SELECT value FROM entries") == [(value,)]
    server.execute("UPDATE entries SET value = %s", [12345])
    oxyde.ok("migrate")
    assert server.execute("SELECT value FROM entries") == [("12345",)]
