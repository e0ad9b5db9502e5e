"""Migrations of models with soft delete."""

from __future__ import annotations

from pathlib import Path

from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from __future__ import annotations

from oxyde import Field, Model{imported}


class Cellar({base}):
    class Meta:
        is_table = True
        table_name = "cellars"
        unique_together = [("town", "street")]

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    town: str = Field(max_length=20)
    street: str = Field(max_length=20)
"""


def test_a_model_gets_soft_delete(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    for imported, base in (("", "Model"), (", SoftDelete", "SoftDelete")):
        write_models(project, MODELS.format(imported=imported, base=base))
        oxyde.ok("makemigrations")
        oxyde.ok("migrate")
        assert oxyde.ok("makemigrations", "--check").startswith("No changes")
        oxyde.ok("check")
    server.execute("INSERT INTO cellars (code, town, street) VALUES ('a', 't', 's')")
    server.execute("UPDATE cellars SET deleted_at = '2024-01-01 00:00:00'")
    server.execute("INSERT INTO cellars (code, town, street) VALUES ('a', 't', 's')")
    assert server.execute("SELECT COUNT(*) FROM cellars")[0][0] == 2
