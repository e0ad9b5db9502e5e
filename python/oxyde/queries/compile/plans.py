"""Compiled plans by shape: bounded, and shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgpack

from oxyde import _core
from oxyde._meta import names_a_secret
from oxyde.db.cursor import NoCursor
from oxyde.db.registry import check_same_database
from oxyde.db.slices import FEW, sliced
from oxyde.db.transaction import atomic
from oxyde.db.watched import name_statement
from oxyde.exceptions import (
    DatabaseError,
    FieldError,
    IntegrityError,
    UniqueViolationError,
    UnsupportedFeatureError,
)
from oxyde.observe.plan_cache import plan_counts
from oxyde.queries.compile.refusal import Guard, name_computed, name_scope, name_size, raise_refused
from oxyde.queries.ir.depth import too_deep

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import BoundRows, Features, Plan, Recipe, Rows
    from oxyde._meta import ModelMeta
    from oxyde.db.cursor import Cursor
    from oxyde.db.executor import Executor
    from oxyde.queries.ir.scope import Builder

__all__ = ["IR_VERSION", "TOO_MANY_ROWS", "Entry", "Plans", "compile_plan", "entry_for", "plans"]


# The version of the contract that `oxyde._ir` mirrors.
IR_VERSION: Final = 1
# Initial size of the packer's buffer, in bytes.
_BUFFER = 4096
# The MySQL and MariaDB error "subquery returns more than 1 row". Statements provoke it for an
# unknown time zone, and for a conflict on another key than an upsert names.
TOO_MANY_ROWS = "1242"


class Entry:
    """A plan and how it is run.

    Attributes:
        plan: the compiled statement.
        recipe: how its rows become Python values; None without rows.
    """

    __slots__ = (
        "_computed",
        "_fixed",
        "_guards",
        "_homes",
        "_kept",
        "_model",
        "_zoned",
        "has_parts",
        "plan",
        "recipe",
    )

    def __init__(
        self,
        plan: Plan,
        recipe: Recipe | None,
        kept: tuple[int, ...] | None = None,
        model: type[Any] | None = None,
        homes: dict[str, str] | None = None,
        *,
        zoned: bool = False,
        guards: Sequence[Guard] = (),
        computed: Sequence[str] = (),
        fixed: Sequence[Any] = (),
        has_parts: bool = False,
    ) -> None:
        self.plan = plan
        self.recipe = recipe
        # Which of the shape's values the statement uses; None for all.
        self._kept = kept
        self._model = model
        # The databases that subqueries name, with the models of those subqueries.
        self._homes = homes or {}
        self._zoned = zoned
        # The bounds that the statement checks itself, by number.
        self._guards = guards
        # Its functions and operators.
        self._computed = computed
        # The values that it has of its own, behind those of the shape.
        self._fixed = fixed
        # Whether it has a query of the user inside.
        self.has_parts = has_parts

    def check_database(self, name: str) -> None:
        """Check that the statement can run on the database of this name.

        Raises:
            OxydeError: a subquery uses another database.
        """
        for home, inner in self._homes.items():
            outer = "" if self._model is None else f" of `{self._model.__name__}`"
            check_same_database(
                f"a query of `{inner}`", home, f"the query{outer} that it is a part of", name
            )

    def values(self, values: list[Any]) -> list[Any]:
        """The values that the statement takes, of those of the shape."""
        if self._kept is not None:
            values = [values[index] for index in self._kept]
        return [*values, *self._fixed] if self._fixed else values

    async def fetch(self, executor: Executor, values: list[Any]) -> Any:
        """Run it and give its rows."""
        assert self.recipe is not None
        if self._homes:
            self.check_database(executor.name)
        try:
            return await executor.fetch(self.plan, self.values(values), self.recipe)
        except (IntegrityError, DatabaseError) as error:
            self._tell(error, executor, values)
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
        except (IntegrityError, DatabaseError) as error:
            self._tell(error, executor, values)
            raise

    async def bulk(
        self,
        executor: Executor,
        rows: Rows | list[list[Any]],
        batch_size: int | None,
        *,
        once: bool = False,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        """Run it for all rows or none; it is rolled back if a returned row cannot be read. With
        `once`, the rows may be emptied."""
        if self._homes:
            self.check_database(executor.name)
        if self._fixed:
            label = "" if self._model is None else f" of `{self._model.__name__}`"
            raise FieldError(
                f"a statement for many rows{label} reads other rows whose model has a scope with "
                "values",
                hint="use update(), or compute the values first",
            )
        bound: BoundRows | Rows | list[list[Any]] = rows
        if len(rows) >= FEW:
            bound = await sliced(self.plan.bind_rows(rows, once), len(rows))
        if self.recipe is not None and not self.recipe.certain:
            async with atomic(client=executor) as block:
                return await self._bulk(block, bound, batch_size)
        return await self._bulk(executor, bound, batch_size)

    async def _bulk(
        self,
        executor: Executor,
        rows: BoundRows | Rows | list[list[Any]],
        batch_size: int | None,
    ) -> tuple[int, list[Any] | None, list[int] | None]:
        try:
            return await executor.bulk(self.plan, rows, self.recipe, batch_size)
        except (IntegrityError, DatabaseError) as error:
            self._tell(error, executor)
            raise

    async def fetch_written(self, executor: Executor, values: list[Any]) -> Any:
        """Run a statement that changes rows and returns them. If one of them cannot be read,
        nothing is changed."""
        assert self.recipe is not None
        if self.recipe.certain:
            return await self.fetch(executor, values)
        async with atomic(client=executor) as block:
            return await self.fetch(block, values)

    def _tell_zone(self, error: DatabaseError, executor: Executor) -> None:
        """Explain error 1242 of a statement with a time zone: the zone is unknown."""
        if self._zoned and error.code == TOO_MANY_ROWS:
            error.args = (f"the database {executor.name!r} does not know the time zone",)
            error.hint = "load its tables: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql"

    def _tell(
        self,
        error: IntegrityError | DatabaseError,
        executor: Executor,
        values: Sequence[object] = (),
    ) -> None:
        """Add the model to an error: the driver knows only what the database reports, which on
        MySQL is just the name of a constraint.

        Raises:
            CheckViolationError: a value is outside the bounds that the statement checks.
        """
        name_statement(error, self.plan.sql, self._model)
        if self._guards:
            raise_refused(error, self._guards, self._model)
        if isinstance(error, DatabaseError):
            self._tell_zone(error, executor)
            name_computed(error, self._computed, self._model)
            name_size(error, values)
            return
        if error.model is None:
            error.model = self._model
        if self._model is not None and error.constraint is not None and not error.columns:
            meta: ModelMeta = self._model._db_meta
            error.columns = meta.columns_of(error.constraint)
            if error.columns and error.table is None:
                error.table = meta.table_name
        if isinstance(error, UniqueViolationError) and self._model is not None:
            name_scope(error, self._model)


class NoRows(Entry):
    """A plan for a query that is known to find nothing, and is not run."""

    __slots__ = ()

    async def fetch(self, executor: Executor, values: list[Any]) -> Any:
        """No rows."""
        return []

    async def open_cursor(self, executor: Executor, values: list[Any], chunk: int) -> Cursor:
        """A cursor at its end."""
        return NoCursor()


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
plan_counts.kept = plans.__len__


def pack(statement: _ir.Statement) -> bytes:
    """The statement as MessagePack."""
    message: _ir.Message = {"version": IR_VERSION, "statement": statement}
    # A packer allocates a megabyte by default, far more than a statement needs.
    try:
        packed: Any = msgpack.Packer(buf_size=_BUFFER).pack(message)
    except ValueError as error:
        if "recursion limit" not in str(error):
            raise
        raise too_deep() from None
    assert isinstance(packed, bytes)
    return packed


def compile_plan(
    statement: _ir.Statement,
    features: Features,
    labels: Sequence[tuple[str, bool]],
    model: type[Any] | None = None,
) -> Plan:
    """Compile a statement.

    Args:
        labels: each param's name, and whether it belongs to a lookup.
        model: the model that it is about.

    Raises:
        UnsupportedFeatureError: the database cannot do it.
    """
    if model is None:
        return _core.compile(pack(statement), features, [(*label, False) for label in labels])
    meta: ModelMeta = model._db_meta
    # A value without a field of its own may be part of an expression over a secret field.
    guarded = any(field.secret for field in meta.field_metadata.values())
    marked = [
        (name, lookup, names_a_secret(name) or (guarded and "." not in name))
        for name, lookup in labels
    ]
    return _core.compile(pack(statement), features, marked, (model.__name__, meta.qualified_name))


def entry_for(
    features: Features,
    shape: Hashable,
    make: Callable[[], tuple[_ir.Statement, Builder, Recipe | None]],
    model: type[Any] | None = None,
) -> Entry:
    """The plan for a shape, compiled on the first call.

    Args:
        features: the features of the server; a dialect and version have one object.
        shape: with the features, the cache key; it holds no user value.
        make: gives the statement, its labels, and the recipe.
        model: the model of the statement, for errors.
    """
    key = (features, shape)
    entry = plans.get(key)
    if entry is None:
        try:
            statement, builder, recipe = make()
        except RecursionError:
            raise too_deep() from None
        plan_counts.compiled += 1
        kept = builder.drop_unused(statement)
        try:
            plan = compile_plan(statement, features, builder.labels, model)
        except UnsupportedFeatureError as error:
            if model is not None:
                error.args = (f"`{model.__name__}`: {error.args[0]}", *error.args[1:])
            raise
        kind = NoRows if builder.nothing else Entry
        entry = kind(
            plan,
            recipe,
            kept,
            model,
            builder.homes,
            zoned=builder.zoned,
            guards=builder.guards,
            computed=tuple(builder.computed),
            fixed=builder.fixed,
            has_parts=builder.has_parts,
        )
        plans.put(key, entry)
    return entry
