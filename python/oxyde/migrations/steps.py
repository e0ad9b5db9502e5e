"""Data steps: the functions that ``run_python`` names.

A step is an async function with two parameters::

    async def fill_slugs(models, db):
        async for post in models.Post.objects.iterate(client=db):
            ...
        await models.Post.objects.filter(slug=None).update(slug="-", client=db)

`models` has the models *as of this point of the migrations*, whatever the project's modules say
today; `db` is the migration's transaction, which every query names as its ``client``.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from oxyde._core import Operation, Plan, RawRows, Recipe, Rows, Transaction
    from oxyde.db.cursor import Cursor

__all__ = ["MigrationTransaction", "Models", "run_step"]

T = TypeVar("T")


class Models:
    """Models as of a point of the migrations: by class name as attributes, by table as items."""

    def __init__(self, tables: Mapping[str, type[Any]]) -> None:
        self._tables = dict(tables)
        self._classes = {model.__name__: model for model in tables.values()}

    def __getattr__(self, name: str) -> type[Any]:
        try:
            return self._classes[name]
        except KeyError:
            known = ", ".join(sorted(self._classes)) or "none"
            raise AttributeError(
                f"no model {name!r} at this point of the migrations (there are: {known})"
            ) from None

    def __getitem__(self, table: str) -> type[Any]:
        return self._tables[table]

    def __iter__(self) -> Any:
        return iter(self._tables.values())


class MigrationTransaction:
    """The migration's transaction, as the ``client`` of queries."""

    __slots__ = ("_core", "_features")

    def __init__(self, core: Transaction) -> None:
        from oxyde._core import features

        self._core = core
        self._features = features(core.flavour)

    @property
    def name(self) -> str:
        """The name in messages."""
        return "migrations"

    @property
    def flavour(self) -> str:
        """The SQL flavour that plans are compiled for."""
        return self._core.flavour

    @property
    def features(self) -> Mapping[str, bool]:
        """What the database can do."""
        return self._features

    @property
    def in_transaction(self) -> bool:
        """True."""
        return True

    async def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Any:
        """Run a plan that gives rows."""
        return await _run(self._core.fetch(plan, values, recipe))

    async def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Cursor:
        """Run a plan whose rows are fetched `chunk` at a time."""
        from oxyde.db.cursor import Cursor

        core = await _run(self._core.open_cursor(plan, values, recipe, chunk))
        return Cursor(core, lambda start: _run(start()))

    async def execute(self, plan: Plan, values: Sequence[Any]) -> tuple[int, int | None]:
        """Run a plan; the rows affected and the last generated key."""
        return await _run(self._core.execute(plan, values))

    async def bulk(
        self,
        plan: Plan,
        rows: Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run a bulk plan over all rows or none."""
        return await _run(self._core.bulk(plan, rows, recipe, batch_size))

    async def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> RawRows:
        """Run SQL text."""
        return await _run(self._core.fetch_raw(sql, values, types))

    async def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> str:
        """The database's plan for a statement."""
        return await _run(self._core.explain(plan, values, analyze))

    async def script(self, statements: Sequence[str]) -> None:
        """Run statements one after the other."""
        await _run(self._core.script(statements))


async def _run(operation: Operation[T]) -> T:
    from oxyde.db.operation import run

    return await run(operation)


def run_step(function: str, schema: bytes, transaction: Transaction, root: Path) -> None:
    """Run ``module:function`` to its end, in an event loop of its own.

    Args:
        function: the step.
        schema: the state at this point of the migrations, as MessagePack.
        transaction: the migration's transaction; it is neither committed nor rolled back here.
        root: the project's folder, which is put on ``sys.path``.

    Raises:
        OxydeError: the function is not there, or is not async.
    """
    from oxyde.codegen import models_of

    step = _find(function, root)
    models = Models(models_of(schema, transaction.flavour))
    asyncio.run(step(models, MigrationTransaction(transaction)))


def _find(function: str, root: Path) -> Any:
    module_name, _, name = function.partition(":")
    if not name:
        raise OxydeError(
            f"{function!r} names no function", hint='write run_python as "module:function"'
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise OxydeError(
            f"cannot import {module_name!r} for {function!r}: {error}",
            hint="the module must be importable from the project's folder",
        ) from error
    step = getattr(module, name, None)
    if step is None:
        raise OxydeError(f"{module_name!r} has no function {name!r}")
    if not inspect.iscoroutinefunction(step):
        raise OxydeError(
            f"{function!r} is not async", hint=f"declare it as `async def {name}(models, db)`"
        )
    return step
