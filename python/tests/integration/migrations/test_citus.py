"""Tables that Citus divides over nodes: `Meta.shard_by`, `Meta.reference`, and their operations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.citus import CITUS, CitusDatabase, stand_in
from support.oxyde_command import Command, write_models
from support.servers import Server

pytestmark = pytest.mark.databases("postgres")

MODELS = """
from __future__ import annotations

from oxyde import Field, ForeignKey, Index, Model


class Country(Model):
    code: str = Field(db_pk=True, max_length=2)

    class Meta:
        is_table = True
        reference = True
        table_name = "citus_country"


class Tenant(Model):
    id: int = Field(db_pk=True)

    class Meta:
        is_table = True
        shard_by = "id"
        table_name = "citus_tenant"


class Order(Model):
    tenant: Tenant = Field(db_pk=True, db_on_delete="CASCADE")
    id: int | None = Field(default=None, db_pk=True)
    country: Country | None = Field(default=None)

    class Meta:
        is_table = True
        shard_by = "tenant"
        table_name = "citus_order"


class Line(Model):
    tenant_id: int = Field(db_pk=True)
    id: int | None = Field(default=None, db_pk=True)
    order_id: int

    class Meta:
        is_table = True
        shard_by = "tenant_id"
        table_name = "citus_line"
        constraints = [
            ForeignKey(["tenant_id", "order_id"], "Order", ["tenant_id", "id"], on_delete="CASCADE")
        ]
        indexes = [Index("tenant_id", "order_id")]
"""


@pytest.fixture(params=["stand-in", *(["citus"] if CITUS else [])])
def citus(request: pytest.FixtureRequest, server: Server) -> Iterator[Server]:
    """A database of Citus, or one that looks like it."""
    if request.param == "stand-in":
        yield from stand_in(server)
    else:
        assert CITUS is not None
        real = CitusDatabase(CITUS)
        yield real
        real.empty()


@pytest.fixture
def oxyde(citus: Server, project: Path) -> Command:
    """The command in a project with these models."""
    write_models(project, MODELS)
    return Command("native", project, citus.url)


def distributed(server: Server) -> dict[str, str | None]:
    """How the tables are divided: by a column, or None for all rows on each node."""
    rows = server.execute(
        "SELECT logicalrelid::text, CASE WHEN partkey IS NOT NULL "
        "THEN column_to_column_name(logicalrelid, partkey) END FROM pg_dist_partition"
    )
    return {name: column for name, column in rows if name.startswith("citus_")}


ALL = {
    "citus_country": None,
    "citus_tenant": "id",
    "citus_order": "tenant_id",
    "citus_line": "tenant_id",
}


def test_tables_are_distributed_as_declared(oxyde: Command, citus: Server) -> None:
    said = oxyde.ok("makemigrations")
    for words in (
        "make table citus_country a reference table",
        "distribute table citus_tenant by id",
        "distribute table citus_order by tenant_id",
    ):
        assert words in said
    (file,) = (oxyde.folder / "migrations").glob("0001*.toml")
    text = file.read_text()
    assert 'op = "distribute_table"\nname = "citus_order"\ncolumn = "tenant_id"' in text
    assert 'op = "reference_table"\nname = "citus_country"' in text
    # A table is distributed before it gets foreign keys to others.
    keys = [text.index(f'name = "{name}_') for name in ("fk_citus_order",) if name in text]
    assert all(at > text.rindex("distribute_table") for at in keys)
    sql = oxyde.ok("sqlmigrate", "0001")
    assert """SELECT create_distributed_table('"citus_order"', 'tenant_id')""" in sql
    assert """SELECT create_reference_table('"citus_country"')""" in sql
    assert "undistribute_table" in oxyde.ok("sqlmigrate", "0001", "--down")
    oxyde.ok("migrate")
    assert distributed(citus) == ALL
    assert "agree" in oxyde.ok("check")
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")
    assert oxyde.ok("lint")
    oxyde.ok("migrate", "zero")
    assert distributed(citus) == {}


def test_a_change_is_found(oxyde: Command, citus: Server) -> None:
    write_models(oxyde.folder, MODELS.replace("        reference = True\n", ""))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    write_models(oxyde.folder, MODELS)
    answer = oxyde.run("check")
    assert answer.code == 3
    assert "make table citus_country a reference table" in answer.out
    oxyde.ok("makemigrations")
    lint = oxyde.run("lint")
    assert "distribution-locks-table" in lint.out
    oxyde.ok("migrate")
    assert distributed(citus) == ALL
    write_models(oxyde.folder, MODELS.replace("        reference = True\n", ""))
    assert "undistribute table citus_country" in oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert "citus_country" not in distributed(citus)
    assert "agree" in oxyde.ok("check")
    citus.execute("SELECT create_reference_table('citus_country')")
    answer = oxyde.run("check")
    assert "undistribute table citus_country" in answer.out


def test_keys_across_nodes_are_found(oxyde: Command) -> None:
    wrong = MODELS.replace('shard_by = "tenant_id"', 'shard_by = "order_id"')
    wrong = wrong.replace("        reference = True\n", "")
    write_models(oxyde.folder, wrong)
    oxyde.ok("makemigrations")
    answer = oxyde.run("lint")
    assert answer.code == 3
    assert "key-without-shard-column" in answer.out
    assert "`citus_line` does not contain `order_id`" in answer.out
    assert "foreign-key-across-nodes" in answer.out
    assert "`citus_country` is on one node" in answer.out


def test_a_column_of_another_name(oxyde: Command, citus: Server) -> None:
    oxyde.ok("makemigrations")
    folder = oxyde.folder / "migrations"
    (first,) = folder.glob("0001*.toml")
    (folder / "0002_drop.toml").write_text(
        f'depends_on = ["{first.stem}"]\n[[operations]]\nop = "drop_column"\n'
        'table = "citus_line"\nname = "tenant_id"\n'
    )
    answer = oxyde.run("sqlmigrate", "0002")
    assert answer.code == 1
    assert "the distribution of the rows" in answer.err


def test_a_server_without_citus(server: Server, project: Path) -> None:
    write_models(project, MODELS)
    oxyde = Command("native", project, server.url)
    oxyde.ok("makemigrations")
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert "does not have the extension `citus`" in answer.err
    assert "nothing was run" in answer.err
    assert server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    for dialect in ("mysql", "mariadb", "sqlite"):
        answer = oxyde.run("sqlmigrate", "0001", "--dialect", dialect)
        assert answer.code == 1
        assert "which need PostgreSQL with Citus" in answer.err
