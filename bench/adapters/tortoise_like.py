"""Queries in the manner of Tortoise, whose interface Yara has as well."""

from __future__ import annotations

from typing import Any, ClassVar

from bench import work
from bench.adapters.protocol import Adapter


class TortoiseLike(Adapter):
    """A contender with this interface.

    Attributes:
        user: the model of `users`, as `post` and `entry` are those of the other tables.
    """

    user: ClassVar[Any]
    post: ClassVar[Any]
    entry: ClassVar[Any]

    async def select_by_pk(self, step: int) -> Any:
        return await self.user.get(id=work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await self.user.all()

    async def rows_20000(self, step: int) -> Any:
        return await self.post.all()

    async def in_100(self, step: int) -> Any:
        return await self.post.filter(id__in=work.hundred_keys(step))

    async def join_author(self, step: int) -> Any:
        return await self.post.all().select_related("author")

    async def prefetch_posts(self, step: int) -> Any:
        return await self.user.all().prefetch_related("posts")

    async def prefetch_tags(self, step: int) -> Any:
        return await self.user.all().prefetch_related("posts__tags")

    async def insert_one(self, step: int) -> Any:
        return await self.entry.create(**work.named_entry(step))

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        return await self.post.filter(id=key).update(views=views)

    async def count(self, step: int) -> Any:
        return await self.post.filter(views__gt=5_000).count()
