"""How the pool of a database is opened; `oxyde.testing` opens others in its place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from oxyde.db.operation import run

if TYPE_CHECKING:
    from oxyde._core import Pool
    from oxyde.db.pool import AsyncDatabase

__all__ = ["Opening", "open_by", "open_pool", "open_really"]

Opening = Callable[["AsyncDatabase"], Awaitable["Pool"]]

_opening: Opening | None = None


def open_by(opening: Opening | None) -> None:
    """Set what opens the pools of databases from now on; None opens those of their URLs."""
    global _opening
    _opening = opening


async def open_pool(database: AsyncDatabase) -> Pool:
    """Open the pool for a database."""
    return await (open_really if _opening is None else _opening)(database)


async def open_really(database: AsyncDatabase) -> Pool:
    """Open the pool of a database's URL.

    Raises:
        DatabaseConnectionError: the server cannot be reached or rejects the login.
        UnsupportedFeatureError: the server is older than the oldest supported version.
        OxydeError: an invalid URL.
    """
    # Imported here so that `import oxyde.db` does not load the extension.
    from oxyde._core import Pool

    opened = Pool.open(database.url, database.name, database.settings.as_dict())
    return await run(opened, database.host)
