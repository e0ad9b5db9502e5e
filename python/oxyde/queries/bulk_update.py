"""bulk_update: some fields of any number of rows, all or none.

One statement per batch: a table of the rows' values beside the table that is changed. What stands
in expressions are further columns of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, ManagerError
from oxyde.queries.annotation import Context
from oxyde.queries.assign import Assigned, assigned
from oxyde.queries.bulk import check_size
from oxyde.queries.columns import DECIMAL, kind_of, plain
from oxyde.queries.expressions import Value
from oxyde.queries.insert import encoded, insert_column, label_columns
from oxyde.queries.names import Names
from oxyde.queries.outputs import output_type
from oxyde.queries.plans import entry_for
from oxyde.queries.scope import Builder, Scope, Typed, table_of
from oxyde.queries.validation import validate_field

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["Each", "bulk_update"]

_WIDER: dict[str, _ir.ColumnType] = {
    "small_int": "big_int",
    "integer": "big_int",
    "varchar": "text",
    "decimal": DECIMAL,
}


class Each(Value):
    """In an expression of bulk_update(), a value of each object:
    ``bulk_update(parts, stock=F("stock") - Each(lambda part: sold[part.id]))``.

    Args:
        function: gets an object, and gives its value.
        output: the type of the value, as for `Cast`; that of what stands beside it when None.
    """

    __slots__ = ("function", "type")

    def __init__(self, function: Callable[[Any], Any], *, output: Any = None) -> None:
        if not callable(function):
            raise FieldError(
                f"Each() takes a function from an object to a value, not {function!r:.80}",
                hint="a value that is the same for all objects stands there as it is",
            )
        super().__init__(None)
        self.function = function
        self.type = None if output is None else output_type(output)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its type; the value is found when the objects are gone through.

        Raises:
            FieldError: it stands elsewhere than in bulk_update().
        """
        if not context.objects:
            raise FieldError("Each() has its place in bulk_update() only", hint="use Value(…)")
        values.append(self)
        return ("each", repr(self.type))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param.

        Raises:
            FieldError: its type is not known.
        """
        column_type = self.type
        if column_type is None and want is not None:
            column_type = _WIDER.get(kind_of(want), want)
        if column_type is None:
            raise FieldError(f"the type of {self!r} is not known", hint="say it: output=int")
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
) -> int:
    """Write some fields of many rows: values of their own, and expressions; the number of rows."""
    check_size(batch_size)
    columns = _columns(names, fields)
    assignments = assigned(Context(names, {}, objects=True), expressions)
    _check(names, columns, assignments)
    instances = list(items)
    rows = [_row(names, instance, columns, assignments) for instance in instances]
    if not rows:
        return 0
    if assignments:
        _check_once(names, rows)
    shape = ("bulk update", names.model, columns, tuple([item.shape for item in assignments]))

    def make() -> tuple[_ir.Statement, Builder, None]:
        return _statement(names, columns, assignments, executor.flavour)

    entry = entry_for(executor.flavour, shape, make, names.model)
    affected, _, _ = await entry.bulk(executor, rows, batch_size)
    for instance in instances:
        state = instance._oxyde_state
        if state is not None and state.changed:
            state.changed.difference_update(columns)
    return affected


def _columns(names: Names, fields: Iterable[str]) -> tuple[str, ...]:
    listed = [fields] if isinstance(fields, str) else fields
    return tuple(dict.fromkeys(names.field(name).name for name in listed))


def _check(names: Names, columns: tuple[str, ...], assignments: tuple[Assigned, ...]) -> None:
    written = (*columns, *[item.field.name for item in assignments])
    if not written:
        raise FieldError("bulk_update() needs the fields to write", hint='["name", …]')
    for name in written:
        if name in names.primary_key:
            raise FieldError(f"bulk_update() cannot change the key `{names.label}.{name}`")
        if written.count(name) > 1:
            raise FieldError(f"`{names.label}.{name}` is set twice")


def _check_once(names: Names, rows: list[list[Any]]) -> None:
    """An expression over the row would count it once on one database and twice on another."""
    width = len(names.primary_key)
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = tuple(row[:width])
        if key in seen:
            raise ManagerError(
                f"bulk_update(): the {names.label} with the key {key[0] if width == 1 else key} "
                "stands there twice",
                hint="an expression changes each row once: leave one of them out",
                model=names.model,
            )
        seen.add(key)


def _row(
    names: Names, instance: Any, columns: tuple[str, ...], assignments: tuple[Assigned, ...]
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
    for name in columns:
        value = validate_field(names.model, name, getattr(instance, name))
        row.append(encoded(metadata[name], value))
    for item in assignments:
        for value in item.values:
            own = isinstance(value, Each)
            row.append(plain(value.function(instance)) if own else value)
    return row


def _statement(
    names: Names, columns: tuple[str, ...], assignments: tuple[Assigned, ...], flavour: str
) -> tuple[_ir.Statement, Builder, None]:
    metadata = names.meta.field_metadata
    builder = Builder(flavour)
    label_columns(builder, names, (*names.primary_key, *columns))
    scope = Scope(builder, names, inline=True)
    statement: _ir.BulkUpdate = {
        "table": table_of(names.meta, scope.alias),
        "keys": [insert_column(metadata[name]) for name in names.primary_key],
        "columns": [insert_column(metadata[name]) for name in columns],
        "assignments": [item.build(scope) for item in assignments],
    }
    return {"bulk_update": statement}, builder, None
