"""The models that the tests of queries share."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import AwareDatetime

from oxyde.models import Field, Model


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Company(Model):
    class Meta:
        is_table = True
        table_name = "q_company"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(db_unique=True)
    parent: Company | None = None


class Person(Model):
    class Meta:
        is_table = True
        table_name = "q_person"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    email: str | None = Field(default=None, max_length=100, db_unique=True)
    age: int = Field(default=0, ge=0)
    height: float | None = None
    balance: Decimal = Decimal(0)
    active: bool = True
    mood: Mood = Mood.GOOD
    born: dt.date | None = None
    seen: dt.datetime | None = None
    created: AwareDatetime | None = None
    alarm: dt.time | None = None
    shift: dt.timedelta | None = None
    token: uuid.UUID | None = None
    photo: bytes | None = None
    data: dict[str, Any] | None = None
    tags: list[str] | None = None
    company: Company | None = None
    posts: list[Post] = Field(db_reverse_fk="author")
    edited: list[Post] = Field(db_reverse_fk="editor")


class Post(Model):
    class Meta:
        is_table = True
        table_name = "q_post"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    views: int = 0
    author: Person
    editor: Person | None = None
    labels: list[Label] = Field(db_m2m=True, db_through="PostLabel")


class Label(Model):
    class Meta:
        is_table = True
        table_name = "q_label"

    id: int | None = Field(default=None, db_pk=True)
    text: str


class PostLabel(Model):
    class Meta:
        is_table = True
        table_name = "q_post_label"

    id: int | None = Field(default=None, db_pk=True)
    post: Post
    label: Label


class Seat(Model):
    class Meta:
        is_table = True
        table_name = "q_seat"

    row: int = Field(db_pk=True)
    number: int = Field(db_pk=True)
    taken: bool = False
