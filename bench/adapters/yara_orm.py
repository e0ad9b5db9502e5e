"""Yara ORM, as its documentation shows: model classes, `prefetch_related`, `bulk_create`."""

from __future__ import annotations

from typing import Any, ClassVar

from yara_orm import Avg, Count, Max, Min, Model, Sum, YaraOrm, fields

from bench import work
from bench.adapters.tortoise_like import TortoiseLike


class User(Model):
    id = fields.BigIntField(pk=True)
    name = fields.CharField(max_length=100)
    email = fields.CharField(max_length=200)
    age = fields.IntField()
    active = fields.BooleanField()
    created_at = fields.DatetimeField()
    posts: fields.ReverseRelation[Post]

    class Meta:
        table = "users"


class Tag(Model):
    id = fields.BigIntField(pk=True)
    name = fields.CharField(max_length=50)

    class Meta:
        table = "tags"


class Post(Model):
    id = fields.BigIntField(pk=True)
    author = fields.ForeignKeyField("User", related_name="posts")
    title = fields.CharField(max_length=200)
    body = fields.TextField()
    views = fields.IntField()
    created_at = fields.DatetimeField()
    tags = fields.ManyToManyField(
        "Tag", through="post_tags", forward_key="tag_id", backward_key="post_id"
    )

    class Meta:
        table = "posts"


class Entry(Model):
    id = fields.BigIntField(pk=True)
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
    options: ClassVar[str] = ""

    async def open(self, database: str, url: str) -> None:
        sizes = f"min_size={work.POOL_SIZE}&max_size={work.POOL_SIZE}"
        await YaraOrm.init(f"{url}?{sizes}{self.options}")

    async def close(self) -> None:
        await YaraOrm.close()

    async def _bulk(self, count: int) -> int:
        entries = [Entry(**work.named_entry(each)) for each in range(count)]
        return len(await Entry.bulk_create(entries))

    async def aggregates(self, step: int) -> Any:
        names = ("posts", "total", "mean", "least", "most")
        functions = (Count("id"), Sum("views"), Avg("views"), Min("views"), Max("views"))
        query = Post.annotate(**dict(zip(names, functions, strict=True)))
        return (await query.group_by().values_list(*names))[0]

    def _posts(self, row: Any) -> Any:
        return _loaded(row.posts)

    def _tags(self, row: Any) -> Any:
        return _loaded(row.tags)


def _loaded(relation: Any) -> Any:
    """The rows of a prefetched relation, which can only be awaited but does not suspend."""
    try:
        next(relation.__await__())
    except StopIteration as done:
        return done.value
    raise RuntimeError("the relation was not prefetched")
