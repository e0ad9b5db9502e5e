"""Tables with enough rows that a server chooses its plan by them, and the plan that it chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from support.server_plan import ServerPlan, explained

from oxyde import Field, Model, create_tables, execute_raw
from oxyde.db import AsyncDatabase

AUTHORS = 3000
POSTS = 12000


class Author(Model):
    class Meta:
        is_table = True
        table_name = "plan_author"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_index=True)
    posts: list[Post] = Field(db_reverse_fk="author")


class Tag(Model):
    class Meta:
        is_table = True
        table_name = "plan_tag"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20, db_unique=True)


class Post(Model):
    class Meta:
        is_table = True
        table_name = "plan_post"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=80, db_index=True)
    views: int = 0
    created: dt.datetime = Field(db_index=True)
    day: dt.date | None = Field(default=None, db_index=True)
    data: dict[str, Any] = Field(default_factory=dict)
    author: Author = Field(db_on_delete="CASCADE", db_index=True)
    editor: Author | None = Field(default=None, db_on_delete="SET NULL", db_index=True)
    tags: list[Tag] = Field(db_m2m=True)


PlanOf: TypeAlias = Callable[[Awaitable[Any]], Awaitable[ServerPlan]]


@pytest.fixture
async def filled(database: AsyncDatabase, flavour: str) -> AsyncDatabase:
    """The tables, with rows, and with the servers' statistics about them."""
    await create_tables(models=[Author, Tag, Post])
    await Author.objects.bulk_create([Author(id=n, name=f"name{n}") for n in range(AUTHORS)])
    begin = dt.datetime(2000, 1, 1)
    await Post.objects.bulk_create(
        [
            Post(
                id=n,
                title=f"title{n}",
                views=n % 1000,
                created=begin + dt.timedelta(days=n * 37 % POSTS, seconds=n),
                day=(begin + dt.timedelta(days=n * 37 % POSTS)).date(),
                data={"a": {"b": n % 1000}},
                author_id=n % AUTHORS,
                editor_id=n % AUTHORS if n % 3 == 0 else None,
            )
            for n in range(1, POSTS + 1)
        ]
    )
    match flavour:
        case "mysql" | "mariadb":
            await execute_raw("ANALYZE TABLE plan_author, plan_tag, plan_post")
        case _:
            await execute_raw("ANALYZE")
    return database


@pytest.fixture
def plan_of(filled: AsyncDatabase, flavour: str, monkeypatch: pytest.MonkeyPatch) -> PlanOf:
    """The server's plan for the last statement of a call, which is run first."""
    sent: list[tuple[str, list[Any]]] = []
    for name in ("execute", "fetch"):
        original = getattr(AsyncDatabase, name)

        def record(
            self: AsyncDatabase, plan: Any, values: Any, *rest: Any, original: Any = original
        ) -> Any:
            sent.append((plan.sql, plan.parameters(values)))
            return original(self, plan, values, *rest)

        monkeypatch.setattr(AsyncDatabase, name, record)

    async def plan_of(call: Awaitable[Any]) -> ServerPlan:
        await call
        return await explained(flavour, *sent[-1])

    return plan_of
