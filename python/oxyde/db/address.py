"""The address of a database, which keeps its password out of what is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qs, unquote

from oxyde.exceptions import OxydeError

__all__ = [
    "Address",
    "DatabaseUrl",
    "Location",
    "address_of",
    "hide_password",
    "host_of",
    "location_of",
]

_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a database is; what is not known is None.

    Attributes:
        host: the host, or the path of its socket; of several hosts all, with commas between.
        port: the port, of several hosts that of the first.
        database: the name of the database, or the path of its file.
    """

    host: str | None
    port: int | None
    database: str | None


def location_of(url: str) -> Location:
    """The parts of a URL that may be shown."""
    place = url.partition("?")[0].partition("://")[2]
    if url.lower().startswith("sqlite:"):
        return Location(None, None, place.removeprefix("/") or ":memory:")
    host = host_of(url)
    if host is None:
        return Location(None, None, None)
    address, _, database = place.rpartition("@")[2].partition("/")
    address = address.partition(",")[0]
    port = re.search(r":(\d+)$", address)
    return Location(host, None if port is None else int(port[1]), unquote(database) or None)


class _Secret(Protocol):
    """Pydantic's `SecretStr`, and `Secret` around a URL."""

    def get_secret_value(self) -> Any: ...


class _PydanticUrl(Protocol):
    """`PostgresDsn`, `MySQLDsn`, `AnyUrl` …"""

    def unicode_string(self) -> str: ...


class _SqlalchemyUrl(Protocol):
    """SQLAlchemy's `URL`."""

    def render_as_string(self, hide_password: bool = ...) -> str: ...


class _YarlUrl(Protocol):
    """yarl's `URL`."""

    def human_repr(self) -> str: ...


class Address:
    """The URL of a database. Its repr has no password, so that a frame of a traceback that holds
    one shows none.

    Args:
        url: with the password.
    """

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        """The URL with the password. Pass it on, and keep it in no variable."""
        return self._url

    def __repr__(self) -> str:
        return f"<Address {hide_password(self._url)}>"


# What stands for the URL of a database.
DatabaseUrl: TypeAlias = str | Address | _Secret | _PydanticUrl | _SqlalchemyUrl | _YarlUrl
# SQLAlchemy's URLs name a driver, too: postgresql+asyncpg.
_DRIVER = re.compile(r"^(\w+)\+\w+(?=:)")


def address_of(url: object, name: str) -> Address | OxydeError:
    """The address of the database `name`, or what is wrong with it. The error is returned, so that
    the caller can forget the URL before it raises it."""
    if isinstance(url, Address):
        return url
    text = _text(url)
    if text is None:
        return OxydeError(
            f"the URL of the database `{name}` must be a string, a SecretStr or a URL object, not "
            f"{type(url).__name__}",
            hint="pass settings as `settings=PoolSettings(…)`",
        )
    if not text:
        return OxydeError(
            f"the address of database {name!r} is {text!r}",
            hint="give a URL such as postgresql://user:password@host/database",
        )
    return Address(text if isinstance(url, str) else _DRIVER.sub(r"\1", text))


def _text(url: Any) -> str | None:
    if isinstance(url, str):
        return url
    if isinstance(url, type):
        return None
    if hasattr(url, "get_secret_value"):
        return _text(url.get_secret_value())
    if hasattr(url, "render_as_string"):
        return str(url.render_as_string(hide_password=False))
    if hasattr(url, "unicode_string") or hasattr(url, "human_repr"):
        return str(url)
    return None


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
    if any(re.search(r":(?!\d*$)", one.rpartition("]")[2]) for one in host.split(",")):  # no port
        host = f"{host.partition(':')[0]}:{_HIDDEN}"
    return f"{scheme}://{host}{path and f'/{path}'}"


def host_of(url: str) -> str | None:
    """The host, or the path of its socket, of several hosts all; None for a file, or if the URL
    is not clear."""
    place, _, query = url.partition("?")
    if url.lower().startswith("sqlite:") or "@" in query:
        return None
    asked = parse_qs(query)
    for name in ("socket", "host", "hostaddr"):
        if name in asked:
            return asked[name][0]
    hosts = re.split("[@/]", place.partition("://")[2].rpartition("@")[2])[0]
    names = [re.sub(r":\d*$", "", host) for host in hosts.split(",")]
    # Nothing else of a URL may be shown.
    if not all(re.fullmatch(r"[\w.%-]+|\[[\da-fA-F:.]+\]", name) for name in names):
        return None
    return ",".join([unquote(name).strip("[]") for name in names])
