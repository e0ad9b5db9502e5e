"""Programs with queries that type-check: no line has an error."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from typing_extensions import assert_type

from oxyde.models import Field, Model
from oxyde.queries import (
    Abs,
    ArrayAgg,
    Cast,
    Collate,
    Count,
    F,
    Func,
    JsonObject,
    Log,
    Q,
    Query,
    QueryManager,
    StringAgg,
    any_of,
    between,
    desc,
    in_,
    register_lookup,
)


class Company(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str


class User(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str
    age: int = 0
    company: Company | None = None
    posts: list[Post] = Field(db_reverse_fk="author")


class Post(Model):
    id: int | None = Field(default=None, db_pk=True)
    title: str
    views: int = 0
    author: User | None = None


@dataclass(frozen=True)
class Row:
    id: int
    company_name: str


class Pair(NamedTuple):
    id: int
    name: str


class Twice(Func):
    sql = {"postgres": "concat({0}, {0})", "sqlite": "({0} || {0})"}
    output = str


register_lookup("longer_than", str, "LENGTH({0}) > {1}", value=int)
register_lookup("similar", str, {"postgres": "similarity({0}, {1}) > 0.3"})
register_lookup("about", (int, float), lambda column, value: Abs(column - value) <= 1)


def functions() -> None:
    User.objects.filter(age__in=[F("company__id"), 3], age__gt=2.5, age__range=(1, F("id")))
    User.objects.filter(lambda u: (u.age > 2.5) & in_(u.age, [u.id, 3]) & between(u.age, 1.5, 3))
    User.objects.filter(Twice("name") == "aa", Log("age", base=2) > 3)
    User.objects.annotate(
        titles=StringAgg("posts__title", "; ", order_by=["-posts__views", F("posts__id").desc()]),
        views=ArrayAgg("posts__views", distinct=True, order_by="posts__views"),
        whole=Cast("age", Decimal, max_digits=10, decimal_places=2),
        card=JsonObject({"a key": 1}, name="name", age=F("age") + 1),
        sorted=Collate("name", {"sqlite": "NOCASE", "postgres": "de-x-icu"}),
    )


async def reading() -> None:
    assert_type(User.objects, QueryManager[User])
    query = User.objects.filter(name="a", age__gte=18).exclude(Q(name="b")).order_by("-age")
    assert_type(query, Query[User, User])
    assert_type(await query, list[User])
    assert_type(await query.all(using="other"), list[User])
    assert_type(await query.first(), User | None)
    assert_type(await query.get(id=1), User)
    assert_type(await query.get_or_none(id=1), User | None)
    assert_type(await query.count(), int)
    assert_type(await query.exists(), bool)
    assert_type(await query[10:20].last(), User | None)
    assert_type(await query.in_bulk([1, 2]), dict[int, User])
    async for user in query.iterate(chunk_size=100):
        assert_type(user, User)
    async for user in query:
        assert_type(user.name, str)
    assert_type(query.sql(dialect="postgres"), tuple[str, list[Any]])


async def other_rows() -> None:
    assert_type(await User.objects.values("id"), list[dict[str, Any]])
    assert_type(await User.objects.values("id").first(), dict[str, Any] | None)
    assert_type(await User.objects.values_list("id", "name"), list[tuple[Any, ...]])
    assert_type(await User.objects.values_list("id", flat=True), list[Any])
    assert_type(await User.objects.group_by("age").annotate(n=Count("*")), list[dict[str, Any]])
    assert_type(await User.objects.select(lambda u: (u.id, u.name)), list[tuple[int | None, str]])
    assert_type(await User.objects.select(lambda u: u.name).all(), list[str])


async def rows_of_a_class() -> None:
    query = User.objects.into(Row, company_name="company__name")
    assert_type(query, Query[User, Row])
    assert_type(await query, list[Row])
    assert_type(await query.filter(id=1).first(), Row | None)
    async for row in query.iterate():
        assert_type(row.company_name, str)
    assert_type(await User.objects.into(Pair, name=F("name")).get(id=1), Pair)
    assert_type(await User.objects.into(Pair, name=lambda u: u.name), list[Pair])


async def writing(user: User) -> None:
    assert_type(await User.objects.create(name="a"), User)
    assert_type(await User.objects.get_or_create(name="a", defaults={"age": 3}), tuple[User, bool])
    assert_type(await User.objects.update_or_create(name="a"), tuple[User, bool])
    assert_type(await User.objects.upsert(name="a", unique_fields=["name"]), User)
    assert_type(await User.objects.bulk_create([user, {"name": "b"}]), list[User])
    assert_type(
        await User.objects.bulk_create([user], update_conflicts=True, returning_created=True),
        list[tuple[User, bool]],
    )
    assert_type(await User.objects.bulk_update([user], ["name"]), int)
    assert_type(await User.objects.bulk_update([user], age=F("age") + 1), int)
    assert_type(await User.objects.bulk_update([user], [], lambda u: {u.age: u.age + 1}), int)
    assert_type(await User.objects.filter(id=1).update(age=F("age") + 1), int)
    assert_type(await User.objects.filter(id=1).update(age=1, returning=True), list[User])
    assert_type(await User.objects.filter(id=1).delete(), int)
    assert_type(await User.objects.raw("SELECT 1", [1]), list[User])


async def typed() -> None:
    query = User.objects.filter(lambda u: (u.age >= 18) & u.name.startswith("A"))
    assert_type(query, Query[User, User])
    query = query.exclude(lambda u: in_(u.age, [1, 2]))
    query = query.filter(lambda u: any_of(u.posts, lambda p: p.views > 10))
    query = query.order_by(lambda u: desc(u.age), lambda u: u.name)
    assert_type(await query.update(lambda u: {u.age: u.age + 1}), int)
