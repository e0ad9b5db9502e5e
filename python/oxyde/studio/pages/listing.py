"""The rows of a table: filters, search, order, pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from oxyde import F, Left, Length, atomic
from oxyde.exceptions import OxydeError
from oxyde.models.manager import manager_of
from oxyde.studio.cells import SHORT, Cell, cell_of, size_of
from oxyde.studio.conditions import Conditions, canonical, read_conditions
from oxyde.studio.counts import Count, bounded, count_of
from oxyde.studio.paging import FURTHEST, SIZE, Order
from oxyde.studio.site import Refused, Site
from oxyde.studio.statements import Statement, statement_of
from oxyde.studio.tables import Table

__all__ = ["page"]

_COUNT_TIMEOUT = 2.0
# Where a page is, in the query string.
_PLACES = ("_after", "_skip", "_from", "_done")


@dataclass(slots=True)
class _Found:
    """The rows of a page.

    Attributes:
        rows: the cells of each row, and the URL of its page.
        statement: the SQL.
        following: the query string of the next page, or None.
        count: how many rows there are on all pages.
        first: the number of the first row, from 1.
        error: why there are none, or None.
    """

    rows: list[tuple[str | None, list[Cell]]]
    statement: Statement | None = None
    following: str | None = None
    count: Count = field(default_factory=Count)
    first: int = 1
    error: str | None = None


async def page(site: Site, request: Request) -> Response:
    """Show a page of rows."""
    table = site.table(request)
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    query = canonical(table, pairs)
    if query is not None:
        return site.redirect(f"{table.url('rows')}{'?' if query else ''}{query}")
    conditions = read_conditions(table, pairs)
    given = dict(pairs)
    try:
        order = Order(table, given.get("_sort", ""), site.database.backend)
        found = await _rows(site, table, conditions, order, given)
    except ValueError as error:
        raise Refused(f"{error}.") from None
    sort = given.get("_sort", "")

    def url_with(pairs: list[tuple[str, str]], sort: str) -> str:
        parameters = urlencode([*pairs, *([("_sort", sort)] if sort else [])])
        return f"{table.url('rows')}{'?' if parameters else ''}{parameters}"

    values = {
        "current": table,
        "columns": list(table.columns.values()),
        "conditions": conditions,
        "found": found,
        "sort": sort,
        "sort_urls": {
            name: url_with(conditions.parameters(), f"-{name}" if sort == name else name)
            for name, column in table.columns.items()
            if column.sortable
        },
        "without": [
            (each, url_with(conditions.parameters(each), sort)) for each in conditions.filters
        ],
        "first_url": url_with(conditions.parameters(), sort),
        "rows_url": table.url("rows"),
        "new_url": table.url("new") if site.write and table.writable else None,
        "shown_filters": _shown(conditions),
    }
    return site.page(request, "listing.html", 200 if found.error is None else 400, **values)


def _shown(conditions: Conditions) -> dict[str, Any]:
    """The filter that the form shows for each column: the first one."""
    found: dict[str, Any] = {}
    for each in conditions.filters:
        if each.lookup in each.column.form_lookups:
            found.setdefault(each.column.name, each)
    return found


async def _rows(
    site: Site, table: Table, conditions: Conditions, order: Order, given: dict[str, str]
) -> _Found:
    if not conditions.valid:
        names = ", ".join(f"`{name}`" for name in conditions.unknown)
        reason = f"{names}: not a filter of this table." if names else "A filter cannot be used."
        return _Found([], error=reason)
    skip, first = _place(given, order)
    query = order.apply(conditions.apply(manager_of(table.model), table))
    if "_after" in given and order.compares:
        query = order.after(query, given["_after"])
    elif skip:
        query = query.offset(skip)
    columns, read = _read_columns(site, table)
    for alias, expression in columns.items():
        query = query.annotate(**{alias: expression})
    query = query.limit(SIZE + 1).values(
        *dict.fromkeys([*read.values(), *order.names, *_labels(site, table).values()])
    )
    try:
        async with atomic(client=site.database, read_only=True) as block:
            rows = await query.client(block).all()
    except OxydeError as error:
        return _Found([], await _explained(site, query), error=str(error))
    found = _Found([_cells(site, table, read, row) for row in rows[:SIZE]], first=first)
    if len(rows) > SIZE:
        found.following = _following(given, order, rows[SIZE - 1], first + SIZE - 1)
    found.statement = await statement_of(query, site.database)
    found.count = await _count(site, table, conditions, found, len(rows))
    return found


async def _explained(site: Site, query: Any) -> Statement | None:
    try:
        return await statement_of(query, site.database)
    except OxydeError:
        return None


def _place(given: dict[str, str], order: Order) -> tuple[int, int]:
    """How many rows are skipped, and the number of the first one."""
    try:
        skip, before = int(given.get("_skip", "0")), int(given.get("_from", "0"))
    except ValueError:
        raise Refused("`_skip` and `_from` must be numbers.") from None
    if not 0 <= skip <= FURTHEST or before < 0:
        raise Refused(
            f"A page cannot skip more than {FURTHEST:,} rows: filter them, or sort by the key."
        )
    return skip, 1 + (before if "_after" in given and order.compares else skip)


def _following(given: dict[str, str], order: Order, last: dict[str, Any], seen: int) -> str | None:
    """The query string of the next page."""
    kept = [(name, text) for name, text in given.items() if name not in _PLACES]
    if order.compares:
        return urlencode([*kept, ("_after", order.cursor(last)), ("_from", str(seen))])
    if seen > FURTHEST:
        return None
    return urlencode([*kept, ("_skip", str(seen))])


def _read_columns(site: Site, table: Table) -> tuple[dict[str, Any], dict[str, str]]:
    """What a list reads: expressions by their alias, and the name in the answer of each field.

    Of long strings the beginning is read, and of bytes their number.
    """
    expressions: dict[str, Any] = {}
    read: dict[str, str] = {}
    for at, (name, column) in enumerate(table.columns.items()):
        if column.secret:
            continue
        alias = f"studio_{at}"
        if column.kind == "bytes":
            expressions[alias] = Length(F(name))
        elif column.may_be_long and name not in table.key:
            expressions[alias] = Left(F(name), SHORT + 1)
        read[name] = alias if alias in expressions else name
    return expressions, read


def _labels(site: Site, table: Table) -> dict[str, str]:
    """The path to what the row of a foreign key is called, by the field of the key."""
    found: dict[str, str] = {}
    for key in site.references:
        if key.source is table and len(key.fields) == 1 and key.target.label is not None:
            relation = table.meta.field_metadata[key.fields[0]].relation
            if relation is not None and not key.target.columns[key.target.label].may_be_long:
                found[key.fields[0]] = f"{relation}__{key.target.label}"
    return found


def _cells(
    site: Site, table: Table, read: dict[str, str], row: dict[str, Any]
) -> tuple[str | None, list[Cell]]:
    links = {
        key.fields[0]: key.url_to(row)
        for key in site.references
        if key.source is table and len(key.fields) == 1
    }
    labels = _labels(site, table)
    made = []
    for name, column in table.columns.items():
        if column.kind == "bytes" and not column.secret:
            made.append(size_of(row[read[name]]))
            continue
        cell = cell_of(column, row.get(read.get(name, "")), SHORT)
        label = row.get(labels.get(name, ""))
        made.append(
            cell._replace(link=links.get(name), label=None if label is None else str(label))
        )
    return table.row_url("row", row), made


async def _count(
    site: Site, table: Table, conditions: Conditions, found: _Found, rows: int
) -> Count:
    """How many rows there are on all pages."""
    if found.following is None and rows <= SIZE:
        return Count(found.first - 1 + rows, exact=True)
    if not conditions.any:
        return await count_of(site.database, table)
    try:
        async with atomic(client=site.database, read_only=True, timeout=_COUNT_TIMEOUT) as block:
            return await bounded(conditions.apply(manager_of(table.model), table).client(block))
    except (TimeoutError, OxydeError):
        return Count()
