"""Programs with queries that must not type-check: each marked line has an error, no other has."""

from __future__ import annotations

from dataclasses import dataclass

from oxyde.models import Field, Model
from oxyde.queries import (
    ArrayAgg,
    Cast,
    Collate,
    F,
    JsonObject,
    Log,
    Query,
    StringAgg,
    any_of,
    register_lookup,
)


class User(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str
    age: int = 0
    posts: list[Post] = Field(db_reverse_fk="author")


class Post(Model):
    id: int | None = Field(default=None, db_pk=True)
    title: str
    author: User | None = None


@dataclass
class Row:
    id: int
    name: str


def functions() -> None:
    StringAgg("name", order_by=3)  # error
    ArrayAgg("name", order_by=[3])  # error
    Cast("name", str, digits=3)  # error
    Cast("name", str, max_length="3")  # error
    Log("age", 10)  # error
    Log("age")  # error
    JsonObject(3)  # error
    Collate("name", 3)  # error
    register_lookup("x", str)  # error
    register_lookup("x", str, 3)  # error
    register_lookup("x", str, lambda column: column == 3)  # error


async def rows() -> None:
    user: User = await User.objects.first()  # error
    posts: Query[Post] = User.objects.filter(id=1)  # error
    names: list[str] = await User.objects.values("name")  # error
    print((await User.objects.get(id=1)).nmae)  # error
    changed: list[User] = await User.objects.update(age=1)  # error
    ids: list[int] = await User.objects.into(Row)  # error
    print((await User.objects.into(Row).get(id=1)).nmae)  # error
    User.objects.into("Row")  # error
    User.objects.into(Row, name=3)  # error
    User.objects.into(Row, name=lambda u: u.nmae)  # error
    print(user, posts, names, changed, ids)
    for _ in User.objects.filter(id=1):  # error
        pass
    User.objects.filter(id=1)[3]  # error
    User.objects.limit("3")  # error
    F(3)  # error


async def typed() -> None:
    User.objects.filter(lambda u: u.agee >= 18)  # error
    User.objects.filter(lambda u: u.age >= "18")  # error
    User.objects.filter(lambda u: u.name.strtswith("A"))  # error
    User.objects.order_by(lambda u: u.nmae)  # error
    User.objects.exclude(lambda u: any_of(u.posts, lambda p: p.titel == "x"))  # error
    wrong: list[tuple[int, int]] = await User.objects.select(lambda u: (u.age, u.name))  # error
    await User.objects.update(lambda u: {u.age: u.agee})  # error
    print(wrong)
