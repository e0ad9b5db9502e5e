"""What type checkers know of managers and classes of queries, without a plugin."""

from __future__ import annotations

from typing import Any

from typing_extensions import Self, TypeVar, assert_type

from oxyde import F, Field, Model, Prefetch, Query, related

M = TypeVar("M")
R = TypeVar("R", default=M)


class PostQuery(Query["Post"]):
    def published(self) -> Self:
        return self.filter(is_draft=False)

    def by(self, author: Author) -> Self:
        return self.filter(lambda p: p.author_id == author.id)

    async def titles(self) -> list[str]:
        return await self.values_list(lambda p: p.title, flat=True)


class Newest(Query[M, R]):
    """For several models."""

    def newest(self, count: int) -> Self:
        return self.order_by("-id")[:count]


class Author(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str
    posts: list[Post] = Field(db_reverse_fk="author")

    objects = Newest["Author"].as_manager()


class Post(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    is_draft: bool = True
    views: int = 0
    author: Author
    author_id: int = Field(default=0)

    objects = PostQuery.as_manager()
    published = PostQuery.as_manager(lambda rows: rows.published())


class Tag(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)


async def chains(author: Author) -> None:
    assert_type(Post.objects, PostQuery)
    assert_type(Post.objects.published(), PostQuery)
    assert_type(Post.objects.published().by(author), PostQuery)
    posts: PostQuery = Post.published.by(author).limit(3)
    await posts
    assert_type(await Post.objects.published().by(author), list[Post])
    assert_type(await Post.objects.by(author).first(), Post | None)
    assert_type(await Post.objects.published().titles(), list[str])
    assert_type(Post.objects.filter(id=1).exclude(id=2).order_by("id"), PostQuery)
    assert_type(Post.objects.join("author").prefetch("author").strict(), PostQuery)
    assert_type(Post.objects.annotate(more=F("views") + 1).only("id")[:5], PostQuery)
    assert_type(Post.objects.union(Post.published.all_rows()), PostQuery)
    async for post in Post.objects.published():
        assert_type(post, Post)


async def other_rows() -> None:
    assert_type(Post.objects.published().values("id"), Query[Post, dict[str, Any]])
    assert_type(Post.objects.select(lambda p: (p.id, p.title)), Query[Post, tuple[int | None, str]])
    assert_type(Post.objects.group_by("author"), Query[Post, dict[str, Any]])


async def shared(author: Author) -> None:
    assert_type(await Author.objects.newest(3), list[Author])
    assert_type(await Tag.objects.filter(id=1), list[Tag])
    assert_type(Tag.objects.filter(id=1), Query[Tag, Tag])
    assert_type(related(author, lambda a: a.posts).query(Post.objects).published(), PostQuery)
    query: Query[Post] = Post.objects.published()
    await query
    Author.objects.prefetch(Prefetch("posts", Post.objects.published()))
