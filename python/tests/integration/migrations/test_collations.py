"""Columns with `db_collation`: made, compared, changed, read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

LINES = """
from __future__ import annotations

from oxyde import Field, Model


class City(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str = Field({name})
    text: str = Field({text})
    {more}

    class Meta:
        is_table = True
        table_name = "collated_cities"
"""
# By flavour: two collations, of which the first orders a before B.
NAMES = {
    "postgres": ("en-x-icu", "C"),
    "sqlite": ("NOCASE", "BINARY"),
    "mysql": ("utf8mb4_unicode_ci", "utf8mb4_bin"),
    "mariadb": ("utf8mb4_unicode_ci", "utf8mb4_bin"),
}
ORDERED = "SELECT name FROM collated_cities ORDER BY name"


class Cities:
    """A project with one model, whose migrations are written and applied."""

    def __init__(self, oxyde: Command, server: Server, folder: Path) -> None:
        self.oxyde, self.server, self.folder = oxyde, server, folder

    def has(self, name: str | None, text: str | None, more: str = "pass") -> str:
        """Give the columns these collations, and migrate; what `makemigrations` said."""

        def options(length: str, collation: str | None) -> str:
            given = [] if collation is None else [f"db_collation={collation!r}"]
            return ", ".join([*([length] if length else []), *given])

        source = LINES.format(
            name=options("max_length=20", name), text=options("", text), more=more
        )
        write_models(self.folder, source.replace("Field()", "Field(default='')"))
        said = self.oxyde.ok("makemigrations")
        self.oxyde.ok("migrate")
        assert self.oxyde.ok("makemigrations", "--check").startswith("No changes")
        assert "agree" in self.oxyde.ok("check")
        return said

    def names(self) -> list[str]:
        return [row[0] for row in self.server.execute(ORDERED)]


@pytest.fixture
def cities(server: Server, project: Path, host: str) -> Cities:
    return Cities(Command(host, project, server.url), server, project)


def test_they_are_made_and_changed(cities: Cities) -> None:
    folded, exact = NAMES[cities.server.flavour]
    cities.has(folded, exact)
    cities.server.execute(
        "INSERT INTO collated_cities (id, name, text) VALUES (1, 'B', ''), (2, 'a', '')"
    )
    assert cities.names() == ["a", "B"]
    if cities.server.flavour != "postgres":
        assert f"COLLATE {folded}" in cities.oxyde.ok("inspectdb")
    assert "collated_cities.name" in cities.has(exact, folded)
    assert cities.names() == ["B", "a"]
    cities.has(None, None)
    more = f"more: str = Field(db_default=\"''\", max_length=9, db_collation={folded!r})"
    cities.has(folded, None, more)
    assert cities.names() == ["a", "B"]
    cities.oxyde.ok("migrate", "0001")
    assert cities.names() == ["a", "B"]
    cities.oxyde.ok("migrate")


def test_a_collation_that_the_server_does_not_know(cities: Cities) -> None:
    source = LINES.format(name='db_collation="no-such"', text="db_default=''", more="pass")
    write_models(cities.folder, source.replace("db_default=''", "default=''"))
    cities.oxyde.ok("makemigrations")
    answer = cities.oxyde.run("migrate")
    assert answer.code == 1
    assert "no-such" in answer.err


@pytest.mark.databases("postgres", "mariadb")
def test_a_collation_that_others_changed_is_found(cities: Cities) -> None:
    folded, exact = NAMES[cities.server.flavour]
    cities.has(folded, None)
    for now in (f'VARCHAR(20) COLLATE "{exact}"', "VARCHAR(20)"):
        if cities.server.flavour == "postgres":
            change = f"ALTER COLUMN name TYPE {now}"
        else:
            change = f"MODIFY name {now} NOT NULL"
        cities.server.execute(f"ALTER TABLE collated_cities {change}")
        answer = cities.oxyde.run("check")
        assert answer.code == 3
        assert "collated_cities.name" in answer.out
