"""Which rows of a bulk upsert are new.

PostgreSQL reports it, in the order of the rows. Elsewhere the keys are looked up before. On SQLite
no one else can write meanwhile. On MySQL and MariaDB the existing rows are locked, and the others
are inserted without the upsert clause, which fails if another transaction inserts one first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import OxydeError
from oxyde.queries.names import Names
from oxyde.queries.writes.keys import rows_by_keys

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde.db.executor import Executor
    from oxyde.queries.writes.bulk_rows import Group
    from oxyde.queries.writes.conflict import Conflict

__all__ = ["CREATED", "apart", "check_created", "is_told", "looked_up"]

# PostgreSQL stores in `xmax` the transaction that replaced or locked a row. It is zero for a newly
# inserted row, but not for one that the upsert changed, since the upsert locks it.
CREATED: _ir.Output = {
    "expr": {"raw": {"parts": [{"text": "(xmax = 0)"}], "type": "bool"}},
    "name": "oxyde_created",
}


def check_created(*, update: bool) -> None:
    """Refuse `returning_created` without an upsert.

    Raises:
        OxydeError: existing rows are not updated.
    """
    if not update:
        raise OxydeError(
            "returning_created applies to upserts only",
            hint="add update_conflicts=True; rows that are left unchanged are not returned",
        )


def is_told(features: Features) -> bool:
    """Whether rows are returned with `CREATED`."""
    return features.conflict_target and features.row_locks and features.ordered_returning


async def looked_up(
    names: Names, conflict: Conflict, members: list[Any], executor: Executor
) -> list[bool]:
    """Which members will be created: those whose key is neither stored nor used by an earlier
    member.

    Raises:
        OxydeError: the database treats different keys as equal.
    """
    target = conflict.target or names.primary_key
    given = [tuple([getattr(member, name) for name in target]) for member in members]
    # A key that contains NULL conflicts with nothing.
    whole = [key for key in dict.fromkeys(given) if None not in key]
    lock = executor.features.row_locks
    rows = await rows_by_keys(names, target, whole, target, executor, lock=lock)
    seen = set(rows)
    other = seen.difference(whole)
    if other:
        raise OxydeError(
            f"bulk_create(): the database compares {names.label}'s key {', '.join(target)} by "
            f"a collation that takes {next(iter(other))!r} for one of the new keys",
            hint="leave returning_created out",
        )
    created = []
    for key in given:
        created.append(key not in seen)
        if None not in key:
            seen.add(key)
    return created


def apart(group: Group, created: list[bool]) -> list[Group]:
    """Split a group: the rows that will be created, without an upsert clause, then the others."""
    parts = []
    for new in (True, False):
        chosen = [at for at, each in enumerate(created) if each is new]
        if chosen:
            part = group.part(chosen)
            part.created = [new] * len(chosen)
            if new:
                part.conflict, part.told = None, True
            parts.append(part)
    return parts
