"""Who may use the page: only this machine's user, who has the token, from the page itself."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "is_loopback"]

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # With "no-referrer", browsers would send `Origin: null` with forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
_LOCAL_NAMES = frozenset({"localhost"})


def is_loopback(host: str) -> bool:
    """Whether a host's name or address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


class Guard:
    """Refuses requests of strangers before they reach the application.

    * The Host header must be a loopback address, `localhost`, or one of `hosts`: another site
      whose name leads to this machine (DNS rebinding) is refused. With `remote`, any address
      without a name is accepted, too.
    * The token of the first URL becomes a cookie, and the URL loses it; all further requests need
      the cookie.
    * A POST needs the form's token, and must come from this page.

    Args:
        app: the application.
        token: the token of the URL.
        write: whether POST is allowed at all.
        hosts: further names that the page is reached by.
        remote: whether the page is reached from other machines.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        *,
        write: bool,
        hosts: frozenset[str] = frozenset(),
        remote: bool = False,
    ) -> None:
        self._app = app
        self._token = token
        self._write = write
        self._hosts = hosts
        self._remote = remote
        # The cookie does not hold the token, so that a copied cookie does not show the URL.
        self._session = _derived(token, "session")
        self.form_token = _derived(token, "form")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "")
        if not self._is_own(host):
            await _refuse(send, 400, "This page is not reached by that name.")
            return
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        given = dict(query).get("token")
        if given is not None and scope["path"] == "/" and scope["method"] == "GET":
            await self._log_in(send, given, host)
            return
        if not secrets.compare_digest(_cookie(headers, host).encode(), self._session.encode()):
            await _refuse(send, 403, "Open the page by the URL that `oxyde studio` printed.")
            return
        if scope["method"] not in ("GET", "HEAD"):
            reason = self._refused_write(scope, headers, host)
            if reason is not None:
                await _refuse(send, 403, reason)
                return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers)

    def _is_own(self, host: str) -> bool:
        name = _name_of(host)
        if is_loopback(name) or name in self._hosts:
            return True
        if not self._remote:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    async def _log_in(self, send: Send, given: str, host: str) -> None:
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            await _refuse(
                send, 403, "The token is wrong. Open the URL that `oxyde studio` printed."
            )
            return
        cookie = f"{_cookie_name(host)}={self._session}; Path=/; HttpOnly; SameSite=Strict"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), *_HEADERS]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _refused_write(self, scope: Scope, headers: dict[str, str], host: str) -> str | None:
        """Why a request that changes something is refused, or None. The form's own token is
        checked where the form is read."""
        if not self._write:
            return "The studio only reads. Start it with `oxyde studio --write` to change rows."
        origin = headers.get("origin")
        if origin is not None and origin != f"{scope.get('scheme', 'http')}://{host}":
            return "The form was sent by another page."
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return "The form was sent by another page."
        return None

    def is_own_form(self, given: str) -> bool:
        """Whether a form has the token that the page put into it."""
        return secrets.compare_digest(given.encode(), self.form_token.encode())


def _derived(token: str, use: str) -> str:
    return hmac.new(token.encode(), use.encode(), hashlib.sha256).hexdigest()


def _name_of(host: str) -> str:
    """The name or address of a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host.rpartition(":")[0] if ":" in host else host


def _cookie_name(host: str) -> str:
    """Cookies do not belong to a port, so that two studios of a machine need two names."""
    port = host.rpartition(":")[2] if not host.endswith("]") else ""
    return f"oxyde_studio_{port if port.isdigit() else 'default'}"


def _cookie(headers: dict[str, str], host: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(_cookie_name(host))
    except CookieError:
        return ""
    return "" if found is None else found.value


async def _refuse(send: Send, status: int, reason: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
