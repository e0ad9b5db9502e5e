"""Statements whose queries could see rows that they have changed already.

MySQL and MariaDB evaluate conditions and new values row by row while the statement runs, SQLite new
values, and a query in them sees what has become of earlier rows: deleted, changed, or cascaded to.
PostgreSQL reads all tables as they were before the statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oxyde.queries.ir.row_sets import reads_table_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde._meta import ForeignKey, ModelMeta

__all__ = ["computes_from_updated", "sees_deleted", "sees_updated"]

_NOTHING = ("NO ACTION", "RESTRICT")


def sees_deleted(features: Features | None, meta: ModelMeta, condition: object) -> bool:
    """Whether a query in a DELETE's condition could see which rows are deleted already."""
    if features is None or not features.reads_while_changing:
        return False
    return reads_table_of(condition, lambda: _changed_by_delete(meta))


def sees_updated(
    features: Features | None,
    meta: ModelMeta,
    assignments: list[_ir.Assignment],
    condition: object,
) -> bool:
    """Whether a query in an UPDATE's condition could see which rows are updated already."""
    if features is None or not features.reads_while_changing:
        return False
    return reads_table_of(condition, lambda: _changed_by_update(meta, assignments))


def computes_from_updated(
    features: Features | None, meta: ModelMeta, assignments: list[_ir.Assignment]
) -> bool:
    """Whether a query in the new values of an UPDATE could."""
    if features is None or not features.computes_while_changing:
        return False
    return reads_table_of(assignments, lambda: _changed_by_update(meta, assignments))


def _changed_by_delete(meta: ModelMeta) -> set[str]:
    """The tables whose rows change when rows of a table are deleted."""
    changed, deleted = {meta.table_name}, [meta]
    seen = {id(meta)}
    while deleted:
        for source, _, foreign_key in _referring(deleted.pop()):
            if foreign_key.on_delete in _NOTHING:
                continue
            changed.add(source.table_name)
            if foreign_key.on_delete == "CASCADE" and id(source) not in seen:
                seen.add(id(source))
                deleted.append(source)
    return changed


def _changed_by_update(meta: ModelMeta, assignments: list[_ir.Assignment]) -> set[str]:
    """The tables whose rows change when columns of a table's rows are updated."""
    changed = {meta.table_name}
    fields = [meta.columns[each["column"]["name"]] for each in assignments]
    updated = [(meta, name) for name in fields]
    seen = {(id(meta), name) for name in fields}
    while updated:
        target, field = updated.pop()
        for source, name, foreign_key in _referring(target):
            if foreign_key.on_update in _NOTHING or foreign_key.target_field != field:
                continue
            changed.add(source.table_name)
            if (id(source), name) not in seen:
                seen.add((id(source), name))
                updated.append((source, name))
    return changed


def _referring(target: ModelMeta) -> Iterator[tuple[ModelMeta, str, ForeignKey]]:
    """The foreign keys to a table: their tables, fields, and what they do."""
    for model in target.model._oxyde_tables():
        # A model that still waits for another one cannot be in a condition.
        if not model.__pydantic_complete__:
            continue
        meta: ModelMeta = model._db_meta
        for name, foreign_key in meta.references():
            if _is(foreign_key.model._db_meta, target):
                yield meta, name, foreign_key


def _is(one: ModelMeta, other: ModelMeta) -> bool:
    return (one.table_name, one.schema) == (other.table_name, other.schema)
