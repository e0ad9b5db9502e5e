"""create_tables and drop_tables: the schema of models without migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from oxyde.db.registry import resolve

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["Tables", "create_tables", "drop_tables", "implement_tables"]


class Tables(Protocol):
    """The part of `create_tables` and `drop_tables` that knows models."""

    async def create(
        self, executor: Executor, models: Iterable[type[Any]] | None, *, if_not_exists: bool
    ) -> None:
        """See `create_tables`."""
        ...

    async def drop(self, executor: Executor, models: Iterable[type[Any]] | None) -> None:
        """See `drop_tables`."""
        ...


# None as long as no model is defined, so that there are no tables.
_implementation: Callable[[], Tables] | None = None


def implement_tables(implementation: Callable[[], Tables]) -> None:
    """Set what creates and drops the tables of models, which this package cannot import."""
    global _implementation
    _implementation = implementation


async def create_tables(
    client: Executor | None = None,
    models: Iterable[type[Any]] | None = None,
    *,
    using: str | None = None,
    if_not_exists: bool = True,
) -> None:
    """Create missing tables of models, with their types, indexes, checks, comments and foreign
    keys. Existing tables are left unchanged, even if their columns differ from the model's: use
    migrations to change tables. Several processes may call it at the same time.

    Args:
        client: a database or transaction; when None, that of the innermost open block, else the
            default database.
        models: which models; every registered table when None.
        using: a database's name, instead of `client`.
        if_not_exists: if False, an existing table is an error.

    Raises:
        DatabaseError: the database rejects a statement.
    """
    executor = resolve(using, client)
    if _implementation is not None:
        await _implementation().create(executor, models, if_not_exists=if_not_exists)


async def drop_tables(
    client: Executor | None = None,
    models: Iterable[type[Any]] | None = None,
    *,
    using: str | None = None,
) -> None:
    """Drop the existing tables of models, with their rows and enum types.

    Args: as for `create_tables`.

    Raises:
        OxydeError: a table of another model refers to one of them.
        DatabaseError: the database rejects a statement.
    """
    executor = resolve(using, client)
    if _implementation is not None:
        await _implementation().drop(executor, models)
