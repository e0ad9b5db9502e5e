"""create_tables and drop_tables: the schema of models without migrations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde.db.registry import resolve

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["create_tables", "drop_tables"]


async def create_tables(
    client: Executor | None = None,
    models: Iterable[type[Any]] | None = None,
    *,
    using: str | None = None,
) -> None:
    """Create the tables of models, with their types, indexes, checks, comments and foreign keys.

    Args:
        client: a database or transaction; the default database when None.
        models: which models; every registered table when None.
        using: a database's name, instead of `client`.

    Raises:
        DatabaseError: a table exists already, or the database refuses.
    """
    from oxyde._core import create_tables_sql
    from oxyde.models.schema import packed_schema

    executor = resolve(using, client)
    await executor.script(create_tables_sql(packed_schema(models), executor.flavour))


async def drop_tables(
    client: Executor | None = None,
    models: Iterable[type[Any]] | None = None,
    *,
    using: str | None = None,
) -> None:
    """Drop the tables of models, those that exist, with all their rows.

    Args: as for `create_tables`.
    """
    from oxyde._core import drop_tables_sql
    from oxyde.models.schema import packed_schema

    executor = resolve(using, client)
    await executor.script(drop_tables_sql(packed_schema(models), executor.flavour))
