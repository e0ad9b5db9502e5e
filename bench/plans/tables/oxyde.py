"""The models from which the tables are made, with the indexes that Oxyde makes by default."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from oxyde import Field, Index, Model


class Author(Model):
    class Meta:
        is_table = True
        table_name = "author"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_index=True)
    posts: list[Post] = Field(db_reverse_fk="author")
    edited: list[Post] = Field(db_reverse_fk="editor")


class Tag(Model):
    class Meta:
        is_table = True
        table_name = "tag"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20, db_unique=True)
    posts: list[Post] = Field(db_m2m=True, db_through="PostTag")


class Post(Model):
    class Meta:
        is_table = True
        table_name = "post"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=80, db_index=True)
    views: int = 0
    created: datetime = Field(db_index=True)
    day: date | None = Field(default=None, db_index=True)
    author: Author = Field(db_on_delete="CASCADE")
    # Without an index, except on MySQL and MariaDB, which always make one.
    editor: Author | None = Field(default=None, db_index=False)
    tags: list[Tag] = Field(db_m2m=True, db_through="PostTag")
    comments: list[Comment] = Field(db_reverse_fk="post")


class PostTag(Model):
    class Meta:
        is_table = True
        table_name = "post_tag"

    post: Post = Field(db_pk=True, db_on_delete="CASCADE")
    tag: Tag = Field(db_pk=True, db_index=True, db_on_delete="CASCADE")


class Comment(Model):
    class Meta:
        is_table = True
        table_name = "comment"

    id: int | None = Field(default=None, db_pk=True)
    stars: int
    post: Post = Field(db_on_delete="CASCADE")


class Item(Model):
    class Meta:
        is_table = True
        table_name = "item"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    stock: int = 0


class Document(Model):
    class Meta:
        is_table = True
        table_name = "document"

    id: int | None = Field(default=None, db_pk=True)
    data: dict[str, Any] = Field(default_factory=dict)


class Note(Model):
    class Meta:
        is_table = True
        table_name = "note"
        indexes = (Index("title", "body", method="fulltext", name="note_words"),)

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=80)
    body: str
