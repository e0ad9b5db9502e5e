"""The benchmark's rows and cases, and the parameters of each case.

Everything is deterministic, so that the contenders' results can be compared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

USERS = 1_000
POSTS = 20_000
TAGS = 50
POST_TAGS = 40_000
CONCURRENT = 200
# Connections per contender; SQLite drivers without a pool use one.
POOL_SIZE = 10

USER_COLUMNS = ("id", "name", "email", "age", "active", "created_at")
POST_COLUMNS = ("id", "author_id", "title", "body", "views", "created_at")
TAG_COLUMNS = ("id", "name")
# Rows of the insert cases have the columns of users, without the key.
ENTRY_COLUMNS = ("name", "email", "age", "active", "created_at")

_START = datetime(2024, 1, 1)


def user(key: int) -> tuple[Any, ...]:
    """The user with this key, in the order of USER_COLUMNS."""
    name = f"User {key}"
    created = _START + timedelta(seconds=key * 977, microseconds=key)
    return (key, name, f"user{key}@example.com", 18 + key % 60, key % 3 != 0, created)


def post(key: int) -> tuple[Any, ...]:
    """The post with this key, in the order of POST_COLUMNS."""
    author = 1 + (key * 7919) % USERS
    created = _START + timedelta(seconds=key * 61, microseconds=key % 1000)
    body = f"Body of post {key}: " + "lorem ipsum dolor sit amet " * (1 + key % 4)
    return (key, author, f"Post number {key}", body, (key * 31) % 10_000, created)


def tag(key: int) -> tuple[Any, ...]:
    """The tag with this key."""
    return (key, f"tag-{key:02}")


def post_tags() -> Iterator[tuple[int, int, int]]:
    """(id, post, tag): two different tags for each post."""
    for number in range(POST_TAGS):
        key = 1 + number // 2
        first = (key * 13) % TAGS
        other = (first + 1 + key % (TAGS - 1)) % TAGS
        yield (number + 1, key, 1 + (first if number % 2 == 0 else other))


@cache
def entry(number: int) -> tuple[Any, ...]:
    """A row to insert, in the order of ENTRY_COLUMNS. Cached, so that making it is not measured."""
    return user(number)[1:]


@cache
def named_entry(number: int) -> dict[str, Any]:
    """The same as a dict by column; callers must not change it."""
    return dict(zip(ENTRY_COLUMNS, entry(number), strict=True))


def user_key(step: int) -> int:
    """The key for the given step of a case: all users in turn, in a scattered order."""
    return 1 + (step * 617) % USERS


def new_views(step: int) -> tuple[int, int]:
    """A post's key, and a new number of views: MySQL writes only changed values."""
    return 1 + step % POSTS, (step * 31 + os.getpid()) % 10_000


def hundred_keys(step: int) -> list[int]:
    """A hundred post keys."""
    return [1 + (step * 101 + each * 197) % POSTS for each in range(100)]


@dataclass(frozen=True)
class Targets:
    """The most that Oxyde may take of another contender's time, by database or on all.

    Attributes:
        driver: of the raw driver's time; empty where the server takes nearly all of it.
        limit: of the time without Python, on the databases where that is measured.
        orm: of the best other ORM's time.
        cpu: of the raw driver's CPU time.
    """

    driver: dict[str, float]
    limit: dict[str, float]
    orm: float
    cpu: float | None = None


@dataclass(frozen=True)
class Case:
    """One benchmark case.

    Attributes:
        name: the adapter's method.
        title: its title in the table.
        targets: how fast it shall be.
        loops: calls per round; fewer for slow cases.
        first: whether it belongs to the short list (`--cases first`, `--quick`).
        writes: whether `entries` must be emptied before each round.
    """

    name: str
    title: str
    targets: Targets
    loops: int
    first: bool = False
    writes: bool = False


def _targets(driver: tuple[float, float, float], limit: tuple[float, float], orm: float) -> Targets:
    return Targets(
        dict(zip(("postgres", "sqlite", "mysql"), driver, strict=True)),
        dict(zip(("postgres", "sqlite"), limit, strict=True)),
        orm,
    )


_SERVERS_TIME = Targets({}, {}, 1.0, cpu=0.9)

CASES = (
    Case("select_by_pk", "select by pk", _targets((0.3, 0.3, 0.8), (1.8, 6), 0.4), 200, first=True),
    Case("rows_1000", "1,000 rows", _targets((0.9, 0.8, 1.2), (1.3, 1.8), 0.6), 20, first=True),
    Case("rows_20000", "20,000 rows", _targets((1.0, 0.8, 1.0), (1.3, 1.8), 0.5), 2),
    Case("in_100", "in with 100 ids", _targets((0.8, 0.8, 0.8), (1.2, 1.5), 0.5), 50),
    Case("join_author", "20,000 posts join author", _targets((0.7, 0.6, 0.8), (1.2, 1.2), 0.25), 1),
    Case("prefetch_posts", "prefetch users → posts", _targets((1.0, 1.0, 1.2), (1.3, 1.8), 0.5), 1),
    Case(
        "prefetch_tags",
        "prefetch users → posts → tags",
        _targets((1.1, 0.9, 1.3), (1.3, 1.5), 0.3),
        1,
    ),
    Case(
        "concurrent_200",
        "200 concurrent selects",
        _targets((0.4, 0.4, 0.6), (3.5, 6), 0.5),
        4,
        first=True,
    ),
    Case(
        "insert_one",
        "insert one",
        _targets((0.7, 0.8, 1.0), (1.8, 5), 0.6),
        50,
        first=True,
        writes=True,
    ),
    Case("update_one", "update one", _targets((0.7, 0.9, 1.0), (2, 6), 0.6), 50),
    Case(
        "bulk_100",
        "bulk insert 100",
        _targets((0.7, 0.8, 0.7), (1.6, 2.5), 0.5),
        10,
        first=True,
        writes=True,
    ),
    Case(
        "bulk_10000",
        "bulk insert 10,000",
        _targets((0.7, 0.9, 0.8), (2.5, 2.5), 0.5),
        1,
        writes=True,
    ),
    Case("count", "count", _SERVERS_TIME, 50),
    Case("aggregates", "aggregates", _SERVERS_TIME, 20),
)
