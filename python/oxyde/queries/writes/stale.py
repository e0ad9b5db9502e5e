"""Rows whose version is not the one that an instance was read with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import ManagerError, StaleObjectError, StaleRow
from oxyde.queries.writes.keys import rows_by_keys

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.names import Names

__all__ = ["expected_version", "stale_error"]

# The rows that the message names; the error has all of them.
_NAMED = 3


def expected_version(names: Names, instance: Any, verb: str) -> int:
    """The version that an instance was read with, or was given.

    Args:
        verb: the method, for the error.

    Raises:
        ManagerError: it is not known.
        FieldError: it was not loaded.
    """
    name = names.meta.version
    assert name is not None
    value: object = getattr(instance, name)
    if instance._oxyde_state is None and name not in instance.__pydantic_fields_set__:
        raise ManagerError(
            f"{verb} of a {names.label} that was not loaded: its `{name}` is not known",
            model=names.model,
            hint=f"load the row, or give the {name} that it was read with; "
            f"{names.label}.objects.filter(…).update(…) writes whatever it is",
        )
    if type(value) is not int:
        raise ManagerError(
            f"{verb} of a {names.label}: `{name}` must be the number that the row was read with, "
            f"not {value!r:.80}",
            model=names.model,
        )
    return value


async def stale_error(
    names: Names, expected: Mapping[tuple[Any, ...], int], executor: Executor, verb: str
) -> StaleObjectError:
    """The error for rows that were not found with their versions.

    Args:
        expected: the versions, by key.
        verb: the method, for the error.
    """
    key, version = names.primary_key, names.meta.version
    assert version is not None
    lock = executor.in_transaction
    rows = await rows_by_keys(names, key, list(expected), (*key, version), executor, lock=lock)
    found = {row[:-1]: row[-1] for row in rows}
    stale = [
        StaleRow(dict(zip(key, each, strict=True)), number, found.get(each))
        for each, number in expected.items()
        if found.get(each) != number
    ]
    # None, if it was changed back meanwhile.
    stale = stale or [
        StaleRow(dict(zip(key, each, strict=True)), number, number)
        for each, number in expected.items()
    ]
    told = "; ".join(_told(row) for row in stale[:_NAMED])
    if len(stale) > _NAMED:
        told += f"; and {len(stale) - _NAMED} more"
    return StaleObjectError(
        f"{verb} of a stale {names.label}, nothing was written: {told}",
        model=names.model,
        rows=stale,
        hint="refresh() it and make the change again, or read and change it in a function with "
        "@atomic(retries=3)",
    )


def _told(row: StaleRow) -> str:
    key = ", ".join(f"{name}={value!r}" for name, value in row.key.items())
    if row.found is None:
        return f"the row with {key} is gone (it was read at version {row.expected})"
    if row.found == row.expected:
        return f"the row with {key} was changed since it was read at version {row.expected}"
    return (
        f"the row with {key} was changed since it was read: "
        f"it is at version {row.found}, not {row.expected}"
    )
