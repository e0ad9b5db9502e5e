"""Lists of related rows that followed the database are undone with the block."""

from __future__ import annotations

import contextlib
import gc
import weakref
from typing import Any

import pytest
from support.newsroom import Article, Tag

from oxyde import atomic, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError


class Undo(Exception):
    pass


@pytest.fixture(autouse=True)
async def counted_on(news: AsyncDatabase, flavour: str) -> None:
    """PostgreSQL counts on from where it was, whatever keys were given."""
    if flavour == "postgres":
        for table in ("news_article", "news_tag"):
            await execute_raw(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1000)")


def ids(rows: Any) -> list[int]:
    return sorted(row.id for row in rows)


@pytest.mark.parametrize("change", ["add", "remove", "set", "clear", "create"])
async def test_a_loaded_list_is_what_it_was(news: AsyncDatabase, change: str) -> None:
    tag = await Tag.objects.create(label="fresh")
    article: Any = await Article.objects.create(title="one", writer_id=1)
    await article.tags_set.add(1, 2)
    article = await Article.objects.prefetch("tags").get(id=article.id)
    assert ids(article.tags) == [1, 2]
    work = {
        "add": lambda: article.tags_set.add(tag),
        "remove": lambda: article.tags_set.remove(1),
        "set": lambda: article.tags_set.set([tag]),
        "clear": lambda: article.tags_set.clear(),
        "create": lambda: article.tags_set.create(label="newer"),
    }[change]
    for _ in range(2):
        with contextlib.suppress(Undo):
            async with atomic():
                async with atomic():
                    await work()
                assert ids(article.tags) != [1, 2]
                raise Undo
        assert ids(article.tags) == [1, 2] == ids(await article.tags_set.all())
        article.title = "two"
        await article.save()
    await work()
    assert ids(article.tags) == ids(await article.tags_set.all()) != [1, 2]


async def test_a_new_row_with_its_list_again(news: AsyncDatabase) -> None:
    article: Any = Article(title="one", writer_id=1)
    for attempt in range(2):
        with contextlib.suppress(Undo):
            async with atomic():
                await article.save()
                await article.tags_set.add(1, 2)
                if attempt == 0:
                    raise Undo
        if attempt == 0:
            assert article.id is None
            assert article.tags == []
    assert len(await article.tags_set.all()) == 2


async def test_a_list_that_was_not_loaded(news: AsyncDatabase) -> None:
    stored = await Article.objects.create(title="one", writer_id=1)
    article: Any = await Article.objects.strict().get(id=stored.id)
    with contextlib.suppress(Undo):
        async with atomic():
            await article.tags_set.set([await Tag.objects.get(id=1)])
            raise Undo
    with contextlib.suppress(FieldError):
        assert article.tags == []
    assert await article.tags_set.all() == []


async def test_the_instance_is_not_kept_alive(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.create(title="one", writer_id=1)
    reference = weakref.ref(article)
    with contextlib.suppress(Undo):
        async with atomic():
            await article.tags_set.add(1)
            del article
            gc.collect()
            assert reference() is None
            raise Undo
