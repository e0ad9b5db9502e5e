"""makemigrations: renames, fills, drops, and models that do not import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

pytestmark = pytest.mark.databases("sqlite")

USER = """
from oxyde import Field, Model


class User(Model):
    id: int | None = Field(default=None, db_pk=True)
    {field}

    class Meta:
        is_table = True
        table_name = "users"
"""


@pytest.fixture
def oxyde(server: Server, project: Path, host: str) -> Command:
    command = Command(host, project, server.url)
    write_models(project, USER.format(field="name: str"))
    command.ok("makemigrations")
    command.ok("migrate")
    server.execute("INSERT INTO users (name) VALUES ('Ann')")
    return command


def test_a_rename_is_asked_about_or_told(oxyde: Command, server: Server) -> None:
    write_models(oxyde.folder, USER.format(field="full_name: str"))
    answer = oxyde.run("makemigrations")
    assert answer.code == 1
    assert answer.err == (
        "error: column users.name was removed and users.full_name was added: it is unclear whether"
        " it was renamed\n"
        "hint: pass `--rename users.name:users.full_name` if it was, or `--yes` to drop one and"
        " add the other\n"
    )
    said = oxyde.ok("makemigrations", "--rename", "users.name:users.full_name")
    assert "rename column users.name to full_name" in said
    oxyde.ok("migrate")
    assert server.execute("SELECT full_name FROM users") == [("Ann",)]


def test_a_column_without_a_value_for_old_rows(oxyde: Command, server: Server) -> None:
    write_models(oxyde.folder, USER.format(field="name: str\n    age: int"))
    answer = oxyde.run("makemigrations")
    assert answer.code == 1
    assert "is new, NOT NULL and has no default" in answer.err
    oxyde.ok("makemigrations", "--fill", "users.age=18")
    oxyde.ok("migrate")
    assert server.execute("SELECT age FROM users") == [(18,)]


def test_a_drop_is_warned_about(oxyde: Command) -> None:
    write_models(oxyde.folder, USER.format(field="pass"))
    answer = oxyde.run("makemigrations")
    assert answer.code == 0
    assert answer.err == "warning: column `name` of table `users` and its data will be dropped\n"


def test_a_table_is_not_dropped_because_its_module_is_not_listed(
    oxyde: Command, server: Server
) -> None:
    (oxyde.folder / "app" / "other.py").write_text("")
    configuration = oxyde.folder / "oxyde.toml"
    configuration.write_text(configuration.read_text().replace("app.models", "app.other"))
    answer = oxyde.run("makemigrations")
    assert answer.code == 1
    assert answer.err == (
        "error: table `users` has no model, and its module `app.models` was not loaded\n"
        "hint: add `app.models` to `models` in the configuration; if the module was deleted,"
        " pass `--drop users`\n"
    )
    assert "drop table users" in oxyde.run("makemigrations", "--drop", "users").out


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_like_this", "cannot import 'app.models': ModuleNotFoundError: "),
        ("x = 1 +", "cannot import 'app.models': SyntaxError: "),
        ("def f():\n    raise KeyError('x')\nf()\n", "models.py:2: KeyError: 'x'"),
    ],
)
def test_models_that_do_not_import(oxyde: Command, source: str, message: str) -> None:
    files = sorted((oxyde.folder / "migrations").iterdir())
    write_models(oxyde.folder, source)
    answer = oxyde.run("makemigrations")
    assert answer.code == 1
    assert answer.err.startswith("error: cannot import 'app.models': ")
    assert message in answer.err
    assert answer.err.count("\n") == 2
    assert "\nhint: " in answer.err
    assert sorted((oxyde.folder / "migrations").iterdir()) == files


def test_branches_are_joined_when_their_order_does_not_matter(oxyde: Command) -> None:
    migrations = oxyde.folder / "migrations"
    column = (
        'depends_on = ["0001_initial"]\n\n[[operations]]\nop = "add_column"\ntable = "users"\n'
        'column = {{ name = "{0}", type = "text", nullable = true }}\n'
    )
    (migrations / "0002_a.toml").write_text(column.format("a"))
    (migrations / "0002_b.toml").write_text(column.format("b"))
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert answer.err == (
        "error: the history has 2 heads: 0002_a, 0002_b\n"
        "hint: run `oxyde makemigrations --merge` to join them, or correct `depends_on`\n"
    )
    assert oxyde.ok("makemigrations", "--merge").startswith("wrote migrations/0003_merge.toml")
    assert oxyde.ok("migrate").count("applied ") == 3
    (migrations / "0003_merge.toml").unlink()
    (migrations / "0002_b.toml").write_text(column.format("a"))
    answer = oxyde.run("makemigrations", "--merge")
    assert answer.code == 1
    assert "table `users` already has a column `a`" in answer.err


def test_the_answer_as_json(oxyde: Command) -> None:
    write_models(oxyde.folder, USER.format(field="name: str\n    bio: str | None = None"))
    answer = oxyde.run("makemigrations", "--check", "--json")
    assert answer.code == 3
    assert json.loads(answer.out) == {
        "migration": "0002_add_users_bio",
        "path": None,
        "operations": ["add column users.bio"],
    }
