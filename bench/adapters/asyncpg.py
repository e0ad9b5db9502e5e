"""asyncpg: records, a pool, its own statement cache."""

from __future__ import annotations

from typing import Any, ClassVar

import asyncpg

from bench import work
from bench.adapters.protocol import Driver
from bench.sql import AGGREGATES, INSERT, JOIN, POST, TAGS_OF_POSTS, USER

WRITE = f"{INSERT} ($1, $2, $3, $4, $5)"


class Contender(Driver):
    databases: ClassVar[tuple[str, ...]] = ("postgres",)

    async def open(self, database: str, url: str) -> None:
        self.pool = await asyncpg.create_pool(url, min_size=work.POOL_SIZE, max_size=work.POOL_SIZE)

    async def close(self) -> None:
        await self.pool.close()

    async def select_by_pk(self, step: int) -> Any:
        return await self.pool.fetchrow(f"{USER} WHERE id = $1", work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await self.pool.fetch(USER)

    async def rows_20000(self, step: int) -> Any:
        return await self.pool.fetch(POST)

    async def in_100(self, step: int) -> Any:
        return await self.pool.fetch(f"{POST} WHERE id = ANY($1)", work.hundred_keys(step))

    async def join_author(self, step: int) -> Any:
        return await self.pool.fetch(JOIN)

    async def prefetch_posts(self, step: int) -> Any:
        users = await self.pool.fetch(USER)
        keys = [row["id"] for row in users]
        return users, await self.pool.fetch(f"{POST} WHERE author_id = ANY($1)", keys)

    async def prefetch_tags(self, step: int) -> Any:
        users, posts = await self.prefetch_posts(step)
        keys = [row["id"] for row in posts]
        tags = await self.pool.fetch(f"{TAGS_OF_POSTS} WHERE pt.post_id = ANY($1)", keys)
        return users, posts, tags

    async def insert_one(self, step: int) -> Any:
        return await self.pool.fetchval(f"{WRITE} RETURNING id", *work.entry(step))

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        status = await self.pool.execute("UPDATE posts SET views = $1 WHERE id = $2", views, key)
        return status.split()[-1]

    async def _bulk(self, count: int) -> int:
        records = [work.entry(each) for each in range(count)]
        await self.pool.executemany(WRITE, records)
        return len(records)

    async def count(self, step: int) -> Any:
        return await self.pool.fetchval("SELECT count(*) FROM posts WHERE views > $1", 5_000)

    async def aggregates(self, step: int) -> Any:
        return await self.pool.fetchrow(AGGREGATES)
