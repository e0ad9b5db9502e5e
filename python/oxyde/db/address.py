"""The address of a database without its password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

__all__ = ["Address", "address_of", "hide_password", "host_of"]

_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is; what is not known is None.

    Attributes:
        host: the host, or the path of its socket.
        port: the port.
        database: the name of the database, or the path of its file.
    """

    host: str | None
    port: int | None
    database: str | None


def address_of(url: str) -> Address:
    """The parts of a URL that may be shown."""
    place = url.partition("?")[0].partition("://")[2]
    if url.lower().startswith("sqlite:"):
        return Address(None, None, place.removeprefix("/") or ":memory:")
    host = host_of(url)
    if host is None:
        return Address(None, None, None)
    address, _, database = place.rpartition("@")[2].partition("/")
    port = re.search(r":(\d+)$", address)
    return Address(host, None if port is None else int(port[1]), unquote(database) or None)


def hide_password(url: str) -> str:
    """The URL with its password replaced by ``***``, without the query string.

    A password with special characters that are not percent-encoded is hidden as well, so everything
    up to the last ``@`` belongs to user and password.
    """
    scheme, slashes, rest = url.partition("://")
    if url.lower().startswith("sqlite:"):
        return url.partition("?")[0]
    if not slashes or not re.fullmatch(r"[A-Za-z0-9+.-]{1,20}", scheme):
        return _HIDDEN
    login, at, place = rest.rpartition("@")
    place = re.split(r"[?#]", place)[0]
    if at:
        user, colon, _ = login.partition(":")
        if "?" in login or re.search("[/#]", user):  # perhaps an @ in the query string
            return f"{scheme}://{_HIDDEN}"
        return f"{scheme}://{user}{colon and f':{_HIDDEN}'}@{place}"
    host, _, path = place.partition("/")
    if re.search(r":(?!\d*$)", host.rpartition("]")[2]):  # not a port
        host = f"{host.partition(':')[0]}:{_HIDDEN}"
    return f"{scheme}://{host}{path and f'/{path}'}"


def host_of(url: str) -> str | None:
    """The host, or the path of its socket; None for a file, or if the URL is not clear."""
    place, _, query = url.partition("?")
    if url.lower().startswith("sqlite:") or "@" in query:
        return None
    asked = parse_qs(query)
    for name in ("socket", "host", "hostaddr"):
        if name in asked:
            return asked[name][0]
    host = re.sub(r":\d*$", "", re.split("[@/]", place.partition("://")[2].rpartition("@")[2])[0])
    # Nothing else of a URL may be shown.
    return unquote(host).strip("[]") if re.fullmatch(r"[\w.%-]+|\[[\da-fA-F:.]+\]", host) else None
