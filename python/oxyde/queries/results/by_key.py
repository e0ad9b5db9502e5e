"""in_bulk(): rows in a dict, by a unique field or by their key."""

from __future__ import annotations

from collections.abc import Generator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from oxyde.db.slices import BETWEEN
from oxyde.exceptions import FieldError
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.names import key_of

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState

__all__ = ["by_fields", "in_bulk_fields"]


def in_bulk_fields(query: QueryState[Any, Any], field: str) -> tuple[str, ...]:
    """The fields that tell rows apart: a unique one, or those of the key.

    Raises:
        FieldError: the field is unknown or not unique, or the rows are not models.
    """
    names = query._names
    if query._row is not RowKind.MODEL:
        raise FieldError("in_bulk() returns models: leave out values() and values_list()")
    if field == "pk" and names.has_composite_key:
        return names.primary_key
    meta = key_of(names, "in_bulk()") if field == "pk" else names.field(field)
    unique = (
        meta.unique
        or (meta.primary_key and len(names.primary_key) == 1)
        or (meta.name,) in names.meta.unique_together
        or (meta.name in names.meta.live_uniques and names.scope in query._where)
    )
    if not unique:
        raise FieldError(f"`{names.label}.{meta.name}` is not unique")
    return (meta.name,)


def by_fields(rows: list[Any], names: tuple[str, ...]) -> Generator[None, None, dict[Any, Any]]:
    """The rows by the value of a field, or by a tuple of several, in slices."""
    key = itemgetter(*names)
    found = {}
    for at, row in enumerate(rows):
        found[key(row.__dict__)] = row
        if at % BETWEEN == 0:
            yield
    return found
