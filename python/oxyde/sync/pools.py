"""Pools without `await`."""

from __future__ import annotations

from types import TracebackType

from oxyde._core import drive
from oxyde.db import AsyncDatabase, DatabaseUrl, PoolSettings, PoolsStats
from oxyde.db import Pools as _Pools
from oxyde.sync.driven import Driven

__all__ = ["Pools", "PoolsTenant"]


class Pools:
    """A database per tenant: ``with pools.tenant("t42"):``. Threads share the pools.

    Args and Raises: as for `oxyde.db.Pools`.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        *,
        max_pools: int = 50,
        max_connections: int = 100,
        idle: float = 60.0,
        timeout: float | None = None,
        settings: PoolSettings | None = None,
        name: str = "tenant",
    ) -> None:
        self._pools = _Pools(
            url,
            max_pools=max_pools,
            max_connections=max_connections,
            idle=idle,
            timeout=timeout,
            settings=settings,
            name=name,
        )

    def __repr__(self) -> str:
        return repr(self._pools)

    def tenant(self, name: str) -> PoolsTenant:
        """Let everything in a ``with`` block run on the database of a tenant; see
        `oxyde.db.Pools.tenant`.

        Raises: as there.
        """
        return PoolsTenant(self._pools.tenant(name))

    def stats(self) -> PoolsStats:
        """What the pools do."""
        return self._pools.stats()

    def close(self) -> None:
        """Close all pools, also of blocks that are open."""
        drive(self._pools.close(), "close()")

    def __enter__(self) -> Pools:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class PoolsTenant(Driven[AsyncDatabase]):
    """The result of `Pools.tenant`: a context manager."""

    __slots__ = ()

    _call = "tenant()"
