"""The rows that a row belongs to, and those that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from oxyde import atomic
from oxyde.exceptions import OxydeError
from oxyde.models.manager import manager_of
from oxyde.studio.cells import SHORT, cell_of
from oxyde.studio.counts import Count, bounded
from oxyde.studio.tables import Table

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase

__all__ = ["Related", "between", "incoming", "references"]

# Related rows that the page of a row names, and up to how many it counts.
SHOWN = 8
_COUNTED = 1_000
_TIMEOUT = 2.0


class Reference(NamedTuple):
    """A foreign key from one table to another.

    Attributes:
        source: the table with the columns.
        fields: its fields.
        target: the other table.
        target_fields: the fields there.
        on_delete: what happens to rows of `source` when theirs of `target` is deleted.
    """

    source: Table
    fields: tuple[str, ...]
    target: Table
    target_fields: tuple[str, ...]
    on_delete: str

    def url_to(self, row: Mapping[str, Any]) -> str | None:
        """The page of what a row of `source` refers to; None if it refers to nothing."""
        values = {there: row.get(here) for here, there in self.pairs()}
        if any(value is None for value in values.values()):
            return None
        if set(self.target.key) == set(values):
            return self.target.row_url("row", values)
        return self.target.url("rows", **_texts(self.target, values))

    def url_from(self, row: Mapping[str, Any]) -> str | None:
        """The rows of `source` that refer to a row of `target`."""
        filters = self.filters(row)
        return None if filters is None else self.source.url("rows", **_texts(self.source, filters))

    def filters(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The condition of the rows of `source` that refer to a row of `target`."""
        values = {here: row.get(there) for here, there in self.pairs()}
        hidden = any(self.source.columns[name].secret for name in values)
        if hidden or any(value is None for value in values.values()):
            return None
        return values

    def pairs(self) -> list[tuple[str, str]]:
        """The fields of both sides."""
        return list(zip(self.fields, self.target_fields, strict=True))


@dataclass(frozen=True, slots=True)
class Related:
    """Rows that belong to a row, for its page.

    Attributes:
        title: what they are.
        url: the list of them, or None.
        count: how many there are.
        rows: the first ones: their names and pages.
    """

    title: str
    url: str | None
    count: Count
    rows: list[tuple[str, str | None]]


def references(tables: Mapping[str, Table]) -> list[Reference]:
    """All foreign keys between tables."""
    found = []
    for source in tables.values():
        for name, field in source.meta.field_metadata.items():
            key = field.foreign_key
            target = None if key is None else tables.get(key.model._db_meta.qualified_name)
            if key is not None and target is not None:
                found.append(Reference(source, (name,), target, (key.target_field,), key.on_delete))
        for group in source.meta.key_constraints:
            target = tables.get(group.target()._db_meta.qualified_name)
            if target is not None:
                found.append(
                    Reference(source, group.fields, target, group.target_fields, group.on_delete)
                )
    return found


async def incoming(
    database: AsyncDatabase, keys: list[Reference], table: Table, row: Mapping[str, Any]
) -> list[Related]:
    """The rows of other tables that refer to a row."""
    found = []
    for key in keys:
        filters = key.filters(row) if key.target is table else None
        if filters is not None:
            title = f"{key.source.name} · {', '.join(key.fields)}"
            query = manager_of(key.source.model).filter(**filters)
            found.append(await _named(database, title, key.url_from(row), key.source, query))
    return found


async def between(
    database: AsyncDatabase, tables: Mapping[str, Table], table: Table, row: Mapping[str, Any]
) -> list[Related]:
    """The rows that a row's many to many relations lead to."""
    found = []
    for name, relation in table.meta.relations.items():
        through = relation.through_model
        target = tables.get(relation.model._db_meta.qualified_name)
        if through is None or target is None or not table.key:
            continue
        middle = tables.get(through._db_meta.qualified_name)
        here, there = f"{relation.through_source}", f"{relation.through_target}"
        near = through._db_meta.field_metadata[through._db_meta.relations[here].column]
        far = through._db_meta.field_metadata[through._db_meta.relations[there].column]
        value = row.get(near.foreign_key.target_field)
        links = manager_of(through).filter(**{near.name: value}).values(far.name)
        query = manager_of(target.model).filter(**{f"{far.foreign_key.target_field}__in": links})
        url = None if middle is None else middle.url("rows", **_texts(middle, {near.name: value}))
        found.append(await _named(database, f"{name} · {target.name}", url, target, query))
    return found


async def _named(
    database: AsyncDatabase, title: str, url: str | None, table: Table, query: Any
) -> Related:
    """Count related rows, and name the first ones."""
    names = list(dict.fromkeys([*table.key, *table.summary]))
    try:
        async with atomic(client=database, read_only=True, timeout=_TIMEOUT) as block:
            query = query.client(block)
            count = await bounded(query, _COUNTED)
            rows = await query.order_by(*table.key).limit(SHOWN).values(*names) if names else []
    except TimeoutError:
        return Related(title, url, Count(), [])
    except OxydeError as error:
        return Related(title, url, Count(error=str(error)), [])
    return Related(
        title, url, count, [(name_of(table, row), table.row_url("row", row)) for row in rows]
    )


def name_of(table: Table, row: Mapping[str, Any]) -> str:
    """What a row is called: its key, and the fields that say which one it is."""
    key = ", ".join(table.columns[name].text(row[name]) for name in table.key)
    more = [name for name in table.summary if name not in table.key and row[name] is not None]
    parts = [cell_of(table.columns[name], row[name], SHORT).text[:60] for name in more]
    return " · ".join(part for part in (key, *parts) if part)


def _texts(table: Table, values: Mapping[str, Any]) -> dict[str, str]:
    return {name: table.columns[name].text(value) for name, value in values.items()}
