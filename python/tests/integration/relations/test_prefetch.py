"""prefetch(): related rows by one further query per level."""

from __future__ import annotations

from typing import Any

import pytest
from support.newsroom import Agency, Article, Note, Tag, Writer, column

from oxyde import atomic
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.relations.prefetch import Prefetch, prefetch_related


async def test_the_other_side_of_a_foreign_key(news: AsyncDatabase) -> None:
    writers = await Writer.objects.order_by("id").prefetch("articles").all()
    assert [sorted(a.id or 0 for a in writer.articles) for writer in writers] == [
        [1, 2], [3], [4], [5], [],
    ]  # fmt: skip
    assert all(isinstance(article, Article) for article in writers[0].articles)
    article = next(a for a in writers[0].articles if a.id == 2)
    article.words = 301
    await article.save()
    assert (await Article.objects.get(id=2)).words == 301


async def test_many_to_many_from_both_sides(news: AsyncDatabase) -> None:
    articles = await Article.objects.order_by("id").prefetch("tags").all()
    found = [sorted(tag.label for tag in article.tags) for article in articles]
    assert found == [["politics", "sports"], ["weather"], ["sports"], ["politics", "weather"], []]
    tags = await Tag.objects.order_by("id").prefetch("articles").all()
    assert [sorted(a.id or 0 for a in tag.articles) for tag in tags] == [[1, 4], [1, 3], [2, 4], []]


async def test_levels_and_mixes(news: AsyncDatabase) -> None:
    agencies = (
        await Agency.objects.order_by("id")
        .prefetch("writers__articles__tags", "writers__articles__notes__by", "writers__desk")
        .all()
    )
    north = agencies[0]
    ada = next(writer for writer in north.writers if writer.name == "Ada")
    assert ada.desk is not None
    assert ada.desk.room == "A1"
    vote = next(article for article in ada.articles if article.id == 1)
    assert sorted(tag.label for tag in vote.tags) == ["politics", "sports"]
    assert sorted((note.id, note.by and note.by.name) for note in vote.notes) == [
        (1, "Bob"), (2, "Cem"), (3, None),
    ]  # fmt: skip
    assert agencies[2].writers == []
    names = {writer.name: writer.desk for writer in north.writers}
    assert names["Bob"] is None


async def test_a_foreign_key_and_a_join_before_it(news: AsyncDatabase) -> None:
    notes = await Note.objects.order_by("id").prefetch("article__writer").all()
    assert [note.article.writer.name for note in notes] == ["Ada", "Ada", "Ada", "Ada", "Cem"]
    assert notes[0].article is notes[1].article
    articles = await Article.objects.join("writer").order_by("id").prefetch("notes").all()
    assert [len(article.notes) for article in articles] == [3, 1, 0, 1, 0]
    assert articles[0].writer.name == "Ada"


async def test_filtered_and_ordered(news: AsyncDatabase) -> None:
    good = Prefetch(
        "notes", Note.objects.filter(stars__gte=3).order_by("-stars"), to_attr="good_notes"
    )
    articles = await Article.objects.order_by("id").prefetch(good, "notes").all()
    first: Any = articles[0]
    assert [note.stars for note in first.good_notes] == [5, 3]
    assert len(first.notes) == 3
    only = Prefetch("articles__tags", Tag.objects.order_by("-label"))
    writers = await Writer.objects.order_by("id").prefetch(only).all()
    vote = next(article for article in writers[0].articles if article.id == 1)
    assert [tag.label for tag in vote.tags] == ["sports", "politics"]


async def test_any_number_of_parents(news: AsyncDatabase) -> None:
    await Article.objects.bulk_create(
        [{"id": 1000 + n, "title": str(n), "writer_id": 5} for n in range(40_000)]
    )
    await Note.objects.bulk_create(
        [{"id": 100 + n, "article_id": 1000 + n} for n in range(0, 40_000, 1000)]
    )
    articles = await Article.objects.filter(id__gte=1000).order_by("id").prefetch("notes").all()
    assert len(articles) == 40_000
    assert [article.title for article in articles if article.notes] == [
        str(n) for n in range(0, 40_000, 1000)
    ]


async def test_inside_a_transaction(news: AsyncDatabase) -> None:
    with pytest.raises(ValueError, match="back"):
        async with atomic():
            await Note.objects.create(id=50, article_id=5, text="new")
            article = await Article.objects.prefetch("notes").get(id=5)
            assert [note.text for note in article.notes] == ["new"]
            raise ValueError("back")
    assert await column("SELECT id FROM news_note WHERE article_id = 5") == []


async def test_instances_that_are_loaded_already(news: AsyncDatabase) -> None:
    writers = await Writer.objects.order_by("id").all()
    await prefetch_related(writers, "articles__notes", "agency")
    assert [len(writer.articles) for writer in writers] == [2, 1, 1, 1, 0]
    assert writers[0].agency is not None
    assert writers[0].agency.name == "North"
    assert sum(len(article.notes) for article in writers[0].articles) == 4
    await prefetch_related([], "articles")


async def test_what_is_loaded_is_not_written_back(news: AsyncDatabase) -> None:
    article = await Article.objects.prefetch("tags", "notes").get(id=1)
    article.title = "Changed"
    await article.save()
    assert await column("SELECT count(*) FROM news_article_tag WHERE article_id = 1") == [2]
    assert await column("SELECT title FROM news_article WHERE id = 1") == ["Changed"]


async def test_paths_that_are_none(news: AsyncDatabase) -> None:
    for wrong in ("tagz", "title", "tags__nothing", "writer_id"):
        with pytest.raises((FieldError, OxydeError)) as caught:
            await Article.objects.prefetch(wrong).all()
        assert "hint" in str(caught.value)
    with pytest.raises(FieldError):
        Article.objects.prefetch(Prefetch("tags", Note.objects.order_by("id")))
    with pytest.raises(FieldError, match="takes no slice: a `Article` has one `writer`"):
        Article.objects.prefetch(Prefetch("writer", Writer.objects.order_by("id")[:2]))
    with pytest.raises(FieldError, match="neither distinct nor locked"):
        Prefetch("tags", Tag.objects.distinct()[:2])


async def test_strict_holds_for_prefetched_rows(news: AsyncDatabase) -> None:
    article = await Article.objects.strict().prefetch("notes", "tags__articles").get(id=2)
    with pytest.raises(FieldError, match=r"Note\.by was not loaded"):
        _ = article.notes[0].by
    assert [each.id for each in article.tags[0].articles] == [2, 4]
    with pytest.raises(FieldError, match=r"Article\.notes was not loaded"):
        _ = article.tags[0].articles[0].notes
    query = Note.objects.join("by")
    loaded = await Article.objects.strict().prefetch(Prefetch("notes", query)).get(id=2)
    assert loaded.notes[0].by is not None
    assert loaded.notes[0].by.name == "Bob"
