"""asyncpg: records, one connection for each request."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import asyncpg

from bench.web.adapters.protocol import POOL_SIZE, Adapter, World

READ = 'SELECT id, randomnumber AS "randomNumber" FROM world WHERE id = $1'
WRITE = "UPDATE world SET randomnumber = $1 WHERE id = $2"
FORTUNES = "SELECT id, message FROM fortune"


class Contender(Adapter):
    async def open(self, url: str) -> None:
        self.pool = await asyncpg.create_pool(url, min_size=POOL_SIZE, max_size=POOL_SIZE)

    async def close(self) -> None:
        await self.pool.close()

    async def world(self, key: int) -> World:
        return dict(await self.pool.fetchrow(READ, key))

    async def worlds(self, keys: Sequence[int]) -> list[World]:
        async with self.pool.acquire() as connection:
            return [dict(await connection.fetchrow(READ, key)) for key in keys]

    async def update(self, numbers: dict[int, int]) -> list[World]:
        async with self.pool.acquire() as connection:
            worlds = [dict(await connection.fetchrow(READ, key)) for key in numbers]
            for world in worlds:
                world["randomNumber"] = numbers[world["id"]]
            await connection.executemany(
                WRITE, [(world["randomNumber"], world["id"]) for world in worlds]
            )
        return worlds

    async def fortunes(self, added: str) -> list[Any]:
        fortunes = await self.pool.fetch(FORTUNES)
        fortunes.append({"id": 0, "message": added})
        return sorted(fortunes, key=itemgetter("message"))
