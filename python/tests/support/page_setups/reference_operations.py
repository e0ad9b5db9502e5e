"""The migrations before that of docs/reference/operations.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.project_page import Project

FILES = {
    "oxyde.toml": """\
[databases]
default = "sqlite:///shop.db"
""",
    "migrations/0002_add_loan_reminded.toml": """\
depends_on = []

[[operations]]
op = "create_table"
name = "loan"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "lent", type = "timestamp_tz", nullable = false },
    { name = "reminded", type = "timestamp_tz", nullable = true },
]
""",
}


def migration_operations(project: Project) -> Iterator[None]:
    project.oxyde("migrate", "0002")
    project.sql("INSERT INTO loan (lent) VALUES ('2026-01-31 12:00:00')")
    yield
