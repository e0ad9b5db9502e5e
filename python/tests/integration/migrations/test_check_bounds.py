"""`Meta.check_bounds` switched on and off, and bounds that change."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from decimal import Decimal

from oxyde import Field, Model


class Account(Model):
    id: int | None = Field(default=None, db_pk=True)
    balance: int = Field(default=0, ge=0)
    price: Decimal = Field(default=Decimal(1), max_digits=8, decimal_places=2, gt=0)
    name: str = Field(default="abc", min_length=2, db_column="order")

    class Meta:
        is_table = True
        check_bounds = True
"""


def test_migrations_follow(server: Server, project: Path) -> None:
    command = Command("python", project, server.url)
    off = MODELS.replace("        check_bounds = True\n", "")
    wider = MODELS.replace("ge=0)", "ge=-100)")

    def migrated(models: str, name: str) -> str:
        write_models(project, models)
        made = command.run("makemigrations", "--name", name)
        assert made.code == 0, made.err
        done = command.run("migrate")
        assert done.code == 0, done.out + done.err
        checked = command.run("check")
        assert checked.code == 0, checked.out + checked.err
        return made.out

    migrated(off, "first")
    assert "check" in migrated(MODELS, "on")
    with pytest.raises(Exception, match=r"(?i)check|constraint"):
        server.execute("INSERT INTO account VALUES (1, -1, 1, 'abc')")
    migrated(wider, "wider")
    again = command.run("makemigrations", "--name", "none")
    assert "account" not in again.out
    migrated(off, "off")
