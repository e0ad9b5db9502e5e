"""The project of docs/tenants.md: invoices, of two tenants in schemas and of two in files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.project_page import Project

FILES = {
    "oxyde.toml": """\
models = ["shop.models"]

[databases]
default = "${DATABASE_URL}"
""",
    "shop/models.py": """\
from oxyde import Field, Model


class Invoice(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    total: int
    tenant: str = ""
""",
}


def migrations_of_all_tenants(project: Project) -> Iterator[None]:
    project.oxyde("makemigrations")
    (project.folder / "tenants").mkdir()
    for name in ("tenant_1", "tenant_2"):
        project.oxyde("create-database", "--schema", name)
        files = "sqlite:///tenants/{tenant}.db"
        project.oxyde("create-database", "--url", files, "--schema", name)
    yield
    yield
