"""The interface of a contender: one coroutine per case, and its result in plain values."""

from __future__ import annotations

import asyncio
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar

from bench import work


class Unfit(Exception):
    """The contender does not support this case, or not on this database."""


class Adapter:
    """A contender.

    A case is a coroutine that takes the number of the step (so that calls select different rows)
    and returns the contender's native result: rows, records or instances. Missing cases are left
    out of the table. `plain` makes results comparable.

    Attributes:
        kind: "driver" or "orm".
        databases: where it runs.
    """

    kind: ClassVar[str] = "orm"
    databases: ClassVar[tuple[str, ...]] = ("postgres", "sqlite", "mysql")

    async def open(self, database: str, url: str) -> None:
        """Connect, with a pool of work.POOL_SIZE connections if the contender has pools."""
        raise NotImplementedError

    async def close(self) -> None:
        """Disconnect."""
        raise NotImplementedError

    async def concurrent_200(self, step: int) -> list[Any]:
        """200 selects by key at once."""
        select = self.select_by_pk  # type: ignore[attr-defined]
        steps = range(step * work.CONCURRENT, (step + 1) * work.CONCURRENT)
        return list(await asyncio.gather(*(select(each) for each in steps)))

    async def bulk_100(self, step: int) -> Any:
        """100 new entries at once."""
        return await self._bulk(100)

    async def bulk_10000(self, step: int) -> Any:
        """10,000 new entries at once."""
        return await self._bulk(10_000)

    async def _bulk(self, count: int) -> Any:
        """Insert entries; return their number."""
        raise NotImplementedError

    def plain(self, case: str, answer: Any) -> Any:
        """The result as lists of plain values, equal for all contenders."""
        return getattr(self, f"plain_{case}")(answer)

    def plain_select_by_pk(self, answer: Any) -> list[Any]:
        return self._user(answer)

    def plain_rows_1000(self, answer: Any) -> list[Any]:
        return sorted(self._user(row) for row in answer)

    def plain_concurrent_200(self, answer: Any) -> list[Any]:
        return [self._user(row) for row in answer]

    def plain_rows_20000(self, answer: Any) -> list[Any]:
        return sorted(self._post(row) for row in answer)

    def plain_in_100(self, answer: Any) -> list[Any]:
        return sorted(self._post(row) for row in answer)

    def plain_join_author(self, answer: Any) -> list[Any]:
        return sorted([*self._post(row), *self._user(row.author)] for row in answer)

    def plain_prefetch_posts(self, answer: Any) -> list[Any]:
        return sorted(
            [*self._user(row), sorted(self._post(post) for post in self._posts(row))]
            for row in answer
        )

    def plain_prefetch_tags(self, answer: Any) -> list[Any]:
        return sorted(
            [
                *self._user(row),
                sorted(
                    [*self._post(post), sorted([tag.id, tag.name] for tag in self._tags(post))]
                    for post in self._posts(row)
                ),
            ]
            for row in answer
        )

    def plain_insert_one(self, answer: Any) -> int:
        """Whether a key was returned: the keys themselves depend on earlier writes."""
        return int(answer.id > 0)

    def plain_update_one(self, answer: Any) -> int:
        return int(answer)

    def plain_bulk_100(self, answer: Any) -> int:
        return int(answer)

    def plain_bulk_10000(self, answer: Any) -> int:
        return int(answer)

    def plain_count(self, answer: Any) -> int:
        return int(answer)

    def plain_aggregates(self, answer: Any) -> list[float]:
        # MySQL rounds averages of integers to four decimals; rounding that again may differ in the
        # third one.
        return [round(float(value), 1) for value in answer]

    # How rows are read; overridden for drivers that return tuples.
    def _user(self, row: Any) -> list[Any]:
        return plain_values(attrgetter(*work.USER_COLUMNS)(row))

    def _post(self, row: Any) -> list[Any]:
        return plain_values(attrgetter(*work.POST_COLUMNS)(row))

    def _posts(self, row: Any) -> Any:
        return row.posts

    def _tags(self, row: Any) -> Any:
        return row.tags


class Driver(Adapter):
    """A raw driver: its rows are sequences in the order of the columns."""

    kind: ClassVar[str] = "driver"

    def _user(self, row: Any) -> list[Any]:
        return plain_values(tuple(row))

    _post = _user

    def plain_join_author(self, answer: Any) -> list[Any]:
        return sorted(plain_values(tuple(row)) for row in answer)

    def plain_prefetch_posts(self, answer: Any) -> list[Any]:
        users, posts = answer
        of: dict[Any, list[Any]] = {}
        for post in posts:
            of.setdefault(post[1], []).append(plain_values(tuple(post)))
        return sorted([*self._user(row), sorted(of.get(row[0], []))] for row in users)

    def plain_prefetch_tags(self, answer: Any) -> list[Any]:
        users, posts, tags = answer
        tags_of: dict[Any, list[Any]] = {}
        for post_id, *tag in tags:
            tags_of.setdefault(post_id, []).append(plain_values(tag))
        of: dict[Any, list[Any]] = {}
        for post in posts:
            whole = [*plain_values(tuple(post)), sorted(tags_of.get(post[0], []))]
            of.setdefault(post[1], []).append(whole)
        return sorted([*self._user(row), sorted(of.get(row[0], []))] for row in users)

    def plain_insert_one(self, answer: Any) -> int:
        return int(answer > 0)


def plain_values(values: Any) -> list[Any]:
    """Booleans as 0 and 1, datetimes as text, for all drivers alike."""
    plain = []
    for value in values:
        if isinstance(value, datetime):
            value = value.isoformat(sep=" ", timespec="microseconds")
        plain.append(int(value) if isinstance(value, bool) else value)
    return plain
