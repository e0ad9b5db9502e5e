"""Where the command finds its databases: secrets in files, `.env`, entries with own settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command
from support.servers import Server

pytestmark = pytest.mark.databases("sqlite")

ONE = (
    '[[operations]]\nop = "run_sql"\nup = "CREATE TABLE one (id INTEGER PRIMARY KEY)"\ndown = ""\n'
)


@pytest.fixture
def command(project: Path, host: str) -> Command:
    (project / "migrations").mkdir()
    (project / "migrations" / "0001_one.toml").write_text(ONE)
    return Command(host, project, None)


def test_a_variable_of_the_file_env(command: Command, project: Path) -> None:
    (project / ".env").write_text("# the shop\nDATABASE_URL='sqlite:///of env.db'\n")
    command.ok("migrate")
    assert (project / "of env.db").exists()


def test_a_secret_in_a_file(
    command: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = project / "secret"
    secret.write_text("sqlite:///of_secret.db\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    command.ok("migrate")
    assert (project / "of_secret.db").exists()
    monkeypatch.setenv("DATABASE_URL_FILE", "/no/such/secret")
    answer = command.run("migrate")
    assert answer.code == 1
    assert "cannot read /no/such/secret" in answer.err


def test_databases_with_migrations_of_their_own(command: Command, project: Path) -> None:
    (project / "oxyde.toml").write_text(
        "[databases]\n"
        'default = "sqlite:///shop.db"\n'
        'reports = { url = "sqlite:///reports.db", migrations = "reports", ledger = "done" }\n'
    )
    (project / "reports").mkdir()
    (project / "reports" / "0001_rows.toml").write_text(ONE)
    assert "2 migrated, 0 up to date, 0 failed" in command.ok("migrate", "--all")
    assert "0 migrated, 2 up to date, 0 failed" in command.ok("migrate", "--all")
    assert (project / "reports.db").exists()
    shown = command.ok("showmigrations", "--database", "default", "--database", "reports")
    assert shown.splitlines()[0] == "default:"
    assert "[x] 0001_rows" in shown
    answer = command.run("check", "--database", "default", "--database", "reports")
    assert "this command works on one database" in answer.err


def test_the_ledger_has_a_name(command: Command, project: Path, server: Server) -> None:
    (project / "oxyde.toml").write_text(
        f'ledger = "applied_here"\n[databases]\ndefault = "{server.url}"\n'
    )
    command.ok("migrate")
    assert server.execute("SELECT name FROM applied_here") == [("0001_one",)]
    assert "applied_here" not in command.ok("inspectdb")


@pytest.mark.parametrize("policy", ["apply", "warn", "refuse"])
def test_migrations_of_a_branch_that_was_merged_late(
    command: Command, project: Path, policy: str
) -> None:
    (project / "oxyde.toml").write_text(
        f'out_of_order = "{policy}"\n[databases]\ndefault = "sqlite:///shop.db"\n'
    )
    folder = project / "migrations"
    later = 'depends_on = ["0001_one"]\n' + ONE.replace("one", "three")
    (folder / "0003_three.toml").write_text(later)
    command.ok("migrate")
    (folder / "0002_two.toml").write_text('depends_on = ["0001_one"]\n' + ONE.replace("one", "two"))
    (folder / "0004_merge.toml").write_text('depends_on = ["0002_two", "0003_three"]\n')
    answer = command.run("migrate")
    late = "0003_three"
    if policy == "refuse":
        assert answer.code == 1
        assert f"`0002_two` is not applied, but `{late}`" in answer.err
    else:
        assert answer.code == 0
        assert ("warning" in answer.err) == (policy == "warn")
        assert "applied  0002_two" in answer.out
