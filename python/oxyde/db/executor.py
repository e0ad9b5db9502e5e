"""The methods that a pool and a transaction share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from oxyde._core import BoundRows, Features, Plan, RawRows, Recipe, Rows
    from oxyde.db.cursor import Cursor
    from oxyde.db.journal import Journal

__all__ = ["Executor"]


class Executor(Protocol):
    """Where a query runs: a database's pool, or the transaction that is open on it."""

    @property
    def name(self) -> str:
        """The name under which the database is registered."""
        ...

    @property
    def features(self) -> Features:
        """What the server can do, in its version: plans are compiled for that."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether statements run in one transaction."""
        ...

    @property
    def journal(self) -> Journal | None:
        """Records changes of instances, so that a block can revert them; None outside blocks."""
        ...

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that returns rows, and hydrate them by the recipe."""
        ...

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time, in constant memory where the
        database allows it (see `Query.iterate`)."""
        ...

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        ...

    async def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none: rows affected, returned rows, generated keys."""
        ...

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text; `types` lists the known column types by name."""
        ...

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement, with measurements if `analyze`."""
        ...

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements, in one transaction if the database supports that."""
        ...
