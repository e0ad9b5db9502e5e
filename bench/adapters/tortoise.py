"""Tortoise ORM, as its documentation shows: model classes, `prefetch_related`, `bulk_create`."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise, fields
from tortoise.functions import Avg, Count, Max, Min, Sum
from tortoise.models import Model

from bench import work
from bench.adapters.protocol import Adapter

SIZES = f"minsize={work.POOL_SIZE}&maxsize={work.POOL_SIZE}"


class User(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=100)
    email = fields.CharField(max_length=200)
    age = fields.IntField()
    active = fields.BooleanField()
    created_at = fields.DatetimeField()
    posts: fields.ReverseRelation[Post]

    class Meta:
        table = "users"


class Post(Model):
    id = fields.BigIntField(primary_key=True)
    author: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="posts"
    )
    title = fields.CharField(max_length=200)
    body = fields.TextField()
    views = fields.IntField()
    created_at = fields.DatetimeField()
    tags: fields.ManyToManyRelation[Tag] = fields.ManyToManyField(
        "models.Tag", through="post_tags", forward_key="tag_id", backward_key="post_id"
    )

    class Meta:
        table = "posts"


class Tag(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=50)

    class Meta:
        table = "tags"


class Entry(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=100)
    email = fields.CharField(max_length=200)
    age = fields.IntField()
    active = fields.BooleanField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "entries"


class Contender(Adapter):
    async def open(self, database: str, url: str) -> None:
        if database == "sqlite":
            url = f"sqlite://{url.removeprefix('sqlite:///')}?synchronous=NORMAL&cache_size=-10240"
        else:
            url = f"{url.replace('postgresql:', 'asyncpg:')}?{SIZES}"
        await Tortoise.init(
            db_url=url, modules={"models": ["bench.adapters.tortoise"]}, use_tz=False
        )

    async def close(self) -> None:
        await Tortoise.close_connections()

    async def select_by_pk(self, step: int) -> Any:
        return await User.get(id=work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await User.all()

    async def rows_20000(self, step: int) -> Any:
        return await Post.all()

    async def in_100(self, step: int) -> Any:
        return await Post.filter(id__in=work.hundred_keys(step))

    async def join_author(self, step: int) -> Any:
        return await Post.all().select_related("author")

    async def prefetch_posts(self, step: int) -> Any:
        return await User.all().prefetch_related("posts")

    async def prefetch_tags(self, step: int) -> Any:
        return await User.all().prefetch_related("posts__tags")

    async def insert_one(self, step: int) -> Any:
        return await Entry.create(**work.named_entry(step))

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        return await Post.filter(id=key).update(views=views)

    async def bulk_100(self, step: int) -> Any:
        return await self._bulk(100)

    async def bulk_10000(self, step: int) -> Any:
        return await self._bulk(10_000)

    async def _bulk(self, count: int) -> int:
        entries = [Entry(**work.named_entry(each)) for each in range(count)]
        await Entry.bulk_create(entries)
        return len(entries)

    async def count(self, step: int) -> Any:
        return await Post.filter(views__gt=5_000).count()

    async def aggregates(self, step: int) -> Any:
        names = ("posts", "total", "mean", "least", "most")
        functions = (Count("id"), Sum("views"), Avg("views"), Min("views"), Max("views"))
        query = Post.annotate(**dict(zip(names, functions, strict=True)))
        row: Any = await query.first().values_list(*names)
        return row
