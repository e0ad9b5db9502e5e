"""Oxyde behind FastAPI: errors as responses, a transaction per request, pages and filters from
query parameters, a health check. Needs the extra: ``pip install 'oxyde[fastapi]'``.

`install` does what most applications want; each part can be used by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI

from oxyde.contrib.fastapi.columns import Fits
from oxyde.contrib.fastapi.errors import add_exception_handlers, response_to
from oxyde.contrib.fastapi.filters import Filters, Selection
from oxyde.contrib.fastapi.health import add_health_route
from oxyde.contrib.fastapi.not_found import get_list_or_404, get_or_404
from oxyde.contrib.fastapi.own_writes import OwnWritesMiddleware
from oxyde.contrib.fastapi.pagination import (
    CursorParams,
    NumberParams,
    cursor_params,
    number_params,
)
from oxyde.contrib.fastapi.transactions import TransactionMiddleware, transaction

__all__ = [
    "CursorParams",
    "Filters",
    "Fits",
    "NumberParams",
    "OwnWritesMiddleware",
    "Selection",
    "TransactionMiddleware",
    "add_exception_handlers",
    "add_health_route",
    "cursor_params",
    "get_list_or_404",
    "get_or_404",
    "install",
    "number_params",
    "response_to",
    "transaction",
]


def install(
    app: FastAPI,
    *,
    transactions: bool = False,
    health: str | None = None,
    databases: Sequence[str] = ("default",),
) -> None:
    """Add the exception handlers to an application, and if asked for, a transaction per request and
    a health check.

    Args:
        app: the application.
        transactions: whether each request that may write runs in a transaction
            (`TransactionMiddleware`), on each of the databases.
        health: the path of the health check; None for none.
        databases: the names of the databases.
    """
    add_exception_handlers(app)
    if transactions:
        for name in databases:
            app.add_middleware(TransactionMiddleware, using=name)
    if health is not None:
        add_health_route(app, health, databases=databases)
