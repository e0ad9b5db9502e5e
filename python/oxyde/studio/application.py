"""The Starlette application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from oxyde.exceptions import DatabaseConnectionError, OxydeError, PoolTimeoutError
from oxyde.studio.guard import Guard
from oxyde.studio.pages import editing, listing, overview, single
from oxyde.studio.site import Refused, Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from oxyde.db import AsyncDatabase

__all__ = ["create_app"]

_STYLE = Path(__file__).parent / "templates" / "studio.css"
_Page = Callable[[Site, Request], Awaitable[Response]]


def create_app(
    database: AsyncDatabase,
    *,
    token: str,
    models: Iterable[type[Any]] | None = None,
    write: bool = False,
    hosts: Iterable[str] = (),
    remote: bool = False,
) -> ASGIApp:
    """The studio as an ASGI application, to be mounted at the root of a server.

    Args:
        database: a connected database.
        token: what the first URL must have as ``?token=``; ``secrets.token_urlsafe()`` makes one.
        models: models with tables; all registered ones if None.
        write: whether rows can be inserted, changed and deleted.
        hosts: further names in the Host header; loopback addresses and `localhost` are known.
        remote: whether the page is reached from other machines: by any address, without a name.

    Raises:
        ValueError: the token has fewer than 16 characters.
    """
    if len(token) < 16:
        raise ValueError("the token is too short: take secrets.token_urlsafe()")
    site = Site(database, models, write=write)
    routes = [
        _route("/", overview.page, site),
        _route("/rows/{table:path}", listing.page, site),
        _route("/row/{table:path}", single.page, site),
        _route("/new/{table:path}", editing.new, site, methods=["GET", "POST"]),
        _route("/edit/{table:path}", editing.edit, site, methods=["GET", "POST"]),
        _route("/delete/{table:path}", editing.delete, site, methods=["GET", "POST"]),
        Route("/studio.css", _style),
    ]
    handlers = {404: partial(_missing, site), Exception: partial(_failed, site)}
    app = Starlette(routes=routes, exception_handlers=handlers)
    guard = Guard(app, token, write=write, hosts=frozenset(hosts), remote=remote)
    site.guard = guard
    return guard


def _route(path: str, page: _Page, site: Site, methods: list[str] | None = None) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return await page(site, request)
        except Refused as refused:
            return site.error(request, refused.message, refused.status)
        except OxydeError as error:
            gone = isinstance(error, DatabaseConnectionError | PoolTimeoutError)
            return site.error(request, str(error), 503 if gone else 400)

    return Route(path, answer, methods=methods)


async def _style(request: Request) -> Response:
    return FileResponse(_STYLE, media_type="text/css")


async def _failed(site: Site, request: Request, error: Exception) -> Response:
    # What the project's own code raised, such as a hook; the server logs where.
    return site.error(request, f"{type(error).__name__}: {error}", 500)


async def _missing(site: Site, request: Request, error: Exception) -> Response:
    return site.error(request, "There is no such page.", 404)
