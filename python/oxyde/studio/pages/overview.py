"""The first page: the tables and how many rows they have."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from oxyde.studio.counts import count_all
from oxyde.studio.site import Site

__all__ = ["page"]


async def page(site: Site, request: Request) -> Response:
    """List the tables."""
    counts = await count_all(site.database, site.tables.values())
    return site.page(request, "overview.html", counts=counts)
