"""The work of the benchmark: its rows, its cases and what each case asks for.

Everything is deterministic, so that each contender's answer can be checked for equality.
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
# Connections that each contender may open; SQLite drivers that have no pool use one.
POOL_SIZE = 10

USER_COLUMNS = ("id", "name", "email", "age", "active", "created_at")
POST_COLUMNS = ("id", "author_id", "title", "body", "views", "created_at")
TAG_COLUMNS = ("id", "name")
# Rows that the insert cases write have the columns of users, without the key.
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
    """A row to insert, in the order of ENTRY_COLUMNS. Kept: to think it up is nobody's work."""
    return user(number)[1:]


@cache
def named_entry(number: int) -> dict[str, Any]:
    """The same by the names of the columns; not to be changed."""
    return dict(zip(ENTRY_COLUMNS, entry(number), strict=True))


def user_key(step: int) -> int:
    """The key that the given step of a case selects: all users in turn, in no simple order."""
    return 1 + (step * 617) % USERS


def new_views(step: int) -> tuple[int, int]:
    """A post's key, and views that it does not have yet: MySQL writes only what changes."""
    return 1 + step % POSTS, (step * 31 + os.getpid()) % 10_000


def hundred_keys(step: int) -> list[int]:
    """A hundred post keys."""
    return [1 + (step * 101 + each * 197) % POSTS for each in range(100)]


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    Attributes:
        name: the method of an adapter that does it.
        title: how the table calls it.
        first: whether it belongs to the short list (`--cases first`, `--quick`).
        writes: whether `entries` must be emptied before each round.
        targets: the most that Oxyde may take, as a ratio to the raw driver, by database.
        orm_target: the same, as a ratio to the best other ORM.
        loops: calls in one round; the slow cases need few.
    """

    name: str
    title: str
    targets: dict[str, float]
    orm_target: float
    loops: int
    first: bool = False
    writes: bool = False


def _targets(postgres: float, sqlite: float, mysql: float) -> dict[str, float]:
    return {"postgres": postgres, "sqlite": sqlite, "mysql": mysql}


CASES = (
    Case("select_by_pk", "select by pk", _targets(0.8, 1.1, 0.8), 0.4, 200, first=True),
    Case("rows_1000", "1,000 rows", _targets(1.0, 1.1, 0.4), 0.3, 20, first=True),
    Case("rows_20000", "20,000 rows", _targets(1.2, 1.2, 0.4), 0.25, 2),
    Case("in_100", "in with 100 ids", _targets(0.9, 1.2, 0.6), 0.4, 50),
    Case("join_author", "20,000 posts join author", _targets(1.2, 1.3, 0.4), 0.2, 1),
    Case("prefetch_posts", "prefetch users → posts", _targets(1.3, 1.4, 0.4), 0.2, 1),
    Case("prefetch_tags", "prefetch users → posts → tags", _targets(1.5, 1.5, 0.5), 0.2, 1),
    Case("concurrent_200", "200 concurrent selects", _targets(0.5, 1.2, 0.5), 0.35, 4, first=True),
    Case("insert_one", "insert one", _targets(0.9, 1.0, 0.9), 0.8, 50, first=True, writes=True),
    Case("update_one", "update one", _targets(0.9, 1.0, 0.9), 0.8, 50),
    Case("bulk_100", "bulk insert 100", _targets(0.7, 1.0, 0.7), 0.5, 10, first=True, writes=True),
    Case("bulk_10000", "bulk insert 10,000", _targets(0.4, 0.8, 0.4), 0.5, 1, writes=True),
    Case("count", "count", _targets(0.9, 1.2, 0.9), 0.6, 50),
    Case("aggregates", "aggregates", _targets(0.9, 1.2, 0.9), 0.6, 20),
)
