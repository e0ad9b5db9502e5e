"""`post.tags_set`: add, remove, set, clear, create, and reading, for many to many and reverse."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.newsroom import Agency, Article, ArticleTag, Note, Tag, Topic, Writer

from oxyde import atomic
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, ForeignKeyViolationError, ManagerError
from oxyde.queries import RelatedManager, related


async def tags_of(article: Any) -> list[int]:
    query = ArticleTag.objects.filter(article_id=article.id).order_by("tag_id")
    return await query.values_list("tag_id", flat=True).all()


async def test_add_and_remove(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=5)
    tag = await Tag.objects.get(id=1)
    assert isinstance(article.tags_set, RelatedManager)
    assert await article.tags_set.add(tag, 2) == 2
    assert await article.tags_set.add(tag, 2, 3, 3) == 1
    assert await tags_of(article) == [1, 2, 3]
    assert await article.tags_set.count() == 3
    assert sorted(each.id for each in await article.tags_set.all()) == [1, 2, 3]
    assert [each.id for each in await article.tags_set.filter(label="sports")] == [2]
    assert await article.tags_set.remove(tag, 4) == 1
    assert await tags_of(article) == [2, 3]
    assert await article.tags_set.add() == 0
    assert await article.tags_set.remove() == 0


async def test_set_and_clear(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=1)
    await article.tags_set.set([2, 3], through={"weight": 7})
    assert await tags_of(article) == [2, 3]
    # The row that was there keeps what it had.
    rows = await ArticleTag.objects.filter(article_id=1).order_by("tag_id").all()
    assert [row.weight for row in rows] == [1, 7]
    await article.tags_set.set([])
    assert await tags_of(article) == []
    other: Any = await Article.objects.get(id=4)
    assert await other.tags_set.clear() == 2
    assert await tags_of(other) == []


async def test_create(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=5)
    tag = await article.tags_set.create(id=50, label="fresh", through={"weight": 9})
    assert tag.id == 50
    assert (await ArticleTag.objects.get(article_id=5)).weight == 9
    note = await article.notes_set.create(id=50, text="first", stars=4)
    assert (note.article_id, await article.notes_set.count()) == (5, 1)


async def test_all_or_nothing(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=5)
    with pytest.raises(ForeignKeyViolationError):
        await article.tags_set.add(1, 99)
    assert await tags_of(article) == []
    async with atomic() as block:
        await article.tags_set.add(1)
        block.set_rollback()
    assert await tags_of(article) == []


async def test_at_once(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=5)
    await asyncio.gather(*(article.tags_set.add(1, 2) for _ in range(8)))
    assert await tags_of(article) == [1, 2]


async def test_a_made_table(news: AsyncDatabase) -> None:
    await Topic.objects.bulk_create([{"id": number, "name": str(number)} for number in (1, 2, 3)])
    article: Any = await Article.objects.get(id=1)
    await article.topics_set.set([1, 2])
    await article.topics_set.set([await Topic.objects.get(id=3), 2])
    assert sorted(topic.id for topic in await article.topics_set.all()) == [2, 3]


async def test_a_reverse_relation(news: AsyncDatabase) -> None:
    agency: Any = await Agency.objects.get(id=3)
    assert await agency.writers_set.add(4, await Writer.objects.get(id=5)) == 2
    assert sorted(writer.id for writer in await agency.writers_set.all()) == [4, 5]
    assert await agency.writers_set.remove(4) == 1
    assert (await Writer.objects.get(id=4)).agency_id is None  # type: ignore[attr-defined]
    await agency.writers_set.set([1])
    assert [writer.id for writer in await agency.writers_set.all()] == [1]
    article: Any = await Article.objects.get(id=1)
    with pytest.raises(FieldError, match="NULL"):
        await article.notes_set.clear()
    assert await Note.objects.filter(article_id=1).count() == 3


async def test_what_is_refused(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=1)
    for wrong in (Tag(label="x"), await Writer.objects.get(id=1), None):
        with pytest.raises(ManagerError):
            await article.tags_set.add(wrong)
    with pytest.raises(ManagerError, match="saved"):
        await related(Article(title="x", writer_id=1), "tags").add(1)
    with pytest.raises(FieldError):
        related(article, "writer")
    with pytest.raises(FieldError):
        related(article, "nothing")
    with pytest.raises(AttributeError):
        _ = article.nothing_set
