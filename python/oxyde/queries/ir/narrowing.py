"""What the conditions of a statement say about its rows: how many are left, and which related rows
they need."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxyde.queries.ir.expression import Expression

__all__ = ["ALL_ROWS", "Narrowing"]


class Narrowing:
    """What follows from conditions; here there are none.

    Only statements over relations ask, so that the answers are found on first use: see
    `compile.narrowing`.
    """

    @cached_property
    def few(self) -> bool:
        """Whether a key restricts the rows, so that related rows are looked up for each."""
        return False

    @cached_property
    def narrow(self) -> bool:
        """The same if a condition on an indexed column does."""
        return False

    @cached_property
    def row_by_row(self) -> bool:
        """Whether aggregates over relations are computed for so few rows that one pass over all
        related rows would be more work."""
        return False

    @cached_property
    def needed(self) -> frozenset[tuple[str, ...]]:
        """The paths without whose rows no condition is true."""
        return frozenset()

    @cached_property
    def needed_aggregates(self) -> tuple[Expression, ...]:
        """The aggregates over relations without whose rows none is."""
        return ()


ALL_ROWS = Narrowing()
