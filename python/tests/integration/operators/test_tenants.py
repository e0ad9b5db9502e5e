"""Schemas of tenants: each has its tables and its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.oxyde_command import Command
from support.servers import Server

pytestmark = pytest.mark.databases("postgres", "mysql", "mariadb")

TENANTS = ["oxyde_tenant_a", "oxyde_tenant_b", "oxyde_tenant_c"]


@pytest.fixture
def tenants(project: Path, host: str, server: Server) -> Iterator[Command]:
    folder = project / "migrations"
    folder.mkdir()
    (folder / "0001_notes.toml").write_text(
        '[[operations]]\nop = "create_table"\nname = "notes"\nprimary_key = ["id"]\n'
        'columns = [{ name = "id", type = "big_int", nullable = false, auto_increment = true }]\n'
    )
    command = Command(host, project, server.url)
    for name in TENANTS:
        command.ok("create-database", "--schema", name)
    yield command
    for name in TENANTS:
        command.ok("drop-database", "--schema", name, "--yes")


def tables(server: Server) -> list[str]:
    rows = server.execute(
        "SELECT table_schema FROM information_schema.tables "
        "WHERE table_name = 'notes' AND table_schema LIKE 'oxyde_tenant%' ORDER BY 1"
    )
    return [row[0] for row in rows]


def test_each_tenant_is_migrated(tenants: Command, server: Server) -> None:
    server.execute("CREATE TABLE customers (place VARCHAR(60))")
    server.execute("INSERT INTO customers VALUES ('oxyde_tenant_a'), ('oxyde_tenant_b')")
    out = tenants.ok("migrate", "--schemas-from", "SELECT place FROM customers", "--jobs", "2")
    assert "2 databases: 2 migrated, 0 up to date, 0 failed" in out
    assert tables(server) == TENANTS[:2]
    shown = tenants.ok("showmigrations", *(f"--schema={name}" for name in TENANTS))
    assert shown.count("[x]") == 2
    assert shown.count("[ ]") == 1


def test_a_failure_does_not_stop_the_others(tenants: Command, server: Server) -> None:
    server.execute("CREATE TABLE oxyde_tenant_b.notes (other INTEGER)")
    answer = tenants.run("migrate", *(f"--schema={name}" for name in TENANTS), "--json")
    assert answer.code == 1
    said = json.loads(answer.out)
    assert said["failed"] == 1
    failed = {item["schema"]: "error" in item for item in said["databases"]}
    assert failed == {"oxyde_tenant_a": False, "oxyde_tenant_b": True, "oxyde_tenant_c": False}


def test_a_tenant_that_does_not_exist(tenants: Command) -> None:
    answer = tenants.run("migrate", "--schema", "oxyde_tenant_z")
    assert answer.code == 1
    assert "`oxyde_tenant_z`" in answer.err
    assert "create-database --schema oxyde_tenant_z" in answer.err
