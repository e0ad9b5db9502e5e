"""Oxyde: always complete, validated model instances."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bench import work
from bench.adapters.protocol import Adapter
from oxyde import Avg, Count, Field, Max, Min, Model, PoolSettings, Sum, db


class User(Model):
    class Meta:
        is_table = True
        table_name = "users"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=100)
    email: str = Field(max_length=200)
    age: int
    active: bool
    created_at: datetime
    posts: list[Post] = Field(db_reverse_fk="author")


class Post(Model):
    class Meta:
        is_table = True
        table_name = "posts"

    id: int | None = Field(default=None, db_pk=True)
    author: User | None = None
    title: str = Field(max_length=200)
    body: str
    views: int
    created_at: datetime
    tags: list[Tag] = Field(db_m2m=True, db_through="PostTag")


class Tag(Model):
    class Meta:
        is_table = True
        table_name = "tags"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50)


class PostTag(Model):
    class Meta:
        is_table = True
        table_name = "post_tags"

    id: int | None = Field(default=None, db_pk=True)
    post: Post | None = None
    tag: Tag | None = None


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "entries"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=100)
    email: str = Field(max_length=200)
    age: int
    active: bool
    created_at: datetime


class Contender(Adapter):
    async def open(self, database: str, url: str) -> None:
        settings = PoolSettings(
            max_connections=work.POOL_SIZE,
            min_connections=work.POOL_SIZE,
            ssl_mode=None if database == "sqlite" else "disable",
        )
        await db.init(url, settings=settings)

    async def close(self) -> None:
        await db.close()

    async def select_by_pk(self, step: int) -> Any:
        return await User.objects.get(id=work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await User.objects.all()

    async def rows_20000(self, step: int) -> Any:
        return await Post.objects.all()

    async def in_100(self, step: int) -> Any:
        return await Post.objects.filter(id__in=work.hundred_keys(step)).all()

    async def join_author(self, step: int) -> Any:
        return await Post.objects.join("author").all()

    async def prefetch_posts(self, step: int) -> Any:
        return await User.objects.prefetch("posts").all()

    async def prefetch_tags(self, step: int) -> Any:
        return await User.objects.prefetch("posts__tags").all()

    async def insert_one(self, step: int) -> Any:
        return await Entry.objects.create(**work.named_entry(step))

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        return await Post.objects.filter(id=key).update(views=views)

    async def _bulk(self, count: int) -> int:
        return len(
            await Entry.objects.bulk_create([work.named_entry(each) for each in range(count)])
        )

    async def count(self, step: int) -> Any:
        return await Post.objects.filter(views__gt=5_000).count()

    async def aggregates(self, step: int) -> Any:
        found = await Post.objects.aggregate(
            posts=Count("id"),
            total=Sum("views"),
            mean=Avg("views"),
            least=Min("views"),
            most=Max("views"),
        )
        return found.values()
