"""`execute_raw` by the path that packages for every version of Oxyde import it from:
`oxyde.queries.raw`."""

from __future__ import annotations

from oxyde.queries.results.raw import execute_raw

__all__ = ["execute_raw"]
