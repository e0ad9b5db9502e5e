"""Wrong uses of managers and classes of queries that type checkers find."""

from __future__ import annotations

from typing_extensions import Self

from oxyde import Field, Model, Query


class PostQuery(Query["Post"]):
    def published(self) -> Self:
        return self.filter(is_draft=False)

    def popular(self) -> Self:
        return self.filter(lambda p: p.likes > 3)  # error


class Post(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    is_draft: bool = True

    objects = PostQuery.as_manager()
    few = PostQuery.as_manager(lambda rows: rows.fewer())  # error


class Tag(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)


async def chains() -> None:
    Post.objects.publishd()  # error
    Tag.objects.published()  # error
    Post.objects.values("id").published()  # error
    await Post.objects.published().frist()  # error
    tags: Query[Tag] = Post.objects.published()  # error
    print(tags)
