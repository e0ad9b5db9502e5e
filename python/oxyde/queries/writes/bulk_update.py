"""bulk_update: some fields of any number of rows, all or none.

One statement per batch: the table is joined with a table of the rows' values. Values in expressions
are further columns of that table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde._core import Features, Slices
from oxyde._given import iterable_given
from oxyde.db.slices import BETWEEN, in_slices, sliced_to_the_end
from oxyde.db.transaction import atomic
from oxyde.exceptions import FieldError, ManagerError
from oxyde.hydration.fields import validate_field
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.expressions.context import Context
from oxyde.queries.expressions.operators import Value
from oxyde.queries.ir.nodes import Typed, table_of
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.names import Names
from oxyde.queries.types.column_types import DECIMAL, kind_of
from oxyde.queries.types.declared import output_type
from oxyde.queries.types.values import plain
from oxyde.queries.writes.assign import Assigned, assigned, with_automatic
from oxyde.queries.writes.bulk import check_size
from oxyde.queries.writes.insert import encoded, insert_column, label_columns
from oxyde.queries.writes.keys import rows_by_keys
from oxyde.queries.writes.stale import expected_version, stale_error
from oxyde.signals import BulkUpdateEvent, post_bulk_update, pre_bulk_update

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.compile.plans import Entry

__all__ = ["Each", "bulk_update"]

_WIDER: dict[str, _ir.ColumnType] = {
    "small_int": "big_int",
    "integer": "big_int",
    "varchar": "text",
    "decimal": DECIMAL,
}


class Each(Value):
    """In an expression of bulk_update(), a value computed from each object:
    ``bulk_update(parts, stock=F("stock") - Each(lambda part: sold[part.id]))``.

    Args:
        function: returns the value for an object.
        output: the type of the value, as for `Cast`; when None, that of the expression beside it.
    """

    __slots__ = ("function", "type")

    def __init__(self, function: Callable[[Any], Any], *, output: object = None) -> None:
        if not callable(function):
            raise FieldError(
                f"Each() takes a function from an object to a value, not {function!r:.80}",
                hint="pass a value that is the same for all objects as it is",
            )
        super().__init__(None)
        self.function = function
        self.type: _ir.ColumnType | None = None if output is None else output_type(output)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its type; the values are computed per object later.

        Raises:
            FieldError: it is used outside bulk_update().
        """
        if not context.objects:
            raise FieldError("Each() can only be used in bulk_update()", hint="use Value(…)")
        values.append(self)
        return ("each", repr(self.type))

    @property
    def width(self) -> int:
        """One: an object's value may be NULL, but it is a param."""
        return 1

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param.

        Raises:
            FieldError: its type is not known.
        """
        column_type = self.type
        if column_type is None and want is not None:
            column_type = _WIDER.get(kind_of(want), want)
        if column_type is None:
            raise FieldError(f"the type of {self!r} is not known", hint="declare it: output=int")
        return Typed(scope.builder.param(column_type, repr(self), lookup=False), column_type)

    def __repr__(self) -> str:
        return f"Each({getattr(self.function, '__name__', self.function)})"


async def bulk_update(
    names: Names,
    items: Iterable[Any],
    fields: Iterable[str],
    executor: Executor,
    *,
    batch_size: int | None,
    expressions: Mapping[str, Any],
    told: bool,
) -> int:
    """Write some fields of many rows, individual values and expressions; return the number of rows.

    Args:
        told: whether the caller named the database.
    """
    check_size(batch_size)
    columns = _columns(names, fields)
    given = assigned(Context(names, {}, objects=True), expressions)
    _check(names, columns, given)
    assignments = with_automatic(names, given, columns)
    instances = list(iterable_given("bulk_update()", items))
    if not instances:
        return 0
    if not told:
        _check_homes(names, instances, executor)
    event = None
    if pre_bulk_update.receivers or post_bulk_update.receivers:
        event = BulkUpdateEvent(
            model=names.model,
            executor=executor,
            instances=instances,
            fields=frozenset([*columns, *[item.field.name for item in assignments]]),
        )
        await pre_bulk_update.send(event)
    made = _rows(names, instances, columns, assignments)
    rows, written = await in_slices(made, len(instances))
    if given or names.meta.version is not None:
        await in_slices(_check_once(names, rows), len(rows))
    shape = ("bulk update", names.model, columns, tuple([item.shape for item in assignments]))

    def make() -> tuple[_ir.Statement, Builder, None]:
        return _statement(names, columns, assignments, executor.features)

    entry = entry_for(executor.features, shape, make, names.model)
    if names.meta.version is None:
        affected, _, _ = await entry.bulk(executor, rows, batch_size, once=True)
    else:
        affected = await _if_unchanged(names, instances, entry, rows, batch_size, executor)
    stored = Slices(_stored(names, instances, columns, written, executor))
    # In a block all at once: it may be undone in between.
    await sliced_to_the_end([stored], 0 if executor.in_transaction else len(instances))
    automatic = {item.field.name for item in assignments[len(given) :]} - {names.meta.version}
    if names.meta.computed or automatic:
        await _read_computed(names, instances, (*names.meta.computed, *automatic), executor)
    if event is not None:
        await post_bulk_update.send(dataclasses.replace(event, rows=affected))
    return affected


async def _if_unchanged(
    names: Names,
    instances: list[Any],
    entry: Entry,
    rows: list[list[Any]],
    batch_size: int | None,
    executor: Executor,
) -> int:
    """Write the rows if all have the versions that the instances were read with."""
    try:
        async with atomic(client=executor) as block:
            affected, _, _ = await entry.bulk(block, rows, batch_size)
            if affected < len(rows):
                raise _Stale
    except _Stale:
        key = names.primary_key
        expected = {
            tuple([vars(instance)[name] for name in key]): row[len(key)]
            for instance, row in zip(instances, rows, strict=True)
        }
        raise await stale_error(names, expected, executor, "bulk_update()") from None
    names.model._oxyde_versions_written(instances, executor)
    return affected


class _Stale(Exception):
    pass


async def _read_computed(
    names: Names, instances: list[Any], computed: tuple[str, ...], executor: Executor
) -> None:
    """Set the fields that the database computed from what was written."""
    key = names.primary_key
    keys = [tuple([vars(instance)[name] for name in key]) for instance in instances]
    lock = executor.in_transaction
    rows = await rows_by_keys(names, key, keys, (*key, *computed), executor, lock=lock)
    found = {row[: len(key)]: row[len(key) :] for row in rows}

    def follow() -> Generator[None, None, None]:
        for at, instance in enumerate(instances):
            for name, value in zip(computed, found.get(keys[at], ()), strict=False):
                instance._oxyde_follow(name, value, executor)
            if at % BETWEEN == 0:
                yield

    await in_slices(follow(), len(instances))


def _stored(
    names: Names,
    instances: list[Any],
    columns: tuple[str, ...],
    written: list[tuple[Any, ...]],
    executor: Executor,
) -> Generator[None, None, None]:
    """Mark the written values as stored; values assigned meanwhile are not."""
    model, whole = names.model, frozenset(columns)
    for start in range(0, len(instances), BETWEEN):
        alike = []
        for at in range(start, min(start + BETWEEN, len(instances))):
            instance, values = instances[at], written[at]
            held = instance.__dict__
            same = [
                name for name, value in zip(columns, values, strict=True) if held[name] is value
            ]
            if len(same) == len(columns):
                alike.append(instance)
            else:
                model._oxyde_written([instance], frozenset(same), executor)
            written[at] = ()
        model._oxyde_written(alike, whole, executor)
        yield


def _check_homes(names: Names, instances: list[Any], executor: Executor) -> None:
    """Refuse rows of another database: their keys would refer to other rows here, or none."""
    name = executor.name
    for instance in instances:
        state = getattr(instance, "_oxyde_state", None)
        if state is not None and state.database != name and state.database is not None:
            instance._oxyde_check_home(f"a {names.label} of bulk_update()", executor)


def _columns(names: Names, fields: Iterable[str]) -> tuple[str, ...]:
    listed = [fields] if isinstance(fields, str) else iterable_given("bulk_update()", fields)
    return tuple(dict.fromkeys(names.field(name).name for name in listed))


def _check(names: Names, columns: tuple[str, ...], assignments: tuple[Assigned, ...]) -> None:
    written = (*columns, *[item.field.name for item in assignments])
    if not written:
        raise FieldError("bulk_update() needs the fields to write", hint='["name", …]')
    names.meta.check_not_computed(columns, "bulk_update()")
    for name in written:
        if name in names.primary_key:
            raise FieldError(f"bulk_update() cannot change the key `{names.label}.{name}`")
        if written.count(name) > 1:
            raise FieldError(f"`{names.label}.{name}` is set twice")


def _check_once(names: Names, rows: list[list[Any]]) -> Generator[None, None, None]:
    """Refuse duplicate rows: an expression would apply once on one database and twice on
    another."""
    width = len(names.primary_key)
    seen: set[tuple[Any, ...]] = set()
    for at, row in enumerate(rows):
        key = tuple(row[:width])
        if key in seen:
            raise ManagerError(
                f"bulk_update(): the {names.label} with the key {key[0] if width == 1 else key} "
                "appears twice",
                hint="an expression changes each row once: remove one of them",
                model=names.model,
            )
        seen.add(key)
        if at % BETWEEN == 0:
            yield


def _rows(
    names: Names,
    instances: list[Any],
    columns: tuple[str, ...],
    assignments: tuple[Assigned, ...],
) -> Generator[None, None, tuple[list[list[Any]], list[tuple[Any, ...]]]]:
    """The rows to send, and the instances' values in `columns` at that time."""
    rows, written = [], []
    for at, instance in enumerate(instances):
        rows.append(_row(names, instance, columns, assignments))
        held = instance.__dict__
        written.append(tuple([held[name] for name in columns]))
        if at % BETWEEN == 0:
            yield
    return rows, written


