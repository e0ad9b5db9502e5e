"""The interface of a contender behind the web server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Connections of each contender. 64 clients share them, as requests of a web server do.
POOL_SIZE = 16

World = dict[str, int]


class Adapter:
    """What a request does with a library. The routes and the web server are the same for all.

    A world is returned as the dict that becomes the response: `id` and `randomNumber`.
    """

    async def open(self, url: str) -> None:
        """Connect, with a pool of POOL_SIZE connections."""
        raise NotImplementedError

    async def close(self) -> None:
        """Disconnect."""
        raise NotImplementedError

    async def world(self, key: int) -> World:
        """One world."""
        raise NotImplementedError

    async def worlds(self, keys: Sequence[int]) -> list[World]:
        """One query for each key; TechEmpower forbids reading them in one."""
        raise NotImplementedError

    async def update(self, numbers: dict[int, int]) -> list[World]:
        """Read each world by itself, then set its random number; they may be written at once."""
        raise NotImplementedError

    async def fortunes(self, added: str) -> list[Any]:
        """All fortunes and one more with the key 0, sorted by their messages: rows with `id` and
        `message`."""
        raise NotImplementedError
