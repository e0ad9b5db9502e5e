"""Migrations of generated columns, with rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

LINES = """
from __future__ import annotations

from oxyde import Field, Model


class OrderLine(Model):
    id: int | None = Field(default=None, db_pk=True)
    price: int
    qty: int{more}

    class Meta:
        is_table = True
        table_name = "order_lines"
        {options}
"""


class Project:
    """A project with one model, whose migrations are written and applied."""

    def __init__(self, server: Server, folder: Path, host: str) -> None:
        self.oxyde = Command(host, folder, server.url)
        self.server, self.folder = server, folder

    def has(self, field: str = "", *arguments: str, options: str = "") -> None:
        """Give the model a further field, and migrate."""
        more = f"\n    {field}" if field else ""
        write_models(self.folder, LINES.format(more=more, options=options))
        self.oxyde.ok("makemigrations", *arguments)
        self.oxyde.ok("migrate")
        assert self.oxyde.ok("makemigrations", "--check").startswith("No changes")

    def totals(self) -> list[int]:
        """The values of the field, which the database computed."""
        rows = self.server.execute("SELECT total FROM order_lines ORDER BY id")
        return [row[0] for row in rows]


@pytest.fixture
def shop(server: Server, project: Path, host: str) -> Project:
    made = Project(server, project, host)
    made.has()
    server.execute("INSERT INTO order_lines (id, price, qty) VALUES (1, 2, 3), (2, 5, 1)")
    return made


def test_it_is_added_and_changed(shop: Project) -> None:
    unique = 'unique_together = [("total", "id")]'
    shop.has('total: int = Field(db_generated="price * qty", db_index=True)', options=unique)
    assert shop.totals() == [6, 5]
    shop.has('total: int = Field(db_generated="price + qty", db_index=True)', options=unique)
    assert shop.totals() == [5, 6]
    shop.server.execute("INSERT INTO order_lines (id, price, qty) VALUES (3, 1, 1)")
    assert shop.totals() == [5, 6, 2]
    shop.oxyde.ok("migrate", "0002")
    assert shop.totals() == [6, 5, 1]
    shop.oxyde.ok("migrate", "0001")
    shop.oxyde.ok("migrate")
    assert shop.totals() == [5, 6, 2]


def test_a_plain_column_becomes_generated_and_plain_again(shop: Project) -> None:
    shop.has("total: int | None = None")
    shop.has('total: int | None = Field(default=None, db_generated="price * qty")')
    assert shop.totals() == [6, 5]
    shop.has("total: int | None = None")
    assert shop.totals() == [6, 5]
    shop.server.execute("UPDATE order_lines SET total = 9")
    assert shop.totals() == [9, 9]


def test_a_column_that_it_is_computed_from_is_renamed(shop: Project) -> None:
    shop.has('total: int = Field(db_generated="price * qty")')
    source = LINES.format(
        more='\n    total: int = Field(db_generated="price * amount")', options=""
    )
    write_models(shop.folder, source.replace("    qty: int", "    amount: int"))
    shop.oxyde.ok("makemigrations", "--rename", "order_lines.qty:order_lines.amount")
    shop.oxyde.ok("migrate")
    assert shop.oxyde.ok("makemigrations", "--check").startswith("No changes")
    assert shop.totals() == [6, 5]


def test_both_leave_together(shop: Project) -> None:
    shop.has('total: int = Field(db_generated="price * qty")')
    source = LINES.format(more="", options="")
    write_models(shop.folder, source.replace("\n    qty: int", ""))
    said = shop.oxyde.run("makemigrations").out
    assert said.index("drop column order_lines.total") < said.index("drop column order_lines.qty")
    shop.oxyde.ok("migrate")
    assert shop.server.execute("SELECT id, price FROM order_lines ORDER BY id") == [(1, 2), (2, 5)]


@pytest.mark.databases("sqlite", "mysql", "mariadb")
def test_it_is_stored_or_not(shop: Project) -> None:
    options = 'default=None, db_generated="price * qty"'
    shop.has(f"total: int | None = Field({options}, db_stored=False)")
    assert shop.totals() == [6, 5]
    shop.has(f"total: int | None = Field({options})")
    assert shop.totals() == [6, 5]
    shop.has(f"total: int | None = Field({options}, db_stored=False)")
    shop.has("total: int | None = None")
    assert shop.totals() == [6, 5]
