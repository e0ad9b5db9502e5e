"""Programs that must type-check as they are."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated

from typing_extensions import assert_type

from oxyde.models import Check, Field, ForeignKey, Index, Model, Range, Unique, register_type


class User(Model):
    class Meta:
        is_table = True
        indexes = [Index("name", "-age", unique=True)]
        constraints = [
            Check("age >= 0"),
            Unique("name", "age", name="one_of_an_age"),
            ForeignKey(["nick"], "User", ["name"], on_delete="SET NULL"),
        ]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_unique=True)
    age: int = Field(default=0, ge=0)
    nick: str | None = None
    token: uuid.UUID = Field(default_factory=uuid.uuid4, db_index=True)
    tags: list[str] = Field(default_factory=list)
    bio: Annotated[str, Field(db_type="TEXT", db_collation="de-x-icu")] = ""
    posts: list[Post] = Field(default_factory=list, db_reverse_fk="author")
    next_age: int | None = Field(default=None, db_generated="age + 1", db_stored=True)
    number: int = Field(default=0, db_unique_name="uq_number")
    created: dt.datetime = Field(auto_now_add=True)
    changed: dt.datetime = Field(auto_now=True, db_index=True)


class Post(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    author: User | None = Field(default=None, db_on_delete="CASCADE")


class Booking(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    nights: Range[dt.date]
    price: Range[Decimal] | None = None


def ranges() -> None:
    booking = Booking(nights=Range(dt.date(2024, 5, 1), None, "[]"), price=Range(empty=True))
    assert_type(booking.nights, Range[dt.date])
    assert_type(booking.nights.lower, "dt.date | None")
    assert_type(booking.nights.contains(dt.date(2024, 5, 2)), bool)
    assert_type(booking.nights.overlap(Range(None, dt.date(2024, 5, 2))), bool)
    assert_type(Range(1, 5), Range[int])
    Booking.objects.filter(lambda b: b.nights.contains(dt.date(2024, 5, 2)))
    Booking.objects.filter(lambda b: b.nights.adjacent(booking.nights))
    Booking.objects.filter(lambda b: b.nights.empty)


def build() -> None:
    user = User(name="x")
    User(name="x", age=3, nick="y", tags=["a"])
    assert_type(user.id, "int | None")
    assert_type(user.age, int)
    assert_type(user.tags, list[str])
    assert_type(user.posts, list[Post])
    assert_type(user.posts[0].author, "User | None")
    assert_type(User.get_table_name(), str)
    post = Post(title="t", author=user)
    if post.author is not None:
        assert_type(post.author.name, str)


async def rows(user: User) -> None:
    assert_type(await user.save(), User)
    assert_type(await user.save(update_fields=["name"], using="other"), User)
    assert_type(await user.delete(), int)
    assert_type(await user.refresh(["name"]), User)
    assert_type(await User.objects.get(id=1), User)
    assert_type(await User.objects.filter(name="x").all(), list[User])


class Hooked(User):
    async def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        if is_create:
            self.name = self.name.strip()

    async def post_delete(self) -> None:
        pass


class Money:
    def __init__(self, amount: Decimal) -> None:
        self.amount = amount


Digits = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
register_type(Money, storage=Decimal, encode=lambda money: money.amount, decode=Money)
register_type(Money, storage=Digits, encode=lambda money: money.amount, decode=Money)
register_type(
    Money,
    storage=list[int],
    encode=lambda money: [int(money.amount)],
    decode=lambda parts: Money(Decimal(parts[0])),
)


def generic(model: type[Model]) -> str:
    return model.get_table_name()
