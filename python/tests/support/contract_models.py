"""The tables of the shared IR messages."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated, Any

from pydantic import AwareDatetime

from oxyde.models import Field, Index, Model, Range, Vector


class Mood(Enum):
    HAPPY = "happy"
    SAD = "sad"


class Users(Model):
    class Meta:
        is_table = True
        table_name = "users"
        indexes = [Index("name", "bio", name="users_words", method="fulltext", config="english")]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50)
    bio: str | None = None
    age: int | None = Field(default=None, db_type="INTEGER")
    score: float | None = None
    balance: Decimal | None = Field(default=None, max_digits=12, decimal_places=2)
    active: bool = True
    born: dt.date | None = None
    wakes: dt.time | None = None
    created: dt.datetime | None = None
    seen: AwareDatetime | None = None
    worked: dt.timedelta | None = None
    token: uuid.UUID | None = None
    data: dict[str, Any] | None = None
    ip: IPv4Address | None = None
    avatar: bytes | None = None
    mood: Mood | None = None
    tags: list[str] | None = None
    posts: list[Posts] = Field(db_reverse_fk="author")


class Posts(Model):
    class Meta:
        is_table = True
        table_name = "posts"

    id: int | None = Field(default=None, db_pk=True)
    author: Users | None = None
    title: str | None = Field(default=None, max_length=50)
    views: int = 0


class Passages(Model):
    class Meta:
        is_table = True
        table_name = "passages"

    id: int | None = Field(default=None, db_pk=True)
    embedding: Annotated[list[float], Vector(3)]


class Bookings(Model):
    class Meta:
        is_table = True
        table_name = "bookings"

    id: int | None = Field(default=None, db_pk=True)
    nights: Range[dt.date]
