"""psycopg 3: binary results, its own pool, autocommit as with asyncpg's."""

from __future__ import annotations

from typing import Any, ClassVar

from psycopg_pool import AsyncConnectionPool

from bench import work
from bench.adapters.protocol import Driver
from bench.sql import AGGREGATES, INSERT, JOIN, POST, TAGS_OF_POSTS, USER

WRITE = f"{INSERT} (%s, %s, %s, %s, %s)"


class Contender(Driver):
    databases: ClassVar[tuple[str, ...]] = ("postgres",)

    async def open(self, database: str, url: str) -> None:
        self.pool = AsyncConnectionPool(
            url,
            min_size=work.POOL_SIZE,
            max_size=work.POOL_SIZE,
            open=False,
            kwargs={"autocommit": True},
        )
        await self.pool.open(wait=True)

    async def close(self) -> None:
        await self.pool.close()

    async def _all(self, sql: str, *parameters: Any) -> list[Any]:
        async with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(sql, parameters)
            return await cursor.fetchall()

    async def _one(self, sql: str, *parameters: Any) -> Any:
        async with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(sql, parameters)
            return await cursor.fetchone()

    async def select_by_pk(self, step: int) -> Any:
        return await self._one(f"{USER} WHERE id = %s", work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await self._all(USER)

    async def rows_20000(self, step: int) -> Any:
        return await self._all(POST)

    async def in_100(self, step: int) -> Any:
        return await self._all(f"{POST} WHERE id = ANY(%s)", work.hundred_keys(step))

    async def join_author(self, step: int) -> Any:
        return await self._all(JOIN)

    async def prefetch_posts(self, step: int) -> Any:
        users = await self._all(USER)
        keys = [row[0] for row in users]
        return users, await self._all(f"{POST} WHERE author_id = ANY(%s)", keys)

    async def prefetch_tags(self, step: int) -> Any:
        users, posts = await self.prefetch_posts(step)
        keys = [row[0] for row in posts]
        return users, posts, await self._all(f"{TAGS_OF_POSTS} WHERE pt.post_id = ANY(%s)", keys)

    async def insert_one(self, step: int) -> Any:
        return (await self._one(f"{WRITE} RETURNING id", *work.entry(step)))[0]

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "UPDATE posts SET views = %s WHERE id = %s", (views, key)
            )
            return cursor.rowcount

    async def _bulk(self, count: int) -> int:
        records = [work.entry(each) for each in range(count)]
        async with (
            self.pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.executemany(WRITE, records)
        return len(records)

    async def count(self, step: int) -> Any:
        return (await self._one("SELECT count(*) FROM posts WHERE views > %s", 5_000))[0]

    async def aggregates(self, step: int) -> Any:
        return await self._one(AGGREGATES)
