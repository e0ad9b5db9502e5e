"""The database of docs/adopting.md, which is there before Oxyde."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.project_page import Project


def adopting_an_existing_database(project: Project) -> Iterator[None]:
    project.sql("CREATE TABLE customers (id bigserial PRIMARY KEY, name varchar(100) NOT NULL)")
    project.sql(
        "CREATE TABLE orders (id bigserial PRIMARY KEY, total numeric(10, 2) NOT NULL,"
        " customer_id bigint NOT NULL REFERENCES customers)"
    )
    project.sql("CREATE TABLE legacy_import (line text)")
    yield
