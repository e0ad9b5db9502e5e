"""INSERT of one row, with what the database fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.queries.default_keys import default_keys
from oxyde.queries.names import Names, names_of
from oxyde.queries.plans import entry_for
from oxyde.queries.rows import recipes
from oxyde.queries.scope import Builder, column, table_of

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.meta import FieldMeta

__all__ = ["encoded", "insert_one", "insert_statement", "is_counted", "label_columns"]


def encoded(field: FieldMeta, value: Any) -> Any:
    """A field's value as it is bound."""
    if value is None or field.encode is None:
        return value
    return field.encode(value)


async def insert_one(
    model: type[Any], values: Mapping[str, Any], executor: Executor
) -> dict[str, Any]:
    """Insert a row.

    Args:
        model: its model.
        values: validated values by field; the database fills in the others.
        executor: where.

    Returns:
        The values of the fields that were not given.

    Raises:
        IntegrityError: the database refuses the row.
    """
    names = names_of(model)
    fields = names.meta.field_metadata
    given = tuple(values)
    left = tuple([name for name in names.fields if name not in values])
    returning = executor.features["insert_returning"] and not is_counted(names, left, executor)
    if not left or returning:
        row = [encoded(fields[name], value) for name, value in values.items()]
        return await _insert_returning(names, given, left, row, executor)
    (filled,) = await default_keys(names, left, 1, executor)
    given = (*given, *filled)
    row = [encoded(fields[name], value) for name, value in values.items()]
    row += [encoded(fields[name], value) for name, value in filled.items()]
    entry = entry_for(
        executor.flavour, ("insert", model, given, ()), lambda: _single(names, given, ()), model
    )
    _, last_id = await entry.execute(executor, row)
    key = {name: values.get(name, filled.get(name)) for name in names.primary_key}
    reread = []
    for name in left:
        field = fields[name]
        if name in filled:
            continue
        if field.auto_increment:
            filled[name] = key[name] = last_id
        elif field.generated:
            reread.append(name)
        else:
            filled[name] = None
    if reread:
        filled.update(await _read_again(names, tuple(reread), key, executor))
    return filled


def is_counted(names: Names, left: tuple[str, ...], executor: Executor) -> bool:
    """Whether all that the database fills in is a key that it counts, and tells at no cost."""
    return (
        len(left) == 1
        and executor.features["counted_keys"]
        and names.meta.field_metadata[left[0]].auto_increment
    )


async def _insert_returning(
    names: Names,
    given: tuple[str, ...],
    left: tuple[str, ...],
    row: list[Any],
    executor: Executor,
) -> dict[str, Any]:
    entry = entry_for(
        executor.flavour,
        ("insert", names.model, given, left),
        lambda: _single(names, given, left),
        names.model,
    )
    if entry.recipe is None:
        await entry.execute(executor, row)
        return {}
    rows = await entry.fetch(executor, row)
    return dict(zip(left, rows[0], strict=True))


def _single(
    names: Names, given: tuple[str, ...], left: tuple[str, ...]
) -> tuple[_ir.Statement, Builder, Any]:
    builder = Builder()
    statement = insert_statement(names, given, left, source="row")
    label_columns(builder, names, given)
    return {"insert": statement}, builder, tuple_of(names, left) if left else None


def tuple_of(names: Names, fields: Sequence[str]) -> Any:
    """The recipe for tuples of these fields."""
    make = recipes()
    return make.tuple_recipe([make.cell_for(names.meta.field_metadata[name]) for name in fields])


def label_columns(builder: Builder, names: Names, given: Sequence[str]) -> None:
    """Name the params of an insert."""
    for index, name in enumerate(given):
        builder.label(index, f"{names.label}.{name}", False)
    builder.index = len(given)


def insert_column(field: FieldMeta) -> _ir.InsertColumn:
    """A column that is written."""
    return {"name": field.db_column, "type": field.column_type}


def insert_statement(
    names: Names,
    given: Sequence[str],
    returning: Sequence[str],
    *,
    source: _ir.InsertSource,
    conflict: _ir.Conflict | None = None,
) -> _ir.Insert:
    """An INSERT of the fields `given`, which returns the fields `returning`."""
    fields = names.meta.field_metadata
    alias = names.meta.table_name
    return {
        "table": table_of(names.meta, alias),
        "columns": [insert_column(fields[name]) for name in given],
        "source": source,
        "conflict": conflict,
        "returning": [
            {"expr": column(alias, fields[name]), "name": fields[name].db_column}
            for name in returning
        ],
    }


async def _read_again(
    names: Names, wanted: tuple[str, ...], key: Mapping[str, Any], executor: Executor
) -> dict[str, Any]:
    from oxyde.queries.query import Query

    query: Query[Any, Any] = Query(names.model)
    rows = await query.filter(**key).values_list(*wanted).all(client=executor)
    return dict(zip(wanted, rows[0], strict=True))
