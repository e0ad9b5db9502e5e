"""Databases that something else made: tables without a model are left alone."""

from __future__ import annotations

import json
from pathlib import Path

from support.oxyde_command import Command, write_models
from support.servers import Server

NOTE = """
from __future__ import annotations

from oxyde import Field, Model


class Note(Model):
    id: int | None = Field(default=None, db_pk=True)
    body: str{more}

    class Meta:
        is_table = True
        table_name = "notes"
"""

OWNER = """

class Owner(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)

    class Meta:
        is_table = True
        table_name = "legacy_owners"
"""


def adopted(server: Server, project: Path, host: str, *arguments: str) -> Command:
    """A database with `notes` and two tables of others, after `baseline`."""
    oxyde = Command(host, project, server.url)
    write_models(project, NOTE.format(more="") + OWNER)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("INSERT INTO legacy_owners (id, name) VALUES (1, 'kept')")
    server.execute("CREATE TABLE others (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
    server.execute("INSERT INTO others (id, n) VALUES (1, 7)")
    server.execute("DROP TABLE oxyde_migrations")
    for file in (project / "migrations").glob("*.toml"):
        file.unlink()
    write_models(project, NOTE.format(more=""))
    oxyde.ok("baseline", *arguments)
    return oxyde


def test_a_table_without_a_model_stays(server: Server, project: Path, host: str) -> None:
    oxyde = adopted(server, project, host)
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    answer = oxyde.ok("check")
    assert "Tables without a model:\n  legacy_owners\n  others\n" in answer
    write_models(project, NOTE.format(more="\n    more: int = 0"))
    said = oxyde.ok("makemigrations", "--fill", "notes.more=0")
    assert "add column notes.more" in said
    assert "drop" not in said
    oxyde.ok("migrate")
    assert server.execute("SELECT n FROM others") == [(7,)]
    # What others do with their tables is no difference.
    server.execute("ALTER TABLE others ADD COLUMN extra INTEGER")
    oxyde.ok("check")
    refused = oxyde.run("migrate", "zero")
    assert refused.code == 1
    assert "has no model" in refused.err
    assert server.execute("SELECT n FROM others") == [(7,)]


def test_a_model_claims_a_table(server: Server, project: Path, host: str) -> None:
    oxyde = adopted(server, project, host)
    write_models(project, NOTE.format(more="") + OWNER)
    assert "claim table legacy_owners" in oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    oxyde.ok("squash", "0001", "0002")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    # Now it is the model's: without it, the table goes.
    write_models(project, NOTE.format(more=""))
    said = oxyde.run("makemigrations", "--json", "--dry-run").out
    assert json.loads(said)["operations"] == ["drop table legacy_owners"]


def test_tables_that_are_excluded(server: Server, project: Path, host: str) -> None:
    configuration = project / "oxyde.toml"
    configuration.write_text('exclude = ["legacy_*"]\n' + configuration.read_text())
    oxyde = adopted(server, project, host)
    assert "legacy_owners" not in (project / "migrations" / "0001_baseline.toml").read_text()
    assert json.loads(oxyde.ok("check", "--json"))["unknown_tables"] == ["others"]
    assert "legacy_owners" not in oxyde.ok("inspectdb")


def test_a_baseline_of_some_tables(server: Server, project: Path, host: str) -> None:
    oxyde = adopted(server, project, host, "notes")
    assert [
        line
        for line in (project / "migrations" / "0001_baseline.toml").read_text().splitlines()
        if line.startswith("name = ") and ("others" in line or "legacy" in line)
    ] == []
    oxyde.ok("check")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    assert server.execute("SELECT n FROM others") == [(7,)]


def test_a_key_to_a_table_that_is_left_out(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    linked = NOTE.format(more="\n    owner: Owner | None = None").replace(
        "class Note", "class Note"
    )
    write_models(project, linked + OWNER)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("DROP TABLE oxyde_migrations")
    (project / "migrations" / "0001_initial.toml").unlink()
    write_models(
        project, NOTE.format(more="\n    owner_id: int | None = Field(default=None, db_index=True)")
    )
    answer = oxyde.run("baseline", "notes")
    assert answer.code == 0, answer
    assert "is left out: it refers to `legacy_owners`" in answer.err
    assert "differ" not in oxyde.run("check").out


def test_a_squash_beside_the_old_files(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    fields = ["", "\n    a: int | None = None"]
    for name in ("b", "c"):
        fields.append(f"{fields[-1]}\n    {name}: int | None = None")
    for more in fields[:3]:
        write_models(project, NOTE.format(more=more))
        oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    oxyde.ok("squash", "0001", "0003")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    write_models(project, NOTE.format(more=fields[3]))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
