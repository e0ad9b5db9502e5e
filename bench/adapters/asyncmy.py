"""asyncmy: tuples, a pool, autocommit."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

import asyncmy

from bench import work
from bench.adapters.protocol import Driver
from bench.sql import AGGREGATES, INSERT, JOIN, POST, TAGS_OF_POSTS, USER, marks

WRITE = f"{INSERT} {marks('%s', len(work.ENTRY_COLUMNS))}"


class Contender(Driver):
    databases: ClassVar[tuple[str, ...]] = ("mysql",)

    async def open(self, database: str, url: str) -> None:
        server = urlsplit(url)
        self.pool = await asyncmy.create_pool(
            minsize=work.POOL_SIZE,
            maxsize=work.POOL_SIZE,
            host=server.hostname,
            port=server.port or 3306,
            user=server.username,
            password=server.password or "",
            db=server.path.lstrip("/"),
            autocommit=True,
        )

    async def close(self) -> None:
        self.pool.close()
        await self.pool.wait_closed()

    async def _all(self, sql: str, values: Any = None) -> Any:
        async with self.pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(sql, values)
            return await cursor.fetchall()

    async def _one(self, sql: str, values: Any = None) -> Any:
        async with self.pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(sql, values)
            return await cursor.fetchone()

    async def select_by_pk(self, step: int) -> Any:
        return await self._one(f"{USER} WHERE id = %s", (work.user_key(step),))

    async def rows_1000(self, step: int) -> Any:
        return await self._all(USER)

    async def rows_20000(self, step: int) -> Any:
        return await self._all(POST)

    async def in_100(self, step: int) -> Any:
        keys = work.hundred_keys(step)
        return await self._all(f"{POST} WHERE id IN {marks('%s', len(keys))}", keys)

    async def join_author(self, step: int) -> Any:
        return await self._all(JOIN)

    async def prefetch_posts(self, step: int) -> Any:
        users = await self._all(USER)
        keys = [row[0] for row in users]
        return users, await self._all(f"{POST} WHERE author_id IN {marks('%s', len(keys))}", keys)

    async def prefetch_tags(self, step: int) -> Any:
        users, posts = await self.prefetch_posts(step)
        keys = [row[0] for row in posts]
        where = f"WHERE pt.post_id IN {marks('%s', len(keys))}"
        return users, posts, await self._all(f"{TAGS_OF_POSTS} {where}", keys)

    async def insert_one(self, step: int) -> Any:
        async with self.pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(WRITE, work.entry(step))
            return cursor.lastrowid

    async def update_one(self, step: int) -> Any:
        async with self.pool.acquire() as connection, connection.cursor() as cursor:
            key, views = work.new_views(step)
            return await cursor.execute("UPDATE posts SET views = %s WHERE id = %s", (views, key))

    async def _bulk(self, count: int) -> int:
        records = [work.entry(each) for each in range(count)]
        async with self.pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.executemany(WRITE, records)
        return len(records)

    async def count(self, step: int) -> Any:
        return (await self._one("SELECT count(*) FROM posts WHERE views > %s", (5_000,)))[0]

    async def aggregates(self, step: int) -> Any:
        return await self._one(AGGREGATES)
