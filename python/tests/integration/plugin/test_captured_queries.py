"""`capture_queries` and `assert_num_queries`, without the rest of the plugin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from pydantic import SecretStr

from oxyde import AsyncDatabase, Field, Model, OxydeError, atomic, create_tables, db, execute_raw
from oxyde.observe import Statement
from oxyde.testing import CapturedQueries, assert_num_queries, capture_queries


class Song(Model):
    class Meta:
        is_table = True
        table_name = "captured_songs"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=100)
    code: SecretStr = SecretStr("")


@pytest.fixture(autouse=True)
async def songs(database: AsyncDatabase) -> None:
    await create_tables(models=[Song])
    await Song.objects.bulk_create([Song(title=title) for title in ("One", "Two", "Three")])


async def test_what_a_statement_tells() -> None:
    with capture_queries() as queries:
        await Song.objects.filter(title="One", code=SecretStr("1234")).all()
        await Song.objects.filter(title__in=["One", "Two"]).update(title="Four")
        await execute_raw("SELECT 1 AS one")
    found = [(query.kind, query.model, query.rows) for query in queries]
    assert found == [("select", "Song", 0), ("update", "Song", 2), ("select", None, 1)]
    first = queries[0]
    assert isinstance(first, Statement)
    assert first.parameters == ["One", "***"]
    assert "1234" not in str(queries)
    assert first.sql.startswith("SELECT ")
    assert first.seconds > 0
    assert first.place is not None
    assert first.place.function == "test_what_a_statement_tells"
    assert [query.kind for query in queries[1:]] == ["update", "select"]


async def test_statements_outside_of_the_block_are_left_out() -> None:
    await Song.objects.count()
    with capture_queries() as queries:
        pass
    await Song.objects.count()
    assert len(queries) == 0
    assert not queries


async def test_one_that_failed_and_those_of_other_tasks() -> None:
    with capture_queries() as queries:
        with pytest.raises(OxydeError):
            await execute_raw("SELECT nothing FROM captured_songs")
        await asyncio.gather(*[Song.objects.count() for _ in range(3)])
    assert [query.error is None for query in queries] == [False, True, True, True]
    assert "failed: DatabaseError" in str(queries)


async def test_transactions_are_counted_when_asked() -> None:
    with capture_queries() as queries, capture_queries(transactions=True) as all_queries:
        async with atomic():
            await Song.objects.count()
    assert [query.kind for query in queries] == ["select"]
    assert [query.kind for query in all_queries] == ["begin", "select", "commit"]


async def test_one_database(url: str) -> None:
    async with db.connect(second=url):
        with capture_queries(using="second") as queries:
            await Song.objects.count()
            await Song.objects.count(using="second")
    assert [query.database for query in queries] == ["second"]


async def test_the_number_is_checked() -> None:
    with assert_num_queries(2) as queries:
        await Song.objects.count()
        await Song.objects.filter(title="Two").all()
    assert queries[1].rows == 1
    with pytest.raises(AssertionError) as caught, assert_num_queries(1):
        await Song.objects.count()
        await Song.objects.filter(title="Two").all()
    lines = str(caught.value).splitlines()
    assert lines[0] == "2 statements ran, not 1:"
    assert lines[1].startswith("1. SELECT COUNT(*)")
    assert lines[3].startswith("2. SELECT ")
    assert lines[3].endswith(" ['Two']")
    assert __file__ in lines[4]
    assert "test_the_number_is_checked" in lines[4]


async def test_no_statement_at_all() -> None:
    with pytest.raises(AssertionError, match=r"^0 statements ran, not 1$"), assert_num_queries(1):
        pass


async def test_an_error_in_the_block_is_the_one_that_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), assert_num_queries(1):
        _ = 1 // 0


async def test_as_fixtures(
    capture_queries: Callable[..., CapturedQueries],
    assert_num_queries: Callable[[int], AbstractContextManager[CapturedQueries]],
) -> None:
    with capture_queries() as queries, assert_num_queries(1):
        await Song.objects.count()
    assert len(queries) == 1
