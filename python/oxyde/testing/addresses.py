"""Names and URLs of test databases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from oxyde.exceptions import OxydeError

__all__ = ["Address", "address_of"]

_MEMORY = (":memory:", "/:memory:", "")
# PostgreSQL cuts longer names off.
_LONGEST = 63


@dataclass(frozen=True, slots=True)
class Address:
    """Where a test database is.

    Attributes:
        url: its URL.
        name: its name on the server, or its file; None in memory.
        server: the URL of another database of the server, from which it is created and dropped;
            None for SQLite.
    """

    url: str
    name: str | None
    server: str | None


def address_of(url: str, suffix: str) -> Address:
    """The test database that belongs to a URL.

    ``postgresql://host/shop`` becomes ``postgresql://host/test_shop``, the file ``shop.db``
    becomes ``test_shop.db``; a database in memory has no name.

    Args:
        url: the URL of the project's own database, which is not opened.
        suffix: what tells apart the databases of one run: ``""`` or ``"_gw0"``.

    Raises:
        OxydeError: the URL has no scheme that Oxyde knows, or names no database.
    """
    scheme = url.partition(":")[0].lower()
    if scheme == "sqlite":
        return _file(url, suffix)
    if scheme not in ("postgresql", "postgres", "mysql", "mariadb"):
        raise OxydeError(
            "the URL for a test database begins with none of postgresql://, mysql://, mariadb:// "
            "and sqlite://",
            hint="see oxyde_database_url in the settings of pytest",
        )
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise OxydeError(
            "the URL for a test database names no database", hint="add its name: …://host/name"
        )
    made = _test_name(name, suffix)
    maintenance = "/postgres" if scheme.startswith("postgres") else ""
    return Address(
        url=urlunsplit(parts._replace(path="/" + quote(made, safe=""))),
        name=made,
        server=urlunsplit(parts._replace(path=maintenance)),
    )


def _file(url: str, suffix: str) -> Address:
    place, mark, query = url.partition("?")
    path = place.partition(":")[2].removeprefix("//")
    if path in _MEMORY or "mode=memory" in query.split("&"):
        return Address(url=url, name=None, server=None)
    # Without the slash after the empty host; absolute, since a test may change the folder.
    file = Path(unquote(path.removeprefix("/"))).resolve()
    made = file.with_name(f"{_test_name(file.stem, suffix)}{file.suffix}")
    return Address(url=f"sqlite:///{quote(str(made))}{mark}{query}", name=str(made), server=None)


def _test_name(name: str, suffix: str) -> str:
    return f"test_{name}"[: _LONGEST - len(suffix)] + suffix
