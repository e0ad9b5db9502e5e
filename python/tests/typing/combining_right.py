"""Programs with combined queries, keys and related managers that type-check: no error."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import assert_type

from oxyde import Field, JsonText, Model, Prefetch, Query, RelatedManager, Sum, related
from oxyde.contrib.fastapi import get_list_or_404, get_or_404


class Tag(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Author(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str
    posts: list[Post] = Field(db_reverse_fk="author")
    posts_set: ClassVar[RelatedManager[Post]]


class Post(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    views: int = 0
    data: dict[str, Any] = Field(default_factory=dict)
    author: Author | None = None
    tags: list[Tag] = Field(db_m2m=True)
    tags_set: ClassVar[RelatedManager[Tag]]


async def combined() -> None:
    either = Post.objects.filter(views=1) | Post.objects.filter(title="x")
    assert_type(either, Query[Post, Post])
    assert_type(either & Post.objects ^ either, Query[Post, Post])
    assert_type(Post.objects.none().reverse(), Query[Post, Post])
    assert_type(await either.latest("views"), Post)
    assert_type(await either.earliest(lambda p: p.views), Post)
    names = Post.objects.values_list(lambda p: p.title, flat=True)
    assert_type(await names.latest("title"), str)
    assert_type(names | names, Query[Post, str])
    counted = Post.objects.alias(total=Sum("tags__id", default=0), text=JsonText("data__name"))
    assert_type(counted.filter(total__gt=1), Query[Post, Post])
    assert_type(Post.objects.only("title", "author__name"), Query[Post, Post])
    Author.objects.prefetch(Prefetch("posts", Post.objects.order_by("-views")[:3]))


async def keys(post: Post, other: Post) -> None:
    post.pk = 3
    assert_type({post, other}, set[Post])
    assert_type(post == other, bool)
    print(post.pk)


async def rows_of_a_relation(post: Post, author: Author) -> None:
    tags = post.tags_set
    assert_type(await tags, list[Tag])
    assert_type(await tags.filter(name="x").order_by("name")[:2], list[Tag])
    assert_type(await tags.first(), Tag | None)
    assert_type(await tags.get_or_create({"name": "x"}, id=1, through={}), tuple[Tag, bool])
    assert_type(await tags.update_or_create(name="x"), tuple[Tag, bool])
    assert_type(await tags.bulk_create([Tag(name="x"), {"name": "y"}]), list[Tag])
    assert_type(await author.posts_set.update(views=1), int)
    assert_type(await author.posts_set.delete(), int)
    assert_type(await author.posts_set.sum(lambda p: p.views), int | None)
    assert_type(await related(author, lambda a: a.posts).exists(), bool)
    async for tag in tags:
        assert_type(tag, Tag)


async def not_found() -> None:
    assert_type(await get_or_404(Post, id=1), Post)
    assert_type(await get_or_404(Post.objects.filter(views=1), id=1, detail="gone"), Post)
    assert_type(await get_or_404(Post.objects.values("id"), id=1), dict[str, Any])
    assert_type(await get_list_or_404(Post, views=1), list[Post])
