"""How stored rows that their model refuses are handled when they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import RowValidationError

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState

__all__ = ["sifted"]


def sifted(query: QueryState[Any, Any], rows: list[Any]) -> list[Any]:
    """The rows without the errors that stand in for skipped rows."""
    if query._invalid != "skip":
        return rows
    valid: list[Any] = []
    for row in rows:
        if not isinstance(row, RowValidationError):
            valid.append(row)
        elif query._on_skipped is not None:
            query._on_skipped(row)
    return valid
