"""Piccolo: `objects()` for instances. It supports neither MySQL nor prefetching of reverse
relations."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from piccolo.columns import (
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    Serial,
    Text,
    Timestamp,
    Varchar,
)
from piccolo.engine.base import Engine
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.query.functions import Avg, Count, Max, Min, Sum
from piccolo.table import Table, create_table_class

from bench import work
from bench.adapters.protocol import Adapter


class Contender(Adapter):
    databases: ClassVar[tuple[str, ...]] = ("postgres", "sqlite")

    async def open(self, database: str, url: str) -> None:
        self.pooled: PostgresEngine | None = None
        engine: Engine[Any]
        if database == "sqlite":
            engine = SQLiteEngine(path=url.removeprefix("sqlite:///"), timeout=5)
        else:
            parts = urlsplit(url)
            self.pooled = engine = PostgresEngine(
                config={
                    "host": parts.hostname,
                    "port": parts.port,
                    "user": unquote(parts.username or ""),
                    "password": unquote(parts.password or ""),
                    "database": parts.path.lstrip("/"),
                },
                extensions=(),
            )
            await engine.start_connection_pool(min_size=work.POOL_SIZE, max_size=work.POOL_SIZE)
        key = Serial if database == "sqlite" else BigSerial
        self.user = _table("User", "users", engine, {"id": key(primary_key=True), **_person()})
        self.entry = _table("Entry", "entries", engine, {"id": key(primary_key=True), **_person()})
        columns = {
            "id": key(primary_key=True),
            "author": ForeignKey(references=self.user, db_column_name="author_id"),
            "title": Varchar(length=200),
            "body": Text(),
            "views": Integer(),
            "created_at": Timestamp(),
        }
        self.post = _table("Post", "posts", engine, columns)

    async def close(self) -> None:
        if self.pooled is not None:
            await self.pooled.close_connection_pool()

    async def select_by_pk(self, step: int) -> Any:
        return await self.user.objects().get(self.user.id == work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await self.user.objects()

    async def rows_20000(self, step: int) -> Any:
        return await self.post.objects()

    async def in_100(self, step: int) -> Any:
        return await self.post.objects().where(self.post.id.is_in(work.hundred_keys(step)))

    async def join_author(self, step: int) -> Any:
        return await self.post.objects(self.post.author)

    async def insert_one(self, step: int) -> Any:
        return await self.entry.objects().create(**work.named_entry(step))

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        await self.post.update({self.post.views: views}).where(self.post.id == key)
        return 1

    async def _bulk(self, count: int) -> int:
        # One statement must stay below the servers' limit of parameters.
        entries = [self.entry(**work.named_entry(each)) for each in range(count)]
        size = 5_000
        async with self.entry._meta.db.transaction():
            for first in range(0, count, size):
                await self.entry.insert(*entries[first : first + size])
        return count

    async def count(self, step: int) -> Any:
        return await self.post.count().where(self.post.views > 5_000)

    async def aggregates(self, step: int) -> Any:
        views = self.post.views
        functions = (Count(), Sum(views), Avg(views), Min(views), Max(views))
        return (await self.post.select(*functions).first()).values()

    def _post(self, row: Any) -> list[Any]:
        author = row.author if isinstance(row.author, int) else row.author.id
        values = super()._post(_Shown(row, author))
        return values


class _Shown:
    """A post with the column `author_id`, which Piccolo names `author`."""

    def __init__(self, row: Any, author: int) -> None:
        self._row = row
        self.author_id = author

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _person() -> dict[str, Any]:
    return {
        "name": Varchar(length=100),
        "email": Varchar(length=200),
        "age": Integer(),
        "active": Boolean(),
        "created_at": Timestamp(),
    }


def _table(name: str, table: str, engine: Engine[Any], columns: dict[str, Any]) -> type[Table]:
    return create_table_class(
        name, class_kwargs={"tablename": table, "db": engine}, class_members=columns
    )
