"""The page of a row: its values, and the rows around it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from oxyde import atomic
from oxyde.models.manager import manager_of
from oxyde.studio.cells import LONG, cell_of
from oxyde.studio.related import between, incoming
from oxyde.studio.site import Refused, Site
from oxyde.studio.statements import statement_of
from oxyde.studio.tables import Table

__all__ = ["page", "row_of"]


async def page(site: Site, request: Request) -> Response:
    """Show a row."""
    table = site.table(request)
    key = site.key(request, table)
    row = await row_of(site, table, key)
    links = {
        name: reference.url_to(row)
        for reference in site.references
        if reference.source is table
        for name in reference.fields
    }
    cells = [
        (column, cell_of(column, row.get(name), LONG)._replace(link=links.get(name)))
        for name, column in table.columns.items()
    ]
    related = [
        *await between(site.database, site.tables, table, row),
        *await incoming(site.database, site.references, table, row),
    ]
    values: dict[str, Any] = {
        "current": table,
        "title": title_of(table, row),
        "cells": cells,
        "related": related,
        "statement": await statement_of(_query(table, key), site.database),
        "edit_url": table.row_url("edit", row) if site.write and table.writable else None,
        "delete_url": table.row_url("delete", row) if site.write and table.writable else None,
    }
    return site.page(request, "row.html", **values)


async def row_of(site: Site, table: Table, key: dict[str, object]) -> dict[str, Any]:
    """The values of a row by field, without the secret ones.

    Raises:
        Refused: there is no such row.
    """
    async with atomic(client=site.database, read_only=True) as block:
        found: list[dict[str, Any]] = await _query(table, key).client(block).all()
    if not found:
        raise Refused(f"{table.name} has no such row.", 404)
    return found[0]


def title_of(table: Table, row: dict[str, Any]) -> str:
    """What the page calls a row."""
    if table.label is not None and row.get(table.label):
        return str(row[table.label])[:80]
    return ", ".join(f"{name} = {table.columns[name].text(row[name])[:40]}" for name in table.key)


def _query(table: Table, key: dict[str, object]) -> Any:
    shown = [name for name, column in table.columns.items() if not column.secret]
    return manager_of(table.model).filter(**key).limit(1).values(*shown)
