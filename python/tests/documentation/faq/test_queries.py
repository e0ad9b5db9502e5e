"""FAQ, "Queries" and "Performance": every snippet as it is written there."""

import asyncio
import re
import sys
import time
from types import SimpleNamespace

import pytest

from oxyde.db import AsyncDatabase


async def test_or_conditions(filled: SimpleNamespace) -> None:
    User = filled.User
    from oxyde import Q

    users = await User.objects.filter(Q(status="active") | Q(premium=True)).all()

    assert {user.id for user in users} == {n for n in range(1, 71) if n % 2 or n % 10 == 0}


async def test_case_insensitive_search(filled: SimpleNamespace) -> None:
    User = filled.User
    users = await User.objects.filter(name__icontains="alice").all()
    assert [user.name for user in users] == ["Alice"]
    users = await User.objects.filter(email__iexact="ALICE@EXAMPLE.COM").all()
    assert [user.name for user in users] == ["Alice"]


async def test_pagination(filled: SimpleNamespace) -> None:
    User = filled.User
    # Page 1 (first 20)
    page1 = await User.objects.limit(20).all()

    # Page 2
    page2 = await User.objects.offset(20).limit(20).all()

    assert len(page1) == len(page2) == 20

    # With ordering
    users = await User.objects.order_by("-created_at").limit(20).offset(40).all()

    assert [user.id for user in users] == list(range(30, 10, -1))


async def test_count(filled: SimpleNamespace) -> None:
    User = filled.User
    # Don't do this (loads all rows)
    count = len(await User.objects.all())
    assert count == 70

    # Do this instead
    count = await User.objects.filter(status="active").count()
    assert count == 35


async def test_join(filled: SimpleNamespace) -> None:
    Post = filled.Post
    # Without join - author not loaded
    posts = await Post.objects.all()
    for post in posts:
        assert post.author is None  # None - not loaded
        assert post.author_id is not None

    # With join - author loaded in same query
    posts = await Post.objects.join("author").all()
    names = {post.title: post.author.name for post in posts}  # Data available
    assert names == {"First": "Alice", "Second": "Alice", "Third": "Bob"}


async def test_atomic_updates(filled: SimpleNamespace) -> None:
    User, Post = filled.User, filled.Post
    from oxyde import F

    # Atomic increment
    await Post.objects.filter(id=1).update(views=F("views") + 1)

    # Atomic decrement
    await User.objects.filter(id=1).update(balance=F("balance") - 100)

    assert [post.views for post in await Post.objects.order_by("id").all()] == [1, 0, 0]
    assert (await User.objects.get(id=1)).balance == 900
    assert (await User.objects.get(id=2)).balance == 1000


async def test_explain(filled: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    User = filled.User
    # Get query plan
    plan = await User.objects.filter(age__gte=18).explain()
    print(plan)

    # With execution times
    plan = await User.objects.filter(age__gte=18).explain(analyze=True)
    print(plan)

    assert re.search("user", capsys.readouterr().out)
    assert re.search(r"\d", plan)


async def test_generated_sql(
    tables: SimpleNamespace, database: AsyncDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    User = tables.User
    sql, params = User.objects.filter(age__gte=18).sql()
    print(sql)  # SELECT ... WHERE age >= $1
    print(params)  # [18]

    assert capsys.readouterr().out.splitlines()[1] == "[18]"
    mark = r"\$1" if database.backend == "postgres" else r"\?"
    assert re.match(rf"SELECT .* WHERE .*age. >= {mark}$", sql)


def test_generated_sql_needs_no_database(faq: SimpleNamespace) -> None:
    sql, params = faq.User.objects.filter(age__gte=18).sql(dialect="postgres")
    assert sql.endswith('"age" >= $1')
    assert params == [18]


@pytest.mark.databases("sqlite")
async def test_sqlite_settings(database: AsyncDatabase) -> None:
    from oxyde import execute_raw

    found = {}
    for pragma in ("journal_mode", "synchronous", "cache_size", "foreign_keys"):
        (row,) = await execute_raw(f"PRAGMA {pragma}")
        found[pragma] = next(iter(row.values()))
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,  # NORMAL
        "cache_size": -10_000,  # KiB
        "foreign_keys": 1,
    }
    assert database.settings.sqlite_busy_timeout == 5000


HOLD_THE_LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(1)
connection.execute("COMMIT")
"""


@pytest.mark.databases("sqlite")
async def test_sqlite_waits_for_a_lock(filled: SimpleNamespace, url: str) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLD_THE_LOCK,
        url.removeprefix("sqlite:///"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    start = time.monotonic()
    assert await filled.User.objects.filter(id=1).update(age=99) == 1
    assert 0.3 < time.monotonic() - start < 5
    assert await holder.wait() == 0
