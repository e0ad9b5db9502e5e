"""aiosqlite: tuples, one connection (it has no pool), with the pragmas that Oxyde sets."""

from __future__ import annotations

from typing import Any, ClassVar

import aiosqlite

from bench import work
from bench.adapters.protocol import Driver
from bench.databases import stored_in_sqlite
from bench.sql import AGGREGATES, INSERT, JOIN, POST, TAGS_OF_POSTS, USER, marks

WRITE = f"{INSERT} {marks('?', len(work.ENTRY_COLUMNS))}"
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -10240", "foreign_keys = ON")


class Contender(Driver):
    databases: ClassVar[tuple[str, ...]] = ("sqlite",)

    async def open(self, database: str, url: str) -> None:
        self.db = await aiosqlite.connect(url.removeprefix("sqlite:///"), timeout=5)
        for pragma in PRAGMAS:
            await self.db.execute(f"PRAGMA {pragma}")

    async def close(self) -> None:
        await self.db.close()

    async def _all(self, sql: str, values: Any = ()) -> Any:
        return await self.db.execute_fetchall(sql, values)

    async def _one(self, sql: str, values: Any = ()) -> Any:
        async with self.db.execute(sql, values) as cursor:
            return await cursor.fetchone()

    async def select_by_pk(self, step: int) -> Any:
        return await self._one(f"{USER} WHERE id = ?", (work.user_key(step),))

    async def rows_1000(self, step: int) -> Any:
        return await self._all(USER)

    async def rows_20000(self, step: int) -> Any:
        return await self._all(POST)

    async def in_100(self, step: int) -> Any:
        keys = work.hundred_keys(step)
        return await self._all(f"{POST} WHERE id IN {marks('?', len(keys))}", keys)

    async def join_author(self, step: int) -> Any:
        return await self._all(JOIN)

    async def prefetch_posts(self, step: int) -> Any:
        users = await self._all(USER)
        keys = [row[0] for row in users]
        return users, await self._all(f"{POST} WHERE author_id IN {marks('?', len(keys))}", keys)

    async def prefetch_tags(self, step: int) -> Any:
        users, posts = await self.prefetch_posts(step)
        keys = [row[0] for row in posts]
        where = f"WHERE pt.post_id IN {marks('?', len(keys))}"
        return users, posts, await self._all(f"{TAGS_OF_POSTS} {where}", keys)

    async def insert_one(self, step: int) -> Any:
        cursor = await self.db.execute(WRITE, _stored(work.entry(step)))
        await self.db.commit()
        return cursor.lastrowid

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        cursor = await self.db.execute("UPDATE posts SET views = ? WHERE id = ?", (views, key))
        await self.db.commit()
        return cursor.rowcount

    async def _bulk(self, count: int) -> int:
        records = [_stored(work.entry(each)) for each in range(count)]
        await self.db.executemany(WRITE, records)
        await self.db.commit()
        return len(records)

    async def count(self, step: int) -> Any:
        return (await self._one("SELECT count(*) FROM posts WHERE views > ?", (5_000,)))[0]

    async def aggregates(self, step: int) -> Any:
        return await self._one(AGGREGATES)


def _stored(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(stored_in_sqlite(value) for value in values)
