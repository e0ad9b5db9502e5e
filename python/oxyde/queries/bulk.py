"""bulk_create: any number of rows, all or none."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from oxyde import _ir
from oxyde.db.transaction import atomic
from oxyde.exceptions import ManagerError, OxydeError
from oxyde.queries.conflict import Conflict, conflict_of
from oxyde.queries.created import CREATED, check_created, is_told, looked_up
from oxyde.queries.default_keys import default_keys
from oxyde.queries.insert import (
    encoded,
    insert_statement,
    is_counted,
    label_columns,
    tuple_of,
)
from oxyde.queries.names import Names
from oxyde.queries.plans import entry_for
from oxyde.queries.rows import cell_of, recipes
from oxyde.queries.rows_by_keys import rows_by_keys
from oxyde.queries.scope import Builder, Typed
from oxyde.queries.validation import build, check_values

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oxyde._core import Inserting, Rows
    from oxyde.db.executor import Executor

__all__ = ["bulk_create", "check_size"]


class _Group:
    """Rows that give the same columns.

    Attributes:
        inserting: what read the rows from all members in one go, if that could be.
        keys: the parts of the key that are in `columns`, by member, where they may have been made
            just now.
        filled: the fields that the database filled in, and their values by member; None where it
            does not tell.
        created: for an upsert, whether each member's row is new, if that was asked for.
    """

    __slots__ = ("columns", "created", "filled", "inserting", "keys", "members", "rows")

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.members: list[Any] = []
        self.rows: Rows | list[list[Any]] = []
        self.inserting: Inserting | None = None
        self.keys: list[tuple[Any, ...]] = []
        self.filled: tuple[tuple[str, ...], list[Any]] | None = None
        self.created: list[bool] | None = None


async def bulk_create(
    names: Names,
    items: Iterable[Any],
    executor: Executor,
    *,
    batch_size: int | None,
    ignore_conflicts: bool,
    update_conflicts: bool,
    update_fields: Iterable[str] | None,
    unique_fields: Iterable[str] | None,
    returning_created: bool,
) -> list[Any]:
    """Insert rows and give their instances, in order; with `returning_created` pairs of each and
    whether its row is new."""
    check_size(batch_size)
    if returning_created:
        update = update_conflicts or update_fields is not None
        check_created(executor.features, executor.flavour, update=update)
    instances = _instances(names, items)
    if not instances:
        return []
    for name, relation in names.meta.relations.items():
        if relation.column is not None:
            for instance in instances:
                other = instance.__dict__.get(name)
                if other is not None:
                    other._oxyde_check_home(f"{names.label}.{name}", executor)
    groups = await _grouped(names, instances, executor)
    conflicts = [
        conflict_of(
            names,
            ignore=ignore_conflicts,
            update=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
            given=group.columns,
        )
        for group in groups
    ]
    told = is_told(executor.features)
    looks = returning_created and not told
    async with _one_unit(executor, len(groups) > 1 or looks) as place:
        for group, conflict in zip(groups, conflicts, strict=True):
            if looks and conflict is not None:
                group.created = await looked_up(names, conflict, group.members, place)
            await _insert(names, group, conflict, place, batch_size, returning_created and told)
    for group in groups:
        if group.filled is not None:
            names.model._oxyde_stored(group.inserting, group.members, executor.name, *group.filled)
    return _with_created(instances, groups) if returning_created else instances


def _with_created(instances: list[Any], groups: list[_Group]) -> list[tuple[Any, bool]]:
    """Pairs in the order of the instances, of which one may stand there twice."""
    found: dict[int, list[bool]] = {}
    for group in groups:
        for member, created in zip(group.members, group.created or (), strict=True):
            found.setdefault(id(member), []).append(created)
    return [(instance, found[id(instance)].pop(0)) for instance in instances]


def check_size(batch_size: int | None) -> None:
    """Refuse a size of a batch that is not a number above zero."""
    if batch_size is not None and (isinstance(batch_size, bool) or not batch_size > 0):
        raise OxydeError(f"batch_size is a number above zero, not {batch_size!r}")


# From this many rows on the collector would run again and again over instances that are all alive.
_MANY = 200


def _instances(names: Names, items: Iterable[Any]) -> list[Any]:
    # What an iterator of the user does meanwhile is not known.
    if not (isinstance(items, (list, tuple)) and len(items) >= _MANY and gc.isenabled()):
        return _made(names, items)
    gc.disable()
    try:
        return _made(names, items)
    finally:
        gc.enable()


def _made(names: Names, items: Iterable[Any]) -> list[Any]:
    model, columns = names.model, names.columns
    validate = model.__pydantic_validator__.validate_python
    made: list[Any] = []
    item: Any = None
    try:
        for item in items:
            if isinstance(item, model):
                made.append(item)
            elif not isinstance(item, dict):
                raise ManagerError(
                    f"bulk_create() takes instances of {names.label} and dicts, "
                    f"not {type(item).__name__}",
                    model=model,
                )
            elif item.keys() <= columns:
                # No name has to be looked up, which costs as much as the validation itself.
                made.append(validate(item, by_alias=True, by_name=True))
            else:
                made.append(build(model, item, names))
    except ValidationError:
        if isinstance(item, dict):
            check_values(names, item)
        raise
    return made


async def _grouped(names: Names, instances: list[Any], executor: Executor) -> list[_Group]:
    fields = names.meta.field_metadata
    returning = executor.features["insert_returning"]
    whole = _alike(names, instances, returning=returning)
    if whole is not None:
        return [whole]
    groups: dict[tuple[str, ...], tuple[_Group, list[list[Any]]]] = {}
    encoders = {name: field for name, field in fields.items() if field.encode is not None}
    given: list[dict[str, Any]] = [instance._oxyde_insert_values() for instance in instances]
    if not returning:
        await _fill_keys(names, given, executor)
    for instance, values in zip(instances, given, strict=True):
        columns = tuple(values)
        found = groups.get(columns)
        if found is None:
            found = groups[columns] = (_Group(columns), [])
        group, rows = found
        group.members.append(instance)
        group.keys.append(tuple([values[name] for name in names.primary_key if name in values]))
        if encoders:
            rows.append(
                [
                    encoded(encoders[name], value) if name in encoders else value
                    for name, value in values.items()
                ]
            )
        else:
            rows.append(list(values.values()))
    for group, rows in groups.values():
        group.rows = rows
    return [group for group, _ in groups.values()]


async def _fill_keys(names: Names, given: list[dict[str, Any]], executor: Executor) -> None:
    """Add the keys that the database would make and not tell."""
    lacking: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for values in given:
        left = tuple([name for name in names.primary_key if name not in values])
        if left:
            lacking.setdefault(left, []).append(values)
    for left, rows in lacking.items():
        made = await default_keys(names, left, len(rows), executor)
        for values, keys in zip(rows, made, strict=True):
            values.update(keys)


def _alike(names: Names, instances: list[Any], *, returning: bool) -> _Group | None:
    """All instances as one group, where they can be read without asking each of them."""
    columns = tuple(instances[0]._oxyde_insert_values())
    if not returning and any(
        name not in columns and not names.meta.field_metadata[name].auto_increment
        for name in names.primary_key
    ):
        return None
    if columns not in names.inserting:
        names.inserting[columns] = names.model._oxyde_inserting(columns)
    inserting = names.inserting[columns]
    rows = None if inserting is None else inserting.rows(instances)
    if rows is None:
        return None
    group = _Group(columns)
    group.members, group.rows, group.inserting = instances, rows, inserting
    return group


@asynccontextmanager
async def _keep(executor: Executor) -> AsyncIterator[Executor]:
    yield executor


def _one_unit(executor: Executor, several: bool) -> AbstractAsyncContextManager[Executor]:
    return atomic(client=executor) if several else _keep(executor)


async def _insert(
    names: Names,
    group: _Group,
    conflict: Conflict | None,
    executor: Executor,
    batch_size: int | None,
    tells_created: bool,
) -> None:
    left = tuple([name for name in names.fields if name not in group.columns])
    # Rows that were left alone do not come back, so that the others could not be told apart.
    if tells_created and conflict is not None and not conflict.update:
        # Something must be written for the row to come back.
        conflict = Conflict(conflict.target, (conflict.target or names.primary_key)[:1])
    told = conflict is None or bool(conflict.update)
    returning = left if told and executor.features["insert_returning"] else ()
    if conflict is None and is_counted(names, left, executor):
        returning = ()
    shape = (
        "bulk insert",
        names.model,
        group.columns,
        returning,
        None if conflict is None else conflict.shape,
        tells_created,
    )

    def make() -> tuple[_ir.Statement, Builder, Any]:
        builder = Builder()
        clause = None if conflict is None else conflict.build(names)
        statement = insert_statement(
            names, group.columns, returning, source="rows", conflict=clause
        )
        label_columns(builder, names, group.columns)
        if not tells_created:
            recipe = tuple_of(names, returning) if returning else None
            return {"insert": statement}, builder, recipe
        statement["returning"].append(CREATED)
        fields = names.meta.field_metadata
        cells = [recipes().cell_for(fields[name]) for name in returning]
        cells.append(cell_of(Typed(CREATED["expr"], "bool")))
        return {"insert": statement}, builder, recipes().tuple_recipe(cells)

    entry = entry_for(executor.flavour, shape, make, names.model)
    _, rows, ids = await entry.bulk(executor, group.rows, batch_size)
    if not told:
        return
    if tells_created and rows is not None:
        group.created = [row[-1] for row in rows]
        rows = [row[:-1] for row in rows]
    if returning:
        if rows is None or len(rows) != len(group.members):
            return
        group.filled = (returning, rows)
        return
    if left and conflict is not None:
        return
    group.filled = await _without_returning(names, group, left, ids, executor)


async def _without_returning(
    names: Names,
    group: _Group,
    left: tuple[str, ...],
    ids: list[int] | None,
    executor: Executor,
) -> tuple[tuple[str, ...], list[Any]] | None:
    fields = names.meta.field_metadata
    counted = next((name for name in left if fields[name].auto_increment), None)
    reread = [name for name in left if fields[name].generated and name != counted]
    if counted is not None and (ids is None or len(ids) != len(group.members)):
        return None
    given = tuple([name for name in names.primary_key if name in group.columns])
    keys: list[tuple[Any, ...]] = group.keys or [()] * len(group.members)
    if given and not group.keys:
        keys = [tuple([vars(each)[name] for name in given]) for each in group.members]
    if counted is not None and ids is not None:
        given = (*given, counted)
        keys = [(*key, last) for key, last in zip(keys, ids, strict=True)]
    if reread:
        return await _read_again(names, given, keys, left, executor)
    # Without a default, what was left out is NULL.
    nulls = tuple([name for name in left if name != counted])
    none = (None,) * len(nulls)
    return (*given, *nulls), [key + none for key in keys]


async def _read_again(
    names: Names,
    key_names: tuple[str, ...],
    keys: list[tuple[Any, ...]],
    left: tuple[str, ...],
    executor: Executor,
) -> tuple[tuple[str, ...], list[Any]] | None:
    """What is stored in the key and in the fields `left`, by member."""
    wanted = tuple(dict.fromkeys((*key_names, *left)))
    rows = await rows_by_keys(names, key_names, keys, wanted, executor)
    found = {row[: len(key_names)]: row for row in rows}
    try:
        return wanted, [found[key] for key in keys]
    except KeyError:  # the database stores a key otherwise than it was given
        return None
