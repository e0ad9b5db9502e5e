"""The tables."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import ClassVar

from pydantic import AwareDatetime, EmailStr

from oxyde import Field, Index, Model, RelatedManager


def now() -> datetime:
    """The current time, as the tables store it."""
    return datetime.now(timezone.utc)


class User(Model):
    """Someone who reads and writes."""

    class Meta:
        is_table = True
        table_name = "users"

    id: int | None = Field(default=None, db_pk=True)
    username: str = Field(min_length=1, max_length=50, db_unique=True)
    email: EmailStr = Field(max_length=254, db_unique=True)
    password: str = Field(max_length=200, repr=False)
    bio: str | None = Field(default=None, max_length=2_000)
    image: str | None = Field(default=None, max_length=500)

    following: ClassVar[bool]


class Follow(Model):
    """One user follows another."""

    class Meta:
        is_table = True
        table_name = "follows"
        indexes = [Index("followed_id")]

    follower: User = Field(default=..., db_pk=True, db_on_delete="CASCADE")
    follower_id: int = Field(default=...)
    followed: User = Field(default=..., db_pk=True, db_on_delete="CASCADE")
    followed_id: int = Field(default=...)


class Tag(Model):
    """A word under which articles are found."""

    class Meta:
        is_table = True
        table_name = "tags"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(min_length=1, max_length=50, db_unique=True)


class Article(Model):
    """An article."""

    class Meta:
        is_table = True
        table_name = "articles"
        indexes = [Index("-created_at", "-id")]

    id: int | None = Field(default=None, db_pk=True)
    slug: str = Field(max_length=250, db_unique=True)
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(max_length=500)
    body: str
    created_at: AwareDatetime = Field(default_factory=now)
    updated_at: AwareDatetime = Field(default_factory=now)
    author: User = Field(default=..., db_on_delete="CASCADE")
    author_id: int = Field(default=...)
    tags: list[Tag] = Field(db_m2m=True, db_through="ArticleTag")
    favorites: list[Favorite] = Field(db_reverse_fk="article")

    tags_set: ClassVar[RelatedManager[Tag]]
    favorites_count: ClassVar[int]
    favorited: ClassVar[bool]


class ArticleTag(Model):
    """An article has a tag."""

    class Meta:
        is_table = True
        table_name = "article_tags"
        indexes = [Index("tag_id")]

    article: Article = Field(db_pk=True, db_on_delete="CASCADE")
    tag: Tag = Field(db_pk=True, db_on_delete="CASCADE")


class Favorite(Model):
    """A user likes an article."""

    class Meta:
        is_table = True
        table_name = "favorites"
        indexes = [Index("article_id")]

    user: User = Field(default=..., db_pk=True, db_on_delete="CASCADE")
    user_id: int = Field(default=...)
    article: Article = Field(default=..., db_pk=True, db_on_delete="CASCADE")
    article_id: int = Field(default=...)


class Comment(Model):
    """A comment on an article."""

    class Meta:
        is_table = True
        table_name = "comments"

    id: int | None = Field(default=None, db_pk=True)
    body: str = Field(min_length=1, max_length=5_000)
    created_at: AwareDatetime = Field(default_factory=now)
    updated_at: AwareDatetime = Field(default_factory=now)
    article: Article = Field(default=..., db_on_delete="CASCADE")
    article_id: int = Field(default=...)
    author: User = Field(default=..., db_on_delete="CASCADE")
    author_id: int = Field(default=...)
