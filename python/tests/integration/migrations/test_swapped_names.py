"""Two tables, or two columns, that change their names."""

from __future__ import annotations

from pathlib import Path

from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from __future__ import annotations

from oxyde import Field, Model


class Left(Model):
    id: int | None = Field(default=None, db_pk=True)
    {columns[0]}: str = Field(max_length=20, db_unique=True)
    {columns[1]}: int = Field(default=0, db_index=True)
    n: int = Field(default=0, db_index=True)

    class Meta:
        is_table = True
        table_name = "{tables[0]}"


class Right(Model):
    id: int | None = Field(default=None, db_pk=True)
    n: int = Field(default=0, db_index=True)
    left: Left | None = None

    class Meta:
        is_table = True
        table_name = "{tables[1]}"
"""


def test_names_change_places(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)

    def change(columns: str, tables: tuple[str, str], *renames: str) -> None:
        write_models(project, MODELS.format(columns=columns, tables=tables))
        flags = [word for rename in renames for word in ("--rename", rename)]
        said = oxyde.ok("makemigrations", *flags)
        assert "drop table" not in said
        assert "drop column" not in said
        oxyde.ok("migrate")
        assert oxyde.ok("check") == "Models, migrations and database agree.\n"

    change("xy", ("first", "second"))
    server.execute("INSERT INTO first (id, x, y, n) VALUES (1, 'a', 5, 6)")
    server.execute("INSERT INTO second (id, n, left_id) VALUES (2, 7, 1)")
    change("xy", ("second", "first"), "first:second", "second:first")
    assert server.execute("SELECT id, x, y, n FROM second") == [(1, "a", 5, 6)]
    assert server.execute("SELECT id, n, left_id FROM first") == [(2, 7, 1)]
    change("yx", ("second", "first"), "second.x:second.y", "second.y:second.x")
    assert server.execute("SELECT id, y, x, n FROM second") == [(1, "a", 5, 6)]
    oxyde.ok("migrate", "0001")
    assert server.execute("SELECT id, x, y, n FROM first") == [(1, "a", 5, 6)]
    assert server.execute("SELECT id, n, left_id FROM second") == [(2, 7, 1)]
