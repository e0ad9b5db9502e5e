"""upsert: one row, inserted or changed in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, ManagerError
from oxyde.queries.assign import assigned
from oxyde.queries.conflict import Conflict, key_among, unique_key
from oxyde.queries.default_keys import default_keys
from oxyde.queries.insert import encoded, insert_statement, label_columns
from oxyde.queries.plans import entry_for
from oxyde.queries.rows import Cells, from_database
from oxyde.queries.scope import Builder, Scope
from oxyde.queries.validation import build

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["upsert"]


async def upsert(
    query: Query[Any, Any],
    values: Mapping[str, Any],
    executor: Executor,
    *,
    unique_fields: Iterable[str] | None,
    update_fields: Iterable[str] | None,
    update: Mapping[str, Any] | None,
) -> Any:
    """Insert a row, or change the one that has its unique key; the instance, as it is stored."""
    names = query._names
    if not values:
        raise ManagerError(f"upsert() needs the values of a {names.label}", model=names.model)
    instance = build(names.model, values)
    row: dict[str, Any] = instance._oxyde_insert_values()
    instance._oxyde_check_links(executor)
    if not executor.features["insert_returning"]:
        left = [name for name in names.fields if name not in row]
        (keys,) = await default_keys(names, left, 1, executor)
        row.update(keys)
    if unique_fields is not None:
        target = unique_key(names, unique_fields)
        missing = [name for name in target if name not in row]
        if missing:
            raise FieldError(f"upsert(): the key `{missing[0]}` has no value")
    else:
        target = key_among(names, {name: value for name, value in row.items() if name in values})
    changes = assigned(query._context(), update or {})
    conflict = Conflict(target, _changed(query, values, target, update_fields, update))
    if not conflict.update and not changes:
        # Something must be written for the row to come back.
        conflict = Conflict(target, target[:1])
    fields = names.meta.field_metadata
    columns = tuple(row)
    returning = names.fields if executor.features["insert_returning"] else ()
    bound = [encoded(fields[name], value) for name, value in row.items()]
    bound += [value for item in changes for value in item.values]
    shape = (
        "upsert",
        names.model,
        columns,
        conflict.shape,
        tuple([item.shape for item in changes]),
        returning,
    )

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder()
        label_columns(builder, names, columns)
        scope = Scope(builder, names, inline=True)
        clause = conflict.build(names, [item.build(scope) for item in changes])
        statement = insert_statement(names, columns, returning, source="row", conflict=clause)
        cells = Cells("model", names)
        cells.fields = names.fields
        return {"insert": statement}, builder, cells.recipe("model") if returning else None

    entry = entry_for(executor.flavour, shape, make, names.model)
    if entry.recipe is not None:
        rows = await entry.fetch(executor, bound)
        from_database(rows, executor)
        return rows[0]
    await entry.execute(executor, bound)
    # A row that was there keeps its key: it is found by the key that clashed.
    again = query.filter(**{name: row[name] for name in target})
    found = await again._rows_on(executor)
    return found[0]


def _changed(
    query: Query[Any, Any],
    values: Mapping[str, Any],
    target: tuple[str, ...],
    update_fields: Iterable[str] | None,
    update: Mapping[str, Any] | None,
) -> tuple[str, ...]:
    names = query._names
    if update_fields is not None:
        listed = [update_fields] if isinstance(update_fields, str) else update_fields
        return tuple([names.field(name).name for name in listed])
    if update is not None:
        return ()
    given = [names.field(name).name for name in values if name in names.meta.field_metadata]
    given += [
        names.field(name).name
        for name, relation in names.meta.relations.items()
        if name in values and relation.column is not None
    ]
    left_alone = {*target, *names.primary_key}
    return tuple([name for name in names.fields if name in given and name not in left_alone])
