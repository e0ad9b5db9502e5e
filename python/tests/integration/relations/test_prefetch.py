"""prefetch(): any mix and depth, one query per level, against the rows that were put in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from newsroom import ROWS, Agency, Article, ArticleTag, Desk, Note, Tag, Topic, Writer

from oxyde import atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError
from oxyde.queries import Count, Prefetch, prefetch_related


def ids(rows: Sequence[Any]) -> list[int]:
    return [row.id for row in rows]


class Counted:
    """A database that counts its queries."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.queries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def fetch(self, *arguments: Any) -> Any:
        self.queries += 1
        return await self._database.fetch(*arguments)


async def test_one_query_per_level(news: AsyncDatabase) -> None:
    counted: Any = Counted(db.get_connection())
    writers = await (
        Writer.objects.prefetch("articles__tags", "articles__notes", "agency", "desk")
        .order_by("id")
        .all(client=counted)
    )
    # Writers, articles, tags, notes, agencies, desks.
    assert counted.queries == 6
    ada = writers[0]
    assert sorted(ids(ada.articles)) == [1, 2]
    by_id = {article.id: article for article in ada.articles}
    assert sorted(ids(by_id[1].tags)) == [1, 2]
    assert sorted(ids(by_id[1].notes)) == [1, 2, 3]
    assert ids(by_id[2].tags) == [3]
    assert [writer.agency and writer.agency.name for writer in writers] == [
        "North", "North", "South", None, "South",
    ]  # fmt: skip
    assert [writer.desk and writer.desk.room for writer in writers] == [
        "A1", None, "C3", None, None,
    ]  # fmt: skip
    assert writers[4].articles == []


async def test_related_rows_are_one_instance_each(news: AsyncDatabase) -> None:
    articles = await Article.objects.prefetch("tags", "writer").order_by("id").all()
    assert articles[0].writer is articles[1].writer
    sports = [tag for article in articles for tag in article.tags if tag.id == 2]
    assert len(sports) == 2
    assert sports[0] is sports[1]
    assert articles[0].tags is not articles[3].tags
    assert "oxyde_source" not in sports[0].__dict__


async def test_a_query_for_the_related_rows(news: AsyncDatabase) -> None:
    best = Note.objects.filter(stars__gte=3).order_by("-stars", "id").join("by")
    articles = await (
        Article.objects.prefetch(
            Prefetch("notes", best, to_attr="best"),
            Prefetch("notes", Note.objects.order_by("id")),
            Prefetch("tags", Tag.objects.order_by("-label")),
        )
        .order_by("id")
        .all()
    )
    first: Any = articles[0]
    assert ids(first.best) == [1, 3]
    assert first.best[0].by.name == "Bob"
    assert ids(first.notes) == [1, 2, 3]
    assert [tag.label for tag in first.tags] == ["sports", "politics"]
    assert ids(articles[1].best) == []  # type: ignore[attr-defined]


async def test_prefetch_inside_of_a_prefetch(news: AsyncDatabase) -> None:
    inner = Article.objects.prefetch("tags").annotate(n=Count("notes")).order_by("id")
    agencies = await Agency.objects.prefetch(
        Prefetch("writers", Writer.objects.prefetch(Prefetch("articles", inner)).order_by("id"))
    ).order_by("id")
    north = agencies[0]
    assert ids(north.writers) == [1, 2]
    articles: Any = north.writers[0].articles
    assert [(article.id, article.n, len(article.tags)) for article in articles] == [
        (1, 3, 2),
        (2, 1, 1),
    ]
    assert agencies[2].writers == []


async def test_self_relations_and_reverse_many_to_many(news: AsyncDatabase) -> None:
    writers = await Writer.objects.prefetch("reports__reports", "chief").order_by("id")
    assert sorted(ids(writers[0].reports)) == [2, 3]
    bob = next(writer for writer in writers[0].reports if writer.id == 2)
    assert ids(bob.reports) == [4]
    assert writers[3].chief is not None
    assert writers[3].chief.id == 2
    tags = await Tag.objects.prefetch("articles").order_by("id")
    assert [sorted(ids(tag.articles)) for tag in tags] == [[1, 4], [1, 3], [2, 4], []]


async def test_through_a_table_that_was_made(news: AsyncDatabase) -> None:
    await Topic.objects.bulk_create([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    article: Any = await Article.objects.get(id=1)
    assert await article.topics_set.add(1, 2) == 2
    articles = await Article.objects.prefetch("topics").order_by("id")
    assert sorted(ids(articles[0].topics)) == [1, 2]
    assert articles[1].topics == []


async def test_instances_that_are_loaded_already(news: AsyncDatabase) -> None:
    articles = await Article.objects.order_by("id").all()
    await prefetch_related(articles, "tags", "writer__agency")
    assert sorted(ids(articles[0].tags)) == [1, 2]
    assert articles[3].writer.agency is not None
    await prefetch_related([], "tags")
    with pytest.raises(FieldError):
        await prefetch_related([articles[0], await Tag.objects.get(id=1)], "tags")
    with pytest.raises(FieldError, match="tags"):
        await prefetch_related(articles, "tgas")


async def test_inside_a_transaction(news: AsyncDatabase) -> None:
    async with atomic() as block:
        await ArticleTag.objects.create(article_id=5, tag_id=4)
        article = await Article.objects.prefetch("tags").get(id=5)
        assert ids(article.tags) == [4]
        block.set_rollback()
    article = await Article.objects.prefetch("tags").get(id=5)
    assert article.tags == []


async def test_many_parents(news: AsyncDatabase) -> None:
    await Tag.objects.bulk_create(
        [{"id": number, "label": f"t{number}"} for number in range(100, 40_100)]
    )
    tags = await Tag.objects.prefetch("articles").order_by("id").all()
    assert len(tags) == 40_004
    assert sum(len(tag.articles) for tag in tags) == len(ROWS[ArticleTag])


async def test_saving_after_a_prefetch_writes_no_relation(news: AsyncDatabase) -> None:
    article = await Article.objects.prefetch("tags", "writer").get(id=1)
    article.title = "changed"
    await article.save()
    assert (await Article.objects.get(id=1)).title == "changed"
    assert await ArticleTag.objects.count() == len(ROWS[ArticleTag])


def test_what_is_refused() -> None:
    for wrong in ("nothing", "articles__nothing", "name", 5):
        with pytest.raises(FieldError):
            Writer.objects.prefetch(wrong)  # type: ignore[arg-type]
    with pytest.raises(FieldError, match="Article"):
        Writer.objects.prefetch(Prefetch("articles", Tag.objects.filter(id=1)))
    with pytest.raises(FieldError, match="sliced"):
        Prefetch("articles", Article.objects.order_by("id")[:3])
    with pytest.raises(FieldError):
        Prefetch("articles", Article.objects.values("id"))
    Desk.objects.prefetch("owner__articles")
