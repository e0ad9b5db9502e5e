"""What programs read: exit codes, JSON answers and logs, SQL for a DBA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.oxyde_command import Answer, Command
from support.servers import Server


def write(project: Path, name: str, sql: str, after: str | None = None) -> None:
    folder = project / "migrations"
    folder.mkdir(exist_ok=True)
    depends = f'depends_on = ["{after}"]\n' if after else ""
    (folder / f"{name}.toml").write_text(
        f'{depends}[[operations]]\nop = "run_sql"\nup = "{sql}"\ndown = ""\n'
    )


def answered(answer: Answer) -> Any:
    return json.loads(answer.out)


@pytest.fixture
def two(project: Path, host: str, url: str) -> Command:
    """A project with two migrations."""
    write(project, "0001_one", "CREATE TABLE one_table (id INTEGER PRIMARY KEY)")
    write(project, "0002_two", "CREATE TABLE two_table (id INTEGER PRIMARY KEY)", "0001_one")
    return Command(host, project, url)


def test_pending_migrations_are_an_exit_code(two: Command) -> None:
    for command in ("migrate", "showmigrations"):
        assert two.run(command, "--check").code == 3
    two.ok("migrate", "0001")
    answer = two.run("migrate", "--check")
    assert (answer.code, answer.out) == (3, "apply 0002_two\n")
    two.ok("migrate")
    for command in ("migrate", "showmigrations"):
        assert two.run(command, "--check").code == 0


def test_a_check_creates_no_file(project: Path, host: str) -> None:
    write(project, "0001_one", "CREATE TABLE one_table (id INTEGER PRIMARY KEY)")
    command = Command(host, project, "sqlite:///nowhere.db")
    assert command.run("migrate", "--check").code == 3
    assert command.run("migrate", "--plan").code == 0
    assert command.run("sqlmigrate", "--pending").code == 0
    assert not (project / "nowhere.db").exists()


def test_the_sql_of_pending_migrations_can_be_run_by_hand(two: Command, server: Server) -> None:
    two.ok("migrate", "0001")
    answer = answered(two.run("sqlmigrate", "--pending", "--json"))
    assert [item["name"] for item in answer["migrations"]] == ["0002_two"]
    text = two.ok("sqlmigrate", "--pending")
    for statement in answer["migrations"][0]["statements"]:
        # The record has the time.
        assert f"{statement};" in text or statement.startswith("INSERT INTO")
        if statement not in ("BEGIN", "COMMIT"):
            server.execute(statement)
    assert two.run("migrate", "--check").code == 0
    assert "nothing to run" in two.ok("sqlmigrate", "--pending")


def test_every_command_answers_as_json(two: Command, project: Path) -> None:
    done = answered(two.run("migrate", "--json"))
    assert [item["name"] for item in done["migrations"]] == ["0001_one", "0002_two"]
    assert answered(two.run("migrate", "--plan", "--json")) == {"plan": []}
    shown = answered(two.run("showmigrations", "--json"))
    assert [item["state"] for item in shown["migrations"]] == ["applied", "applied"]
    assert answered(two.run("lint", "--json")) == {"findings": []}
    assert "lint" not in answered(two.run("lint", "--rules", "--json"))
    assert answered(two.run("sqlmigrate", "0001", "--json"))["migrations"][0]["statements"]
    assert answered(two.run("squash", "0001", "0002", "--json"))["replaces"] == [
        "0001_one",
        "0002_two",
    ]
    assert "tables" in answered(two.run("inspectdb", "--json"))


def test_errors_are_json_too(two: Command, project: Path) -> None:
    write(project, "0002_two", "CREATE NONSENSE", "0001_one")
    answer = two.run("migrate", "--json")
    assert (answer.code, answer.err) == (1, "")
    said = answered(answer)
    assert [item["name"] for item in said["migrations"]] == ["0001_one"]
    assert said["error"]["message"].startswith("migration `0002_two`, run SQL")
    assert said["error"]["hint"]
    answer = two.run("migrate", "0009", "--json")
    assert answer.code == 1
    assert "0009" in answered(answer)["error"]["message"]
    answer = two.run("migrate", "--nonsense", "--json")
    assert answer.code == 2
    assert "--nonsense" in answered(answer)["error"]["message"]


def test_a_log_of_json_lines(two: Command) -> None:
    answer = two.run("migrate", "--log", "json")
    assert (answer.code, answer.out) == (0, "")
    lines = [json.loads(line) for line in answer.err.splitlines()]
    assert [(line["level"], line["event"], line["migration"]) for line in lines] == [
        ("info", "applied", "0001_one"),
        ("info", "applied", "0002_two"),
    ]
    answer = two.run("migrate", "0009", "--log", "json")
    [line] = [json.loads(line) for line in answer.err.splitlines()]
    assert (line["level"], answer.out) == ("error", "")


@pytest.mark.databases("sqlite")
def test_output_that_cannot_be_written_is_an_error(two: Command) -> None:
    import subprocess

    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*two.program(), "showmigrations"],
            cwd=two.folder,
            env=two.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "cannot write to standard output" in done.stderr


def test_a_plan_says_what_waits(two: Command, project: Path, server: Server) -> None:
    two.ok("migrate")
    server.execute("INSERT INTO one_table VALUES (1), (2), (3)")
    (project / "app" / "models.py").write_text(
        "from oxyde import Field, Model\n\n\n"
        "class OneTable(Model):\n"
        "    id: int = Field(db_pk=True)\n"
        "    name: str | None = Field(default=None, db_index=True)\n\n"
        "    class Meta:\n"
        "        is_table = True\n"
        '        table_name = "one_table"\n'
    )
    folder = project / "migrations"
    for file in folder.glob("*.toml"):
        file.unlink()
    if server.flavour == "sqlite":
        server.execute("DELETE FROM oxyde_migrations")
    else:
        server.execute("TRUNCATE TABLE oxyde_migrations")
    two.ok("baseline")
    two.ok("makemigrations")
    items = answered(two.run("migrate", "--plan", "--json"))["plan"]
    impacts = [impact for item in items for impact in item.get("impacts", [])]
    assert {impact["table"] for impact in impacts} == {"one_table"}
    builds = [impact for impact in impacts if impact["while"] == "the index is built"]
    waits = {"postgres": "writes", "sqlite": "writes", "mysql": "nothing", "mariadb": "nothing"}
    assert [impact["waits"] for impact in builds] == [waits[server.flavour]]
    assert "one_table, about " in two.ok("migrate", "--plan")
