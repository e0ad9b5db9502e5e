"""A database that records the SQL that runs on it, so that the demo can show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oxyde import AsyncDatabase

if TYPE_CHECKING:
    from oxyde._core import Plan, RawRows, Recipe


class RecordedDatabase(AsyncDatabase):
    """An AsyncDatabase that records its statements."""

    def __init__(self, url: str) -> None:
        super().__init__(url, overwrite=True)
        self.statements: list[str] = []

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """See Executor.fetch."""
        self.statements.append(plan.sql)
        return await super().fetch(plan, values, recipe)

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """See Executor.execute."""
        self.statements.append(plan.sql)
        return await super().execute(plan, values)

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """See Executor.fetch_raw."""
        self.statements.append(sql)
        return await super().fetch_raw(sql, values, types)

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """See Executor.explain."""
        self.statements.append(plan.sql)
        return await super().explain(plan, values, analyze)