def _row(
    names: Names, instance: object, columns: tuple[str, ...], assignments: tuple[Assigned, ...]
) -> list[Any]:
    metadata = names.meta.field_metadata
    if not isinstance(instance, names.model):
        raise ManagerError(
            f"bulk_update() takes instances of {names.label}, not {type(instance).__name__}",
            model=names.model,
        )
    row = []
    for name in names.primary_key:
        key = instance.__dict__.get(name)
        if key is None:
            raise ManagerError(f"bulk_update(): a {names.label} without a key", model=names.model)
        row.append(encoded(metadata[name], key))
    if names.meta.version is not None:
        row.append(expected_version(names, instance, "bulk_update()"))
    for name in columns:
        value = validate_field(names.model, name, getattr(instance, name))
        row.append(encoded(metadata[name], value))
    for item in assignments:
        for value in item.values:
            own = isinstance(value, Each)
            row.append(plain(value.function(instance)) if own else value)
    return row


def _statement(
    names: Names, columns: tuple[str, ...], assignments: tuple[Assigned, ...], features: Features
) -> tuple[_ir.Statement, Builder, None]:
    metadata = names.meta.field_metadata
    builder = Builder(features)
    version = names.meta.version
    keys = names.primary_key if version is None else (*names.primary_key, version)
    label_columns(builder, names, (*keys, *columns))
    scope = Scope(builder, names, inline=True)
    statement: _ir.BulkUpdate = {
        "table": table_of(names.meta, scope.alias),
        "keys": [insert_column(metadata[name]) for name in keys],
        "columns": [insert_column(metadata[name]) for name in columns],
        "assignments": [item.build(scope) for item in assignments],
    }
    return {"bulk_update": statement}, builder, None
