"""Parts of every INSERT: columns, statement, recipe of the returned rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oxyde.hydration.recipe import cell_for, tuple_recipe
from oxyde.queries.ir.nodes import column, table_of
from oxyde.queries.ir.scope import Builder
from oxyde.queries.names import Names

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.db.executor import Executor

__all__ = [
    "encoded",
    "insert_column",
    "insert_statement",
    "is_counted",
    "label_columns",
    "tuple_of",
]


def encoded(field: FieldMeta, value: object) -> object:
    """A field's value in its bound form."""
    if value is None or field.encode is None:
        return value
    return field.encode(value)


def is_counted(names: Names, left: tuple[str, ...], executor: Executor) -> bool:
    """Whether the database fills in nothing but an auto-increment key, which it reports at no
    cost."""
    return (
        len(left) == 1
        and executor.features.counted_keys
        and names.meta.field_metadata[left[0]].auto_increment
    )


def tuple_of(names: Names, fields: Sequence[str]) -> Any:
    """The recipe for tuples of these fields."""
    return tuple_recipe([cell_for(names.meta.field_metadata[name]) for name in fields])


def label_columns(builder: Builder, names: Names, given: Sequence[str]) -> None:
    """Name the params of an insert."""
    for index, name in enumerate(given, builder.reserve(len(given))):
        builder.label(index, f"{names.label}.{name}", False)


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
