"""Models of a project that has stubs."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from typing_extensions import Self

from oxyde import Field, Model, Query, RelatedManager


class Kind(str, Enum):
    A = "a"
    B = "b"


class Base(Model):
    """An abstract base."""

    id: int | None = Field(default=None, db_pk=True)
    created_at: datetime | None = Field(default=None, db_default="CURRENT_TIMESTAMP")


class Author(Base):
    class Meta:
        is_table = True

    name: str = Field(max_length=50, db_unique=True)
    age: int | None = None
    posts: list[Post] = Field(db_reverse_fk="author")

    @property
    def shout(self) -> str:
        return self.name.upper()


class TagQuery(Query["Tag"]):
    def short(self) -> Self:
        return self.filter(name__startswith="x")


class Tag(Base):
    class Meta:
        is_table = True

    name: str

    objects = TagQuery.as_manager()


class Post(Base):
    class Meta:
        is_table = True

    title: str
    views: int = 0
    kind: Kind = Kind.A
    author: Author | None = Field(default=None, db_on_delete="CASCADE")
    author_id: int | None = None
    editor: Author = Field(default=..., db_on_delete="CASCADE")
    editor_id: int = Field(default=...)
    tags: list[Tag] = Field(db_m2m=True)
    tags_set: ClassVar[RelatedManager[Tag]]
