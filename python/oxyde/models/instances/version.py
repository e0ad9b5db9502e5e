"""Writes of instances whose model has `Meta.version`: only if nobody changed the row since it was
read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.hydration.state import state_of
from oxyde.models.instances.undo import Before

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.db.executor import Executor
    from oxyde.exceptions import StaleObjectError
    from oxyde.models.model import Model

__all__ = ["delete_unchanged", "known_version", "stale_row", "update_unchanged", "versions_written"]


async def update_unchanged(
    instance: Model,
    meta: ModelMeta,
    key: Mapping[str, Any],
    values: dict[str, Any],
    read: tuple[str, ...],
    executor: Executor,
) -> dict[str, Any]:
    """Update the row if it has the version that the instance was read with; return what the
    instance gets."""
    # Imported here so that defining models loads no queries.
    from oxyde.queries.writes.instance import update_rows

    assert meta.version is not None
    version = known_version(instance, meta, "save()")
    values[meta.version] = version + 1
    found, filled = await update_rows(
        meta.model, key, values, executor, expected={meta.version: version}, read=read
    )
    if found == 0:
        raise await stale_row(meta, key, version, executor, "save()")
    return {**filled, meta.version: version + 1}


async def delete_unchanged(
    instance: Model, meta: ModelMeta, key: Mapping[str, Any], executor: Executor
) -> int:
    """Delete the row if it has the version that the instance was read with."""
    # Imported here as above.
    from oxyde.queries.writes.instance import delete_rows

    assert meta.version is not None
    version = known_version(instance, meta, "delete()")
    rows = await delete_rows(meta.model, {**key, meta.version: version}, executor)
    if not rows:
        raise await stale_row(meta, key, version, executor, "delete()")
    return rows


def known_version(instance: Model, meta: ModelMeta, verb: str) -> int:
    """The version that an instance was read with, or was given; see `expected_version`."""
    # Imported here as above.
    from oxyde.queries.names import names_of
    from oxyde.queries.writes.stale import expected_version

    return expected_version(names_of(meta.model), instance, verb)


async def stale_row(
    meta: ModelMeta, key: Mapping[str, Any], version: int, executor: Executor, verb: str
) -> StaleObjectError:
    """The error for a row that was not found with its version."""
    # Imported here as above.
    from oxyde.queries.names import names_of
    from oxyde.queries.writes.stale import stale_error

    return await stale_error(names_of(meta.model), {tuple(key.values()): version}, executor, verb)


def versions_written(meta: ModelMeta, instances: Iterable[Model], executor: Executor) -> None:
    """Count the version of instances that one statement updated (`bulk_update`)."""
    assert meta.version is not None
    for instance in instances:
        held, state = vars(instance), state_of(instance)
        counted = {meta.version: held[meta.version] + 1}
        if executor.journal is not None:
            executor.journal.add(Before(instance, counted))
        held.update(counted)
        if state is not None and meta.version in state.changed:
            state.changed.discard(meta.version)
