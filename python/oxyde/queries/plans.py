"""Compiled plans by shape: bounded, and shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import msgpack

from oxyde import _core, _ir
from oxyde.db.registry import check_same_database
from oxyde.exceptions import DatabaseError, IntegrityError, UnsupportedFeatureError

if TYPE_CHECKING:
    from oxyde._core import Plan, Recipe, Rows
    from oxyde.db.cursor import Cursor
    from oxyde.db.executor import Executor
    from oxyde.db.meta import ModelMeta
    from oxyde.queries.scope import Builder

__all__ = ["Entry", "Plans", "compile_plan", "entry_for", "plans"]


# Bytes that an IR is first given.
_BUFFER = 4096
# How MySQL and MariaDB tell of a subquery with more than one row; an unknown time zone is made so.
_TOO_MANY_ROWS = "1242"


class Entry:
    """A plan and how it is run.

    Attributes:
        plan: the compiled statement.
        recipe: how its rows become Python values; None when it gives none.
    """

    __slots__ = ("_homes", "_kept", "_model", "_zoned", "plan", "recipe")

    def __init__(
        self,
        plan: Plan,
        recipe: Recipe | None,
        kept: tuple[int, ...] | None = None,
        model: type[Any] | None = None,
        homes: dict[str, str] | None = None,
        *,
        zoned: bool = False,
    ) -> None:
        self.plan = plan
        self.recipe = recipe
        # Which of the shape's values the statement uses; None for all.
        self._kept = kept
        self._model = model
        # The databases that queries inside of the statement name, and the models of those.
        self._homes = homes or {}
        self._zoned = zoned

    def check_database(self, name: str) -> None:
        """See to it that the statement can run on the database of this name.

        Raises:
            OxydeError: a query inside of it is about another one.
        """
        for home, inner in self._homes.items():
            outer = "" if self._model is None else f" of `{self._model.__name__}`"
            check_same_database(
                f"a query of `{inner}`", home, f"the query{outer} that it is a part of", name
            )

    def values(self, values: list[Any]) -> list[Any]:
        """The values that the statement takes, of those of the shape."""
        return values if self._kept is None else [values[index] for index in self._kept]

    async def fetch(self, executor: Executor, values: list[Any]) -> Any:
        """Run it and give its rows."""
        assert self.recipe is not None
        if self._homes:
            self.check_database(executor.name)
        try:
            return await executor.fetch(self.plan, self.values(values), self.recipe)
        except IntegrityError as error:
            self._tell(error)
            raise
        except DatabaseError as error:
            self._tell_zone(error, executor)
            raise

    async def open_cursor(self, executor: Executor, values: list[Any], chunk: int) -> Cursor:
        """Run it; its rows come `chunk` at a time."""
        assert self.recipe is not None
        if self._homes:
            self.check_database(executor.name)
        return await executor.open_cursor(self.plan, self.values(values), self.recipe, chunk)

    async def execute(self, executor: Executor, values: list[Any]) -> tuple[int, int | None]:
        """Run it; the rows affected and the last generated key."""
        if self._homes:
            self.check_database(executor.name)
        try:
            return await executor.execute(self.plan, self.values(values))
        except IntegrityError as error:
            self._tell(error)
            raise
        except DatabaseError as error:
            self._tell_zone(error, executor)
            raise

    async def bulk(
        self, executor: Executor, rows: Rows | list[list[Any]], batch_size: int | None
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run it over all rows or none."""
        if self._homes:
            self.check_database(executor.name)
        try:
            return await executor.bulk(self.plan, rows, self.recipe, batch_size)
        except IntegrityError as error:
            self._tell(error)
            raise

    def _tell_zone(self, error: DatabaseError, executor: Executor) -> None:
        """Say what it means that a statement with a time zone found one row too many."""
        if self._zoned and error.code == _TOO_MANY_ROWS:
            error.args = (f"the database {executor.name!r} does not know the time zone",)
            error.hint = "load its tables: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql"

    def _tell(self, error: IntegrityError) -> None:
        """Let an error know the model: the driver knows only what the database says, which on
        MySQL is no more than the name of a constraint."""
        if error.model is None:
            error.model = self._model
        if self._model is not None and error.constraint is not None and not error.columns:
            meta: ModelMeta = self._model._db_meta
            error.columns = meta.columns_of(error.constraint)
            if error.columns and error.table is None:
                error.table = meta.table_name


class Plans:
    """At most about `size` plans: two generations, the older of which is dropped when the
    younger is full. A hit in the younger one takes no lock.

    Args:
        size: how many plans are kept.
    """

    def __init__(self, size: int = 2048) -> None:
        self._half = max(size // 2, 1)
        self._young: dict[Hashable, Entry] = {}
        self._old: dict[Hashable, Entry] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Entry | None:
        """The plan for a key, if it is kept."""
        entry = self._young.get(key)
        if entry is not None:
            return entry
        entry = self._old.get(key)
        if entry is not None:
            self.put(key, entry)
        return entry

    def put(self, key: Hashable, entry: Entry) -> None:
        """Keep a plan."""
        with self._lock:
            if len(self._young) >= self._half:
                self._old = self._young
                self._young = {}
            self._young[key] = entry

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._young = {}
            self._old = {}

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


plans = Plans()


def pack(statement: _ir.Statement) -> bytes:
    """The message that crosses the border."""
    message: _ir.Message = {"version": _ir.IR_VERSION, "statement": statement}
    # A statement is far smaller than the megabyte that a packer takes by default.
    packed: Any = msgpack.Packer(buf_size=_BUFFER).pack(message)
    assert isinstance(packed, bytes)
    return packed


def compile_plan(
    statement: _ir.Statement, flavour: str, labels: Sequence[tuple[str, bool]]
) -> Plan:
    """Compile a statement.

    Raises:
        UnsupportedFeatureError: the database cannot do it.
    """
    return _core.compile(pack(statement), flavour, labels)


def entry_for(
    flavour: str,
    shape: Hashable,
    make: Callable[[], tuple[_ir.Statement, Builder, Recipe | None]],
    model: type[Any] | None = None,
) -> Entry:
    """The plan for a shape, compiled on the first call.

    Args:
        flavour: the SQL flavour.
        shape: with the flavour, the key; it holds no value of a user.
        make: gives the statement, its labels, and the recipe.
        model: what the statement is about, for errors.
    """
    key = (flavour, shape)
    entry = plans.get(key)
    if entry is None:
        statement, builder, recipe = make()
        kept = builder.drop_unused(statement)
        try:
            plan = compile_plan(statement, flavour, builder.labels)
        except UnsupportedFeatureError as error:
            if model is not None:
                error.args = (f"`{model.__name__}`: {error.args[0]}", *error.args[1:])
            raise
        entry = Entry(plan, recipe, kept, model, builder.homes, zoned=builder.zoned)
        plans.put(key, entry)
    return entry
