"""Which rows of a bulk upsert are new: told by the database where it can, else looked up before,
where nobody else can write in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import OxydeError, UnsupportedFeatureError
from oxyde.queries.names import Names
from oxyde.queries.rows_by_keys import rows_by_keys

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.conflict import Conflict

__all__ = ["CREATED", "check_created", "is_told", "looked_up"]

# PostgreSQL notes in `xmax` which transaction replaced or locked a row. That of a row which was
# just inserted is zero; that of one which the upsert changed is not, since the upsert locks it.
CREATED: _ir.Output = {
    "expr": {"raw": {"parts": [{"text": "(xmax = 0)"}], "type": "bool"}},
    "name": "oxyde_created",
}


def check_created(features: Mapping[str, bool], flavour: str, *, update: bool) -> None:
    """Refuse what cannot be told.

    Raises:
        OxydeError: rows that are there already are not changed.
        UnsupportedFeatureError: the database changes a row for whichever key clashes, and does
            not say what it did.
    """
    if not update:
        raise OxydeError(
            "returning_created is about upserts",
            hint="add update_conflicts=True; rows that are left alone do not come back",
        )
    if not features["conflict_target"]:
        raise UnsupportedFeatureError(
            f"bulk_create(returning_created=True) is not supported by {flavour}",
            hint="update_or_create() tells it for each row",
        )


def is_told(features: Mapping[str, bool]) -> bool:
    """Whether rows come back with `CREATED`. Where there are no row locks, a transaction that
    writes excludes all others."""
    return features["row_locks"]


async def looked_up(
    names: Names, conflict: Conflict, members: list[Any], executor: Executor
) -> list[bool]:
    """Which members will be created: those whose key is neither stored nor that of one before.

    Raises:
        OxydeError: the database holds keys for equal that are not.
    """
    target = conflict.target or names.primary_key
    given = [tuple([getattr(member, name) for name in target]) for member in members]
    # A key with NULL in it clashes with none.
    whole = [key for key in dict.fromkeys(given) if None not in key]
    rows = await rows_by_keys(names, target, whole, target, executor)
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
