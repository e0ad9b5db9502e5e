"""`check` compares defaults by their values, and conditions by their structure."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

HEAD = """
from datetime import datetime

from oxyde import Check, Field, Model


class Entry(Model):
    id: int = Field(db_pk=True)
"""

META = """
    class Meta:
        is_table = True
        table_name = "entries"
"""

DEFAULTS = [r"'a\\b'", r"'a\b'", "'NULL'", "'CURRENT_TIMESTAMP'", "'(x)'", "'it''s'", "''", "'5'"]


def made(server: Server, project: Path, text: str) -> Command:
    oxyde = Command("native", project, server.url)
    write_models(project, HEAD + text)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    return oxyde


def test_defaults_are_no_difference(server: Server, project: Path) -> None:
    fields = [
        f"    c{at}: str = Field(max_length=40, db_default={text!r})"
        for at, text in enumerate(DEFAULTS)
    ]
    fields.append("    at: datetime = Field(db_default=\"'2020-01-01 00:00:00'\")")
    oxyde = made(server, project, "\n".join(fields) + META)
    oxyde.ok("check")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")


@pytest.mark.databases("postgres", "mysql", "mariadb")
def test_another_default_is_a_difference(server: Server, project: Path) -> None:
    oxyde = made(server, project, "    c: str = Field(max_length=9, db_default=\"'NULL'\")" + META)
    server.execute("ALTER TABLE entries ALTER COLUMN c SET DEFAULT '(NULL)'")
    assert oxyde.run("check").code == 3


@pytest.mark.databases("postgres", "mysql", "mariadb")
def test_moved_parentheses_are_a_difference(server: Server, project: Path) -> None:
    fields = "    n: int = 0\n    u: int = 0\n"
    rule = 'constraints = [Check("n > 0 and (u > 0 or n > 5)", name="rule")]'
    oxyde = made(server, project, fields + META + f"        {rule}\n")
    oxyde.ok("check")
    word = "CHECK" if server.flavour == "mysql" else "CONSTRAINT"
    server.execute(f"ALTER TABLE entries DROP {word} rule")
    server.execute("ALTER TABLE entries ADD CONSTRAINT rule CHECK ((n > 0 and u > 0) or n > 5)")
    assert oxyde.run("check").code == 3
