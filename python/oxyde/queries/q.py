"""`Q` by the path that packages for every version of Oxyde import it from: `oxyde.queries.q`."""

from __future__ import annotations

from oxyde.queries.expressions.q import Q

__all__ = ["Q"]
