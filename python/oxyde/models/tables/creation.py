"""Creating and dropping tables: the implementation of `create_tables` and `drop_tables`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde._core import create_tables_sql, drop_tables_sql, present_tables_sql
from oxyde.exceptions import OxydeError
from oxyde.models.tables.schema import packed, referred_unmanaged, schema_of

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["create", "drop"]


async def create(
    executor: Executor, models: Iterable[type[Any]] | None, *, if_not_exists: bool
) -> None:
    """See `create_tables`."""
    tables = schema_of(models)["tables"]
    others = referred_unmanaged(models)
    schema = packed({"tables": [*others, *tables]})
    if not if_not_exists:
        there = [_table_row(table, None) for table in others]
        await executor.script(create_tables_sql(schema, executor.features, there))
        return
    missing: list[str] = []
    while True:
        present = await _present(executor, schema)
        here = next((row[1] for row in present if row[0] == "here"), None)
        present += [_table_row(table, here) for table in others]
        before, missing = missing, create_tables_sql(schema, executor.features, present)
        if not missing:
            return
        try:
            await executor.script(missing)
            return
        except OxydeError:
            # Another process may have created one of them meanwhile: retry with those still
            # missing.
            if executor.in_transaction or missing == before:
                raise


async def drop(executor: Executor, models: Iterable[type[Any]] | None) -> None:
    """See `drop_tables`."""
    tables = schema_of(models)["tables"]
    others = {(table.get("schema"), table["name"]) for table in referred_unmanaged(models)}
    for table in tables:
        keys = table.get("foreign_keys", [])
        table["foreign_keys"] = [key for key in keys if _target(key) not in others]
    schema = packed({"tables": tables})
    present = await _present(executor, schema)
    await executor.script(drop_tables_sql(schema, executor.features, present))


def _table_row(table: dict[str, Any], here: str | None) -> tuple[str | None, ...]:
    """A row of the existing tables, for a table of others: it is never created."""
    return "table", table.get("schema", here), table["name"], None, None, None


def _target(key: dict[str, Any]) -> tuple[str | None, str]:
    return key.get("target_schema"), key["target_table"]


async def _present(executor: Executor, schema: bytes) -> list[tuple[str | None, ...]]:
    """The existing tables; no statement is added to an open transaction."""
    sql, lock = present_tables_sql(schema, executor.features)
    if lock is not None and executor.in_transaction:
        await executor.fetch_raw(lock, (), ())
    rows = await executor.fetch_raw(sql, (), ())
    return [tuple(row.values()) for row in rows.values(None).value()]
