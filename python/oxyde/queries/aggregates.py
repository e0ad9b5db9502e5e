"""The aggregates by the path that packages for every version of Oxyde import them from:
`oxyde.queries.aggregates`."""

from __future__ import annotations

from oxyde.queries.expressions.aggregates import Avg, Count, Max, Min, Sum

__all__ = ["Avg", "Count", "Max", "Min", "Sum"]
