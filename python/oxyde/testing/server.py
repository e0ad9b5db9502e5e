"""Creating and dropping the databases of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oxyde.db.operation import run
from oxyde.db.settings import PoolSettings
from oxyde.testing.addresses import Address

if TYPE_CHECKING:
    from oxyde._core import Pool

__all__ = ["create", "drop", "exists"]


async def exists(address: Address) -> bool:
    """Whether the database is there."""
    if address.name is None:
        return False
    if address.server is None:
        return _is_file(address.name)
    pool = await _connected(address.server)
    try:
        if _is_postgres(address.server):
            sql = "SELECT 1 FROM pg_database WHERE datname = $1"
        else:
            sql = "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?"
        found = await run(pool.fetch_raw(sql, (address.name,), ()))
        return len(found) > 0
    finally:
        await run(pool.close())


async def create(address: Address) -> None:
    """Create the database, in place of one that a killed run left.

    Raises:
        DatabaseConnectionError: the server cannot be reached or rejects the login.
        DatabaseError: the user may not create databases.
    """
    await drop(address)
    if address.server is None or address.name is None:
        return
    name = _quoted(address)
    if _is_postgres(address.server):
        # No test needs to survive a crash of the server.
        quick = f"ALTER DATABASE {name} SET synchronous_commit = off"
        await _run(address.server, [f"CREATE DATABASE {name}", quick])
    else:
        await _run(address.server, [f"CREATE DATABASE {name} CHARACTER SET utf8mb4"])


async def drop(address: Address) -> None:
    """Drop the database, if it is there."""
    if address.name is None:
        return
    if address.server is None:
        _remove(address.name)
        return
    force = " WITH (FORCE)" if _is_postgres(address.server) else ""
    await _run(address.server, [f"DROP DATABASE IF EXISTS {_quoted(address)}{force}"])


def _is_file(name: str) -> bool:
    return Path(name).exists()


def _remove(name: str) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(name + ending).unlink(missing_ok=True)


def _is_postgres(url: str) -> bool:
    return url.lower().startswith("postgres")


def _quoted(address: Address) -> str:
    mark = '"' if _is_postgres(address.url) else "`"
    return mark + str(address.name).replace(mark, mark * 2) + mark


async def _run(url: str, statements: Sequence[str]) -> None:
    pool = await _connected(url)
    try:
        for sql in statements:
            await run(pool.fetch_raw(sql, (), ()))
    finally:
        await run(pool.close())


async def _connected(url: str) -> Pool:
    # Imported here so that the plugin loads the extension only for tests that use a database.
    from oxyde._core import Pool

    return await run(Pool.open(url, "oxyde_test", PoolSettings(max_connections=1).as_dict()))
