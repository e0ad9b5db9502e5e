"""A route that tells whether the databases answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from oxyde.db import detached
from oxyde.exceptions import OxydeError
from oxyde.queries.results.raw import execute_raw

__all__ = ["add_health_route"]


def add_health_route(
    app: FastAPI,
    path: str = "/health",
    *,
    databases: Sequence[str] = ("default",),
    timeout: float = 2.0,
) -> None:
    """Add a route that asks each database ``SELECT 1``: status 200 if all answer, else 503. The
    body says which ones do: ``{"status": "ok", "databases": {"default": "ok"}}``.

    Args:
        app: the application.
        path: the route's path.
        databases: the names of the databases.
        timeout: seconds within which a database must answer, with the wait for a connection.
    """

    async def health() -> JSONResponse:
        answers = await asyncio.gather(*[_answers(name, timeout) for name in databases])
        found = dict(zip(databases, answers, strict=True))
        healthy = all(answers)
        body = {
            "status": _said(healthy),
            "databases": {name: _said(each) for name, each in found.items()},
        }
        return JSONResponse(body, 200 if healthy else 503)

    app.add_api_route(path, health, methods=["GET"], summary="Health", tags=["health"])


def _said(healthy: bool) -> str:
    return "ok" if healthy else "unavailable"


async def _answers(name: str, timeout: float) -> bool:
    async with detached():
        try:
            await asyncio.wait_for(execute_raw("SELECT 1", using=name), timeout)
        except (OxydeError, asyncio.TimeoutError, TimeoutError):
            return False
    return True
