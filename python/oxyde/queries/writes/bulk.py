"""bulk_create: any number of rows, all or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from oxyde.db.slices import BETWEEN, MANY, in_slices, sliced_to_the_end
from oxyde.db.transaction import atomic
from oxyde.exceptions import DatabaseError, OxydeError, UniqueViolationError
from oxyde.hydration.recipe import cell_for, tuple_recipe
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.recipe import cell_of
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Builder
from oxyde.queries.names import Names
from oxyde.queries.writes.bulk_rows import Group, check_homes, grouped, instances_of
from oxyde.queries.writes.conflict import Conflict, conflict_of
from oxyde.queries.writes.insert import (
    insert_statement,
    is_counted,
    label_columns,
    tuple_of,
)
from oxyde.queries.writes.keys import row_of_each_key
from oxyde.queries.writes.row_upsert import (
    has_other_key,
    is_other_key,
    other_key,
    retried,
    upsert_row,
)
from oxyde.queries.writes.was_created import (
    CREATED,
    apart,
    check_created,
    is_told,
    looked_up,
)
from oxyde.signals import BulkCreateEvent, post_bulk_create, pre_bulk_create

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.compile.plans import Entry

__all__ = ["bulk_create", "check_size"]

# How often keys are looked up again after a new row had the key of a stored one.
_LOOKS = 5


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
    """Insert rows and return their instances, in order; with `returning_created`, pairs of an
    instance and whether its row is new."""
    check_size(batch_size)
    if returning_created:
        check_created(update=update_conflicts or update_fields is not None)
    instances = await instances_of(names, items)
    if not instances:
        return []
    event = None
    if pre_bulk_create.receivers or post_bulk_create.receivers:
        event = BulkCreateEvent(
            model=names.model,
            executor=executor,
            instances=instances,
            ignore_conflicts=ignore_conflicts,
            update_conflicts=update_conflicts or update_fields is not None,
        )
        await pre_bulk_create.send(event)
    await check_homes(names, instances, executor)
    groups = await grouped(names, instances, executor)
    for group in groups:
        group.conflict = conflict_of(
            names,
            ignore=ignore_conflicts,
            update=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
            given=[name for name in group.columns if name not in group.drawn],
        )
        group.told = group.conflict is None or group.conflict.writes()
    told = is_told(executor.features)
    looks = returning_created and not told
    written: list[Group] = []

    async def write(unit: bool, *, once: bool = False, exactly: bool = False) -> None:
        tells = returning_created and told
        written.clear()
        async with _one_unit(executor, unit) as place:
            for group in groups:
                parts = await _told_apart(names, group, place) if looks else [group]
                for part in parts:
                    await _insert(names, part, place, batch_size, tells, once=once, exactly=exactly)
                written.extend(parts)

    if not ignore_conflicts and groups[0].conflict is None:
        await write(len(groups) > 1, once=True)
    elif executor.features.conflict_target:
        groups = [part for group in groups for part in await _in_rounds(names, group)]
        await retried(lambda: write(len(groups) > 1 or looks), executor)
    else:
        groups = [part for group in groups for part in await _by_clash(names, group)]
        await _write_guarded(names, groups, write, executor, looks=looks)
    # In a transaction without pauses, during which it could be rolled back.
    stored = [
        work
        for group in written
        if group.filled is not None
        for work in names.model._oxyde_stored(
            group.inserting, group.members, executor, *group.filled
        )
    ]
    await sliced_to_the_end(stored, 0 if executor.in_transaction else len(instances))
    if event is not None:
        await post_bulk_create.send(event)
    if returning_created:
        return await in_slices(_with_created(instances, written), len(instances))
    return instances


async def _told_apart(names: Names, group: Group, executor: Executor) -> list[Group]:
    """Return the group, or its parts, with which of its rows will be created."""
    if group.conflict is None:
        group.created = [True] * len(group.members)
        return [group]
    group.created = await looked_up(names, group.conflict, group.members, executor)
    return [group] if executor.features.conflict_target else apart(group, group.created)


def _with_created(
    instances: list[Any], groups: list[Group]
) -> Generator[None, None, list[tuple[Any, bool]]]:
    """Pairs in the order of the instances, which may contain one twice."""
    found: dict[int, list[bool]] = {}
    for group in groups:
        pairs = zip(group.members, group.created or (), strict=True)
        for at, (member, created) in enumerate(pairs):
            found.setdefault(id(member), []).append(created)
            if at % BETWEEN == 0:
                yield
    told = []
    for at, instance in enumerate(instances):
        told.append((instance, found[id(instance)].pop(0)))
        if at % BETWEEN == 0:
            yield
    return told


def check_size(batch_size: int | None) -> None:
    """Check that a batch size is a positive integer."""
    if batch_size is None:
        return
    if type(batch_size) is not int or batch_size <= 0:
        raise OxydeError(f"batch_size must be a whole number above zero, not {batch_size!r}")


@asynccontextmanager
async def _keep(executor: Executor) -> AsyncIterator[Executor]:
    yield executor


def _one_unit(executor: Executor, several: bool) -> AbstractAsyncContextManager[Executor]:
    return atomic(client=executor) if several else _keep(executor)


async def _in_rounds(names: Names, group: Group) -> list[Group]:
    """Split the members into rounds with distinct keys, since a PostgreSQL statement changes a row
    only once. Later duplicates go to later rounds, so that the last one wins."""
    target = None if group.conflict is None else group.conflict.target
    if not group.told or target is None or any(name not in group.columns for name in target):
        return [group]
    keys = await group.key_of_each(names, target)
    if len(set(keys)) == len(keys):
        return [group]
    rounds: list[list[int]] = []
    seen: dict[tuple[Any, ...], int] = {}
    for at, key in enumerate(keys):
        turn = 0 if None in key else seen.get(key, 0)
        seen[key] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(at)
    return [group.part(chosen) for chosen in rounds]


async def _by_clash(names: Names, group: Group) -> list[Group]:
    """The members that can conflict and those that cannot, where the upsert clause checks all
    unique keys: a generated key or a NULL conflicts with nothing."""
    target = None if group.conflict is None else group.conflict.target
    if target is None:
        return [group]
    if any(name not in group.columns for name in target):
        group.conflict = None
        return [group]
    if not any(names.meta.field_metadata[name].nullable for name in target):
        return [group]
    apart: dict[bool, list[int]] = {}
    for at, key in enumerate(await group.key_of_each(names, target)):
        apart.setdefault(None in key, []).append(at)
    parts = []
    for free, chosen in sorted(apart.items()):
        part = group if len(apart) == 1 else group.part(chosen)
        if free:
            part.conflict = None
        parts.append(part)
    return parts


async def _write_guarded(
    names: Names,
    groups: list[Group],
    write: Callable[..., Awaitable[None]],
    executor: Executor,
    *,
    looks: bool,
) -> None:
    """Write groups with upsert clauses that check all unique keys.

    Args:
        looks: whether the keys are looked up before, so that others may insert one meanwhile.
    """
    targets = [
        (group.conflict.target, group.columns)
        for group in groups
        if group.conflict is not None and group.conflict.target is not None
    ]
    # Written rows are read again, and a failed statement must leave nothing behind.
    unit = (
        looks
        or len(groups) > 1
        or any(has_other_key(names, *each) for each in targets)
        or (not executor.in_transaction and any(group.told for group in groups))
    )
    try:
        await _until_alone(lambda: retried(lambda: write(unit), executor), looks=looks)
    except DatabaseError as error:
        if not targets or not is_other_key(error):
            raise
        if executor.in_transaction and not unit:
            raise other_key(names, targets[0][0]) from error
        await _until_alone(
            lambda: retried(lambda: write(True, exactly=True), executor), looks=looks
        )


async def _until_alone(work: Callable[[], Awaitable[None]], *, looks: bool) -> None:
    """Run `work`; where it looks up keys, again if others inserted one of them meanwhile."""
    for _ in range(_LOOKS if looks else 0):
        with suppress(UniqueViolationError):
            return await work()
    await work()


async def _insert(
    names: Names,
    group: Group,
    executor: Executor,
    batch_size: int | None,
    tells_created: bool,
    *,
    once: bool,
    exactly: bool,
) -> None:
    conflict, told = group.conflict, group.told
    left = tuple([name for name in names.fields if name not in group.columns])
    # An existing row keeps its values in columns that are not updated.
    kept = [name for name in group.columns if conflict is not None and name not in conflict.update]
    wanted = (*left, *kept)
    # Unchanged rows are not returned, so the returned ones could not be matched; nor could those
    # that come back in another order.
    in_order = executor.features.ordered_returning or group.alone
    returning = wanted if told and in_order else ()
    if group.alone:
        batch_size = 1
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
        cells = [cell_for(fields[name]) for name in returning]
        cells.append(cell_of(Typed(CREATED["expr"], "bool")))
        return {"insert": statement}, builder, tuple_recipe(cells)

    entry = entry_for(executor.features, shape, make, names.model)
    rows: list[Any] | None = None
    ids: list[int] | None = None
    if exactly and conflict is not None and conflict.target is not None:
        await _exactly(names, group, conflict, entry, executor, batch_size)
    else:
        _, rows, ids = await entry.bulk(executor, group.rows, batch_size, once=once)
    if not told:
        return
    if tells_created and rows is not None:
        group.created = await in_slices(_take_created(rows), len(rows))
    if returning and rows is not None:
        if len(rows) == len(group.members):
            group.filled = (returning, rows)
        return
    if conflict is not None:
        target = conflict.target or names.primary_key
        keys = await group.key_of_each(names, target)
        group.filled = await _read_again(names, target, keys, wanted, executor)
        return
    group.filled = await _without_returning(names, group, left, ids, executor)


def _take_created(rows: list[Any]) -> Generator[None, None, list[bool]]:
    """Remove the last value of each row."""
    created = []
    for at, row in enumerate(rows):
        created.append(row[-1])
        rows[at] = row[:-1]
        if at % BETWEEN == 0:
            yield
    return created


async def _without_returning(
    names: Names,
    group: Group,
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
    told = None if counted is None else ids
    keys = await in_slices(_keys(group, given, told), len(group.members))
    if counted is not None:
        given = (*given, counted)
    if reread:
        return await _read_again(names, given, keys, left, executor)
    # Without a default, an omitted column is NULL.
    nulls = tuple([name for name in left if name != counted])
    if nulls:
        await in_slices(_add_nulls(keys, len(nulls)), len(keys))
    return (*given, *nulls), keys


def _keys(
    group: Group, given: tuple[str, ...], ids: list[int] | None
) -> Generator[None, None, list[tuple[Any, ...]]]:
    """The keys of the members: their values of the fields `given`, and generated keys."""
    keys: list[tuple[Any, ...]] = []
    if not group.keys and not given and ids is not None:
        for at in range(0, len(ids), MANY):
            keys += zip(ids[at : at + MANY], strict=False)
            yield
        return keys
    for at, member in enumerate(group.members):
        key: tuple[Any, ...] = ()
        if group.keys:
            key = group.keys[at]
        elif given:
            held = vars(member)
            key = tuple([held[name] for name in given])
        keys.append(key if ids is None else (*key, ids[at]))
        if at % BETWEEN == 0:
            yield
    return keys


def _add_nulls(keys: list[tuple[Any, ...]], count: int) -> Generator[None, None, None]:
    none = (None,) * count
    for at, key in enumerate(keys):
        keys[at] = key + none
        if at % BETWEEN == 0:
            yield


async def _read_again(
    names: Names,
    key_names: tuple[str, ...],
    keys: list[tuple[Any, ...]],
    left: tuple[str, ...],
    executor: Executor,
) -> tuple[tuple[str, ...], list[Any]] | None:
    """The stored key and the fields `left`, by member."""
    wanted = tuple(dict.fromkeys((*key_names, *left)))
    rows = await row_of_each_key(
        names, key_names, keys, wanted, executor, lock=executor.in_transaction
    )
    return None if rows is None else (wanted, rows)


async def _exactly(
    names: Names,
    group: Group,
    conflict: Conflict,
    entry: Entry,
    executor: Executor,
    batch_size: int | None,
) -> None:
    """Write a group in which a row conflicts on another unique key: bisect to find that row, and
    write the others together."""
    try:
        async with atomic(client=executor) as block:
            await entry.bulk(block, group.rows, batch_size)
            return
    except DatabaseError as error:
        if not is_other_key(error):
            raise
    count = len(group.members)
    if count == 1:
        row = group.members[0]._oxyde_insert_values(executor)
        made = [name for name in names.primary_key if name in group.columns]
        for keys in group.keys:
            row.update(zip(made, keys, strict=True))
        await upsert_row(names, row, conflict, (), executor)
        return
    for part in (range(count // 2), range(count // 2, count)):
        half = group.part(list(part))
        await _exactly(names, half, conflict, entry, executor, batch_size)
