"""Programs that must not type-check: each marked line has an error, and no other line has."""

from __future__ import annotations

from decimal import Decimal

from oxyde.models import Field, Model, Range, register_type


class User(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(db_unique=True)
    age: int = Field(default="0")  # error
    size: str = Field(default_factory=int)  # error
    other: str = Field(db_unqiue=True)  # error
    nick: str = Field(default="", db_pk="yes")  # error
    made: str = Field(default="", auto_now=True)  # error
    changed: str = Field(auto_now_add="yes")  # error
    town: str = Field(default="", db_collation=1)  # error


class Money:
    def __init__(self, amount: Decimal) -> None:
        self.amount = amount


register_type(Money, storage=Decimal, encode=lambda money: money.total, decode=Money)  # error
register_type(Money, storage=str, encode=str, decode=Money)  # error


def ranges(seats: Range[int]) -> None:
    Range("a", "b")  # error
    Range(1, 5, "[[")  # error
    seats.contains("3")  # error
    seats.overlap(Range(Decimal(1), Decimal(2)))  # error
    seats.lower = 3  # error


def build() -> None:
    User(name=3, other="")  # error
    User(other="")  # error
    User(name="x", other="", colour="red")  # error
    user = User(name="x", other="", changed="")
    print(user.nmae)  # error
    user.age = "3"  # error


async def rows(user: User) -> None:
    await user.save(update_fields=[1])  # error
    saved: int = await user.save()  # error
    print((await User.objects.get(id=1)).nmae)  # error
    print(saved)
