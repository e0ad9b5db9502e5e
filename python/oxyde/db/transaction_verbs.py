"""The verbs that blocks of a transaction and data steps of migrations share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.db.cursor import Cursor

if TYPE_CHECKING:
    from oxyde._core import BoundRows, Operation, Plan, RawRows, Recipe, Rows, Transaction

__all__ = ["TransactionVerbs"]

T = TypeVar("T")


class TransactionVerbs:
    """Statements of a transaction. Subclasses say how one runs."""

    __slots__ = ()

    async def _run(
        self,
        start: Callable[[Transaction], Operation[T]],
        what: Plan | str | None,
        values: Sequence[Any] = (),
        batch: int | None = None,
    ) -> T:
        """Run a statement.

        Args:
            start: starts it.
            what: its plan or its text, for those who watch; None for the next rows of a cursor.
            values: its values.
            batch: the number of rows of a bulk statement.
        """
        raise NotImplementedError

    def _sent(self, plan: Plan) -> Plan:
        """The plan as it is sent."""
        return plan

    def _note_write(self) -> None:
        """Called before a statement that may change rows."""

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that gives rows, and hydrate them by the recipe."""
        if plan.writes:
            self._note_write()
        return await self._run(
            lambda core: core.fetch(self._sent(plan), values, recipe), plan, values
        )

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time. Each chunk waits for its turn, so
        other statements can run in between."""
        core = await self._run(
            lambda core: core.open_cursor(self._sent(plan), values, recipe, chunk), plan, values
        )
        return Cursor(core, lambda start: self._run(lambda _: start(), None))

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        self._note_write()
        return await self._run(lambda core: core.execute(self._sent(plan), values), plan, values)

    async def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none."""
        self._note_write()
        return await self._run(
            lambda core: core.bulk(self._sent(plan), rows, recipe, batch_size),
            plan,
            batch=len(rows),
        )

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text; `types` gives the column types that are known by name."""
        self._note_write()
        return await self._run(lambda core: core.fetch_raw(sql, values, types), sql, values)

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement, measured if `analyze`."""
        return await self._run(
            lambda core: core.explain(plan, values, analyze), f"EXPLAIN {plan.sql}"
        )

    async def script(self, statements: Sequence[str]) -> None:
        """Run DDL statements inside the transaction. (MySQL commits at each.)"""
        await self._run(lambda core: core.script(statements), ";\n".join(statements))
