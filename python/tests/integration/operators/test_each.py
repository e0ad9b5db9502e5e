"""`oxyde migrate --each`: all tenants whose names match, by schema or by database."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.oxyde_command import Command
from support.servers import Server

from oxyde.migrations import MigrationError, create_tenant, migrate

PREFIX = f"oxyde_each_{os.getpid()}_"
NAMES = ["a1", "a2", "b1"]


def write_migrations(project: Path) -> None:
    folder = project / "migrations"
    folder.mkdir()
    (folder / "0001_notes.toml").write_text(
        '[[operations]]\nop = "create_table"\nname = "notes"\nprimary_key = ["id"]\n'
        'columns = [{ name = "id", type = "big_int", nullable = false, auto_increment = true }]\n'
    )


def template_of(server: Server, project: Path) -> str:
    if server.flavour == "sqlite":
        (project / "tenants").mkdir()
        return f"sqlite:///{project}/tenants/{PREFIX}{{tenant}}.db"
    return urlunsplit(urlsplit(server.url)._replace(path=f"/{PREFIX}{{tenant}}"))


@pytest.fixture
def by_database(project: Path, host: str, server: Server) -> Iterator[Command]:
    """Three tenants with a database each."""
    write_migrations(project)
    command = Command(host, project, template_of(server, project))
    for name in NAMES:
        command.ok("create-database", "--schema", name)
    yield command
    for name in NAMES:
        command.ok("drop-database", "--schema", name, "--yes")


@pytest.fixture
def by_schema(project: Path, host: str, server: Server) -> Iterator[Command]:
    """Three tenants with a schema each."""
    write_migrations(project)
    command = Command(host, project, server.url)
    for name in NAMES:
        command.ok("create-database", "--schema", f"{PREFIX}{name}")
    yield command
    for name in NAMES:
        command.ok("drop-database", "--schema", f"{PREFIX}{name}", "--yes")


def check(command: Command, prefix: str) -> None:
    """Migrate tenants: some, the others, one that fails."""
    out = command.ok("migrate", "--each", f"{prefix}a*", "--jobs", "2")
    assert "2 databases: 2 migrated, 0 up to date, 0 failed" in out
    assert f"{prefix}a2: applied  0001_notes" in out
    state = command.run("showmigrations", "--each", f"{prefix}??", "--check", "--json")
    assert state.code == 3
    shown = json.loads(state.out)["databases"]
    states = {item["schema"]: item["migrations"][0]["state"] for item in shown}
    assert states == {
        f"{prefix}a1": "applied", f"{prefix}a2": "applied", f"{prefix}b1": "pending"
    }  # fmt: skip
    one = json.loads(command.ok("migrate", "--each", f"{prefix}b*", "--json"))
    assert [len(item["migrations"]) for item in one["databases"]] == [1]
    out = command.ok("migrate", "--each", f"{prefix}*")
    assert "3 databases: 0 migrated, 3 up to date, 0 failed" in out
    assert command.run("migrate", "--each", f"{prefix}*", "--check").code == 0


def test_databases(by_database: Command) -> None:
    check(by_database, "")


@pytest.mark.databases("postgres", "mysql", "mariadb")
def test_schemas(by_schema: Command) -> None:
    check(by_schema, PREFIX)


@pytest.mark.databases("postgres", "mysql", "mariadb")
def test_a_failure_does_not_stop_the_others(by_schema: Command, server: Server) -> None:
    server.execute(f"CREATE TABLE {PREFIX}a2.notes (other INTEGER)")
    answer = by_schema.run("migrate", "--each", f"{PREFIX}*")
    assert answer.code == 1
    assert "3 databases: 2 migrated, 0 up to date, 1 failed" in answer.out
    assert f"error: {PREFIX}a2: migration `0001_notes`, create table notes: " in answer.err
    said = json.loads(by_schema.run("migrate", "--each", f"{PREFIX}*", "--json").out)
    assert said["failed"] == 1
    assert [bool(item.get("error")) for item in said["databases"]] == [False, True, False]


@pytest.mark.databases("postgres", "mysql", "mariadb")
def test_a_ledger_of_all_tenants_is_refused(by_schema: Command) -> None:
    (by_schema.folder / "oxyde.toml").write_text(
        'migrations = "migrations"\nledger = "public.done"\n'
        '[databases]\ndefault = "${DATABASE_URL}"\n'
    )
    answer = by_schema.run("migrate", "--schema", f"{PREFIX}a1")
    assert (answer.code, answer.out) == (1, "")
    assert "setting `ledger`: `public.done` would be the ledger of all tenants" in answer.err


def test_none_matches(by_database: Command) -> None:
    answer = by_database.run("migrate", "--each", "nobody_*")
    assert answer.code == 0
    assert answer.err == 'warning: no tenant matches --each "nobody_*"\n'
    assert "0 databases" in answer.out


def test_what_is_refused(by_database: Command) -> None:
    for arguments, message in (
        (["migrate"], "has `{tenant}`, and no tenant is chosen"),
        (["check"], "has `{tenant}`, and no tenant is chosen"),
        (["migrate", "--each", "[a"], "is not a pattern"),
        (["migrate", "--schema", "a/b"], "`a/b` is not the name of a tenant"),
        (["create-database", "--schema", "../a"], "`../a` is not the name of a tenant"),
        (["create-database"], "has `{tenant}`, and no tenant is chosen"),
    ):
        answer = by_database.run(*arguments)
        assert (answer.code, answer.out) == (1, "")
        assert message in answer.err
        assert "\nhint: " in answer.err


@pytest.mark.databases("sqlite")
def test_files_need_a_place_for_the_name(project: Path, host: str, server: Server) -> None:
    write_migrations(project)
    answer = Command(host, project, server.url).run("migrate", "--each", "*")
    assert answer.code == 1
    assert "SQLite has no schemas" in answer.err
    assert "{tenant}.db" in answer.err


async def test_a_new_tenant_from_python(server: Server, project: Path) -> None:
    write_migrations(project)
    folder = project / "migrations"
    url = template_of(server, project)
    try:
        for expected in (["0001_notes"], []):
            made = await create_tenant("new", url=url, migrations=folder)
            assert made == expected
        assert await migrate(url, migrations=folder, schema="new") == []
        with pytest.raises(MigrationError, match="not the name of a tenant"):
            await create_tenant("--yes", url=url, migrations=folder)
    finally:
        command = Command("python", project, url)
        await asyncio.to_thread(command.ok, "drop-database", "--schema", "new", "--yes")
