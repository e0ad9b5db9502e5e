"""Creating and dropping tables: the implementation of `create_tables` and `drop_tables`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde._core import create_tables_sql, drop_tables_sql, present_tables_sql
from oxyde.exceptions import OxydeError
from oxyde.models.tables.schema import packed_schema

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["create", "drop"]


async def create(
    executor: Executor, models: Iterable[type[Any]] | None, *, if_not_exists: bool
) -> None:
    """See `create_tables`."""
    schema = packed_schema(models)
    if not if_not_exists:
        await executor.script(create_tables_sql(schema, executor.features, []))
        return
    missing: list[str] = []
    while True:
        before, missing = (
            missing,
            create_tables_sql(schema, executor.features, await _present(executor, schema)),
        )
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
    schema = packed_schema(models)
    present = await _present(executor, schema)
    await executor.script(drop_tables_sql(schema, executor.features, present))


async def _present(executor: Executor, schema: bytes) -> list[tuple[str | None, ...]]:
    """The existing tables; no statement is added to an open transaction."""
    sql, lock = present_tables_sql(schema, executor.features)
    if lock is not None and executor.in_transaction:
        await executor.fetch_raw(lock, (), ())
    rows = await executor.fetch_raw(sql, (), ())
    return [tuple(row.values()) for row in rows.values(None).value()]
