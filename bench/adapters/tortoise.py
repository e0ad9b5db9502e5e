"""Tortoise ORM, as its documentation shows: model classes, `prefetch_related`, `bulk_create`."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise, fields
from tortoise.functions import Avg, Count, Max, Min, Sum
from tortoise.models import Model

from bench import work
from bench.adapters.tortoise_like import TortoiseLike

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


class Contender(TortoiseLike):
    user = User
    post = Post
    entry = Entry

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

    async def _bulk(self, count: int) -> int:
        entries = [Entry(**work.named_entry(each)) for each in range(count)]
        await Entry.bulk_create(entries)
        return len(entries)

    async def aggregates(self, step: int) -> Any:
        names = ("posts", "total", "mean", "least", "most")
        functions = (Count("id"), Sum("views"), Avg("views"), Min("views"), Max("views"))
        query = Post.annotate(**dict(zip(names, functions, strict=True)))
        row: Any = await query.first().values_list(*names)
        return row
