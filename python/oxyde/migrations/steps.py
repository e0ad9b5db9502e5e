"""Data steps: the functions of ``run_python`` operations.

A step is an async function with two parameters::

    async def fill_slugs(models, db):
        async for post in models.Post.objects.iterate(client=db):
            ...
        await models.Post.objects.filter(slug=None).update(slug="-", client=db)

A step with a `table` has a third parameter, and runs once for each range of keys::

    async def fill_slugs(models, db, keys):
        await models.Post.objects.filter(keys).update(slug=Lower("title"), client=db)

`keys` is the condition of the range's rows. Each range has a transaction of its own.

`models` has the models *as of this point of the migrations*, not the project's current ones; `db`
is the migration's transaction, which every query must pass as its ``client``.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import TypeAdapter

from oxyde.codegen import models_of
from oxyde.db.operation import run
from oxyde.db.transaction_verbs import TransactionVerbs
from oxyde.exceptions import OxydeError
from oxyde.queries import Q

if TYPE_CHECKING:
    from oxyde._core import Features, Operation, Plan, Transaction

__all__ = ["MigrationTransaction", "Models", "run_step", "stop_steps"]

T = TypeVar("T")

_running: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []


class Models:
    """Models as of a point of the migrations: attributes by class name, items by table name."""

    def __init__(self, tables: Mapping[str, type[Any]]) -> None:
        self._tables = dict(tables)
        self._classes = {model.__name__: model for model in tables.values()}

    def __getattr__(self, name: str) -> type[Any]:
        try:
            return self._classes[name]
        except KeyError:
            known = ", ".join(sorted(self._classes)) or "none"
            raise AttributeError(
                f"no model {name!r} at this point of the migrations (models: {known})"
            ) from None

    def __getitem__(self, table: str) -> type[Any]:
        return self._tables[table]

    def __iter__(self) -> Any:
        return iter(self._tables.values())


class MigrationTransaction(TransactionVerbs):
    """The migration's transaction, as the ``client`` of queries."""

    __slots__ = ("_core", "_features")

    # A rollback of the migration does not restore the step's instances.
    journal: Final = None

    def __init__(self, core: Transaction) -> None:
        self._core = core
        self._features = core.features

    @property
    def name(self) -> str:
        """The name used in messages."""
        return "migrations"

    @property
    def features(self) -> Features:
        """The features of the server, in its version."""
        return self._features

    @property
    def in_transaction(self) -> bool:
        """True."""
        return True

    async def _run(
        self,
        start: Callable[[Transaction], Operation[T]],
        what: Plan | str | None,
        values: Sequence[Any] = (),
        batch: int | None = None,
    ) -> T:
        return await run(start(self._core))


def run_step(
    function: str,
    schema: bytes,
    transaction: Transaction,
    root: Path,
    keys: tuple[str, str, str, str] | None,
) -> None:
    """Run ``module:function`` to completion, in an event loop of its own.

    Args:
        function: the step.
        schema: the state at this point of the migrations, as MessagePack.
        transaction: the migration's transaction; this function does not end it.
        root: the project folder, which is added to ``sys.path``.
        keys: the table, the column, and the first and last key as JSON; None without ranges.

    Raises:
        OxydeError: the function does not exist, or is not async.
    """
    tables = models_of(schema, transaction.features.dialect)
    client = MigrationTransaction(transaction)
    if keys is None:
        step = _find(function, root, "models, db")(Models(tables), client)
    else:
        condition = _condition(tables, keys)
        step = _find(function, root, "models, db, keys")(Models(tables), client, condition)
    asyncio.run(_stoppable(step))


def _condition(tables: Mapping[str, type[Any]], keys: tuple[str, str, str, str]) -> Q:
    table, column, first, last = keys
    fields = tables[table].__pydantic_fields__
    name = next(name for name, field in fields.items() if column in (name, field.alias))
    key = TypeAdapter(fields[name].annotation)
    bounds = {
        f"{name}__gte": key.validate_json(first),
        f"{name}__lte": key.validate_json(last),
    }
    return Q(**bounds)


async def _stoppable(step: Coroutine[Any, Any, None]) -> None:
    entry = (asyncio.get_running_loop(), asyncio.ensure_future(step))
    _running.append(entry)
    try:
        await entry[1]
    except asyncio.CancelledError:
        raise OxydeError("the step was stopped") from None
    finally:
        _running.remove(entry)


def stop_steps() -> None:
    """Cancel the running steps; their statements are stopped on the server."""
    for loop, task in _running:
        # The loop may have ended in the meantime.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)


def _find(function: str, root: Path, parameters: str) -> Any:
    module_name, _, name = function.partition(":")
    if not name:
        raise OxydeError(
            f"{function!r} does not name a function", hint='write run_python as "module:function"'
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise OxydeError(
            f"cannot import {module_name!r} for {function!r}: {error}",
            hint="make the module importable from the project folder",
        ) from error
    step = getattr(module, name, None)
    if step is None:
        raise OxydeError(f"{module_name!r} has no function {name!r}")
    if not inspect.iscoroutinefunction(step):
        raise OxydeError(
            f"{function!r} is not async", hint=f"declare it as `async def {name}({parameters})`"
        )
    return step
