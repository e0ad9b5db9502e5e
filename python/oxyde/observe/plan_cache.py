"""How many statements were compiled, and how many are kept."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["PlanCounts", "plan_counts"]


class PlanCounts:
    """Counts of compiled statements, of all databases of the process.

    Attributes:
        compiled: statements that were compiled, because no plan of their shape was kept.
        kept: returns how many plans are kept.
    """

    def __init__(self) -> None:
        self.compiled = 0
        self.kept: Callable[[], int] = int


plan_counts = PlanCounts()
