"""Programs with combined queries and related managers that do not type-check: each line that is
wrong is marked."""

from __future__ import annotations

from typing import ClassVar

from oxyde import Field, Model, Q, Query, RelatedManager, Sum
from oxyde.contrib.fastapi import get_or_404


class Tag(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Post(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    tags: list[Tag] = Field(db_m2m=True)
    tags_set: ClassVar[RelatedManager[Tag]]


async def wrong(post: Post) -> None:
    Post.objects | Tag.objects  # error
    Post.objects | Q(id=1)  # error
    tags: Query[Tag] = Post.objects.none()  # error
    name: str = await Post.objects.latest("id")  # error
    print((await Post.objects.earliest("id")).nmae)  # error
    Post.objects.alias("x")  # error
    Post.objects.alias(total=3)  # error
    Sum("id", defalt=0)  # error
    found: Post = await post.tags_set.get(id=1)  # error
    await post.tags_set.bulk_create([post])  # error
    await get_or_404("Post", id=1)  # error
    other: Tag = await get_or_404(Post, id=1)  # error
    print(tags, name, found, other)
