"""Where the command finds its files, and what it does without them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from __future__ import annotations

from oxyde import Field, Model


class Note(Model):
    id: int | None = Field(default=None, db_pk=True)
    {field}: int

    class Meta:
        is_table = True
        table_name = "notes"
"""

COMMANDS = [["migrate"], ["migrate", "--plan"], ["showmigrations"], ["check"], ["lint"]]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("arguments", COMMANDS)
def test_without_migrations_nothing_is_up_to_date(
    project: Path, host: str, arguments: list[str], exists: bool
) -> None:
    oxyde = Command(host, project, f"sqlite:///{project}/new.db")
    if exists:
        (project / "migrations").mkdir()
    answer = oxyde.run(*arguments)
    assert (answer.code, answer.out) == (1, "")
    problem = "has no migrations" if exists else "does not exist"
    assert f"migrations {problem}" in answer.err
    assert not (project / "new.db").exists()


@pytest.mark.databases("sqlite")
def test_commands_that_read_create_no_database(project: Path, host: str) -> None:
    oxyde = Command(host, project, f"sqlite:///{project}/new.db")
    write_models(project, MODELS.format(field="a"))
    oxyde.ok("makemigrations")
    assert "0001_initial" in oxyde.ok("migrate", "--plan")
    assert "[ ] 0001_initial" in oxyde.ok("showmigrations")
    assert oxyde.run("check").code == 3
    assert not (project / "new.db").exists()


@pytest.mark.databases("sqlite")
def test_a_relative_file_lies_beside_the_configuration(project: Path, host: str) -> None:
    folder = project.rename(project.with_name("a 100% odd#name"))
    configuration = folder / "oxyde.toml"
    text = configuration.read_text().replace("${DATABASE_URL}", "sqlite:///data/shop.db")
    configuration.write_text(text)
    (folder / "data").mkdir()
    write_models(folder, MODELS.format(field="a"))
    Command(host, folder, None).ok("makemigrations")
    Command(host, folder, None).ok("migrate")
    assert (folder / "data" / "shop.db").exists()
    assert "[x] 0001_initial" in Command(host, folder / "app", None).ok("showmigrations")


def test_a_dry_run_refuses_as_the_run_does(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, MODELS.format(field="old"))
    oxyde.ok("makemigrations")
    write_models(project, MODELS.format(field="new"))
    answers = [oxyde.run("makemigrations"), oxyde.run("makemigrations", "--dry-run")]
    assert answers[0] == answers[1]
    assert answers[0].code == 1
    assert "it is unclear whether it was renamed" in answers[0].err
