"""Reads of a client's next requests see what its request before has written: as an ASGI middleware
that carries a token of `oxyde.db.token` in a cookie or a header."""

from __future__ import annotations

import contextlib
import logging
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Literal

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection

from oxyde.db.own_writes import begin_request
from oxyde.db.tokens import located_token, since
from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OwnWritesMiddleware", "begin_request_once"]

_LOG = logging.getLogger("oxyde")
# In a request's scope: that it has a mark of its own.
_BEGUN = "oxyde.own_writes"
# Browsers ignore longer cookies.
_LONGEST = 4000


def begin_request_once(scope: Scope) -> None:
    """Give a request a mark of its own, unless it has one."""
    if _BEGUN not in scope:
        scope[_BEGUN] = True
        begin_request()


class OwnWritesMiddleware:
    """Lets a client that has written read what it wrote, though its next request may reach another
    process, and a replica that is behind: ``app.add_middleware(OwnWritesMiddleware)``.

    A response to a request that has written carries a token; reads of requests with it see that
    write. A token that is not one, or not one of these databases, is dropped and means nothing; so
    that clients cannot make any, set ``Router(token_secret=…)``. What is written after the response
    has begun is not in it. A pure ASGI middleware: add it after `TransactionMiddleware`, so that it
    is around that one.

    Args:
        app: the application.
        cookie: the name of the cookie; None sets none.
        header: the name of a header of requests and responses, for clients without cookies, such
            as other services; None for none. A request's header counts before its cookie.
        max_age: seconds after which browsers drop the cookie: longer than replicas are ever behind.
        secure: whether browsers send the cookie by HTTPS only.
        same_site: to whose requests browsers add the cookie.

    Raises:
        OxydeError: there is neither a cookie nor a header, or `max_age` is out of range.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        cookie: str | None = "oxyde_seen",
        header: str | None = None,
        max_age: int = 3600,
        secure: bool = False,
        same_site: Literal["lax", "strict", "none"] = "lax",
    ) -> None:
        if not cookie and not header:
            raise OxydeError("OwnWritesMiddleware needs the name of a cookie or of a header")
        if type(max_age) is not int or max_age <= 0:
            raise OxydeError(f"max_age is a number of seconds from 1 up, not {max_age!r}")
        self._app = app
        self._cookie = cookie
        self._header = header
        self._max_age = max_age
        self._secure = secure
        self._same_site = same_site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, whose reads see what its token tells."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if _BEGUN in scope:
            raise OxydeError(
                "OwnWritesMiddleware is inside of TransactionMiddleware, which commits behind it",
                hint="add it after that one: the middleware that is added last is the outermost",
            )
        begin_request_once(scope)
        given = self._given(scope)
        try:
            reading = since(given)
        except OxydeError:
            reading, is_valid = since(None), False
        else:
            is_valid = True

        async def send_with_token(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._add(message, given, is_valid=is_valid)
            await send(message)

        with reading:
            await self._app(scope, receive, send_with_token)

    def _given(self, scope: Scope) -> str | None:
        request = HTTPConnection(scope)
        found = request.headers.get(self._header) if self._header else None
        return found or (request.cookies.get(self._cookie) if self._cookie else None) or None

    async def _add(self, message: Message, given: str | None, *, is_valid: bool) -> None:
        """Add the token of what was written to the beginning of a response."""
        made: str | None = None
        with contextlib.suppress(OxydeError):
            made = await located_token()
        if made is None and (is_valid or given is None):
            return
        headers = MutableHeaders(scope=message)
        if made is not None and self._header:
            headers.append(self._header, made)
        if self._cookie:
            if made is not None and len(made) > _LONGEST:
                _LOG.warning("a token of %d bytes is too long for a cookie", len(made))
                return
            headers.append("set-cookie", self._set_cookie(made))

    def _set_cookie(self, token: str | None) -> str:
        assert self._cookie is not None
        cookie: SimpleCookie = SimpleCookie()
        cookie[self._cookie] = token or ""
        morsel = cookie[self._cookie]
        morsel["path"] = "/"
        morsel["max-age"] = 0 if token is None else self._max_age
        morsel["httponly"] = True
        morsel["samesite"] = self._same_site
        morsel["secure"] = self._secure
        return morsel.OutputString()
