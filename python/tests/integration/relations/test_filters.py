"""Conditions over relations at any depth, each compared with plain SQL written by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.newsroom import Agency, Article, Tag, Writer, column

from oxyde import Q
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError


async def ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)


async def test_to_many_filters_give_each_row_once(news: AsyncDatabase) -> None:
    assert await ids(Writer.objects.filter(articles__words__gte=300)) == await column(
        "SELECT w.id FROM news_writer w WHERE EXISTS (SELECT 1 FROM news_article a"
        " WHERE a.writer_id = w.id AND a.words >= 300) ORDER BY w.id"
    )
    assert await Writer.objects.filter(articles__words__gte=300).count() == 2
    assert await ids(Article.objects.filter(tags__label__contains="o")) == await column(
        "SELECT a.id FROM news_article a WHERE a.id IN (SELECT t.article_id FROM news_article_tag t"
        " JOIN news_tag g ON g.id = t.tag_id WHERE g.label LIKE '%o%') ORDER BY a.id"
    )


async def test_exclude_means_no_such_row(news: AsyncDatabase) -> None:
    assert await ids(Writer.objects.exclude(articles__title="Vote")) == await column(
        "SELECT w.id FROM news_writer w WHERE w.id NOT IN"
        " (SELECT writer_id FROM news_article WHERE title = 'Vote') ORDER BY w.id"
    )
    assert await ids(Writer.objects.exclude(articles__title="Vote")) == [2, 4, 5]
    assert await ids(Article.objects.exclude(tags__label="sports")) == [2, 4, 5]
    assert await ids(Article.objects.filter(~Q(notes__text="good"))) == [3, 4, 5]
    # NULL is not "good": the article with a NULL text besides has one that is.
    assert await ids(Article.objects.exclude(notes__text="bad")) == [2, 3, 4, 5]


async def test_conditions_of_one_call_are_about_one_row(news: AsyncDatabase) -> None:
    one_note = Article.objects.filter(notes__text="good", notes__stars__lte=2)
    assert await ids(one_note) == [2]
    any_notes = Article.objects.filter(notes__text="good").filter(notes__stars__lte=2)
    assert await ids(any_notes) == [1, 2]
    assert await ids(Article.objects.filter(Q(notes__text="good") & Q(notes__stars=1))) == []
    either = Article.objects.filter(Q(notes__text="bad") | Q(notes__stars=2))
    assert await ids(either) == [1, 2]
    assert await ids(Article.objects.exclude(notes__text="good", notes__stars=1)) == [1, 2, 3, 4, 5]


async def test_deep_paths(news: AsyncDatabase) -> None:
    assert await ids(Agency.objects.filter(writers__articles__notes__stars=5)) == [1]
    assert await ids(
        Agency.objects.filter(writers__articles__tags__label="weather")
    ) == await column(
        "SELECT DISTINCT y.id FROM news_agency y JOIN news_writer w ON w.agency_id = y.id"
        " JOIN news_article a ON a.writer_id = w.id JOIN news_article_tag t ON t.article_id = a.id"
        " JOIN news_tag g ON g.id = t.tag_id WHERE g.label = 'weather' ORDER BY y.id"
    )
    assert await ids(Tag.objects.filter(articles__writer__agency__name="North")) == [1, 2, 3]
    assert await ids(Article.objects.filter(writer__chief__name="Ada")) == [3, 4]
    assert await ids(Article.objects.filter(writer__chief__chief__name="Ada")) == [5]
    assert await ids(Article.objects.filter(writer__articles__title="Storm")) == [1, 2]
    assert await ids(Writer.objects.filter(reports__reports__name="Dot")) == [1]
    assert await ids(Writer.objects.filter(desk__room="A1")) == [1]
    assert await ids(Writer.objects.filter(desk__isnull=True)) == [2, 4, 5]


async def test_presence_and_absence(news: AsyncDatabase) -> None:
    assert await ids(Writer.objects.filter(articles__isnull=True)) == [5]
    assert await ids(Writer.objects.filter(articles__isnull=False)) == [1, 2, 3, 4]
    assert await ids(Tag.objects.filter(articles__isnull=True)) == [4]
    assert await ids(Article.objects.filter(notes__isnull=True)) == [3, 5]
    assert await ids(Agency.objects.filter(writers__articles__isnull=False)) == [1, 2]
    assert await ids(Article.objects.filter(notes__text__isnull=True)) == [1, 3, 5]
    assert await ids(Article.objects.filter(notes__text__isnull=True, notes__isnull=False)) == [1]


async def test_instances_and_keys_as_values(news: AsyncDatabase) -> None:
    sports = await Tag.objects.get(label="sports")
    assert await ids(Article.objects.filter(tags=sports)) == [1, 3]
    assert await ids(Article.objects.filter(tags=sports.id)) == [1, 3]
    assert await ids(Article.objects.filter(tags__in=[sports, 3])) == [1, 2, 3, 4]
    assert await ids(Article.objects.exclude(tags__in=[sports])) == [2, 4, 5]
    article = await Article.objects.get(id=3)
    assert await ids(Writer.objects.filter(articles=article)) == [2]
    with pytest.raises(OxydeError):
        await Article.objects.filter(tags=article).all()


async def test_two_keys_to_one_table(news: AsyncDatabase) -> None:
    assert await ids(Article.objects.filter(writer__name="Ada", reviewer__name="Bob")) == [1]
    assert await ids(Article.objects.filter(Q(writer__name="Ada") ^ Q(reviewer__name="Ada"))) == [
        1,
        4,
    ]
    rows = await (
        Article.objects.filter(reviewer__isnull=False)
        .order_by("id")
        .values_list("id", "writer__name", "reviewer__name")
    )
    assert rows == [(1, "Ada", "Bob"), (2, "Ada", "Ada"), (4, "Cem", "Ada")]


async def test_writes_with_conditions_over_relations(news: AsyncDatabase) -> None:
    assert await Article.objects.filter(notes__stars__gte=5).update(title="Best") == 1
    assert await Article.objects.filter(tags__label="weather").update(words=1) == 2
    assert await column("SELECT id FROM news_article WHERE words = 1 ORDER BY id") == [2, 4]
    assert await Article.objects.filter(writer__agency=None).delete() == 1
    assert await Article.objects.exclude(notes__isnull=True).delete() == 3
    assert await column("SELECT id FROM news_article") == [3]
    assert await column("SELECT count(*) FROM news_article_tag") == [1]


async def test_paths_that_lead_nowhere_are_refused(news: AsyncDatabase) -> None:
    for wrong, name in (
        ({"writer__nam": "x"}, "name"),
        ({"writter__name": "x"}, "writer"),
        ({"tags__label__exakt": "x"}, "exact"),
        ({"notes__by__agency__nme": 1}, "name"),
    ):
        with pytest.raises(OxydeError) as caught:
            await Article.objects.filter(**wrong).all()
        assert f"`{name}`" in str(caught.value)
    with pytest.raises(FieldError):
        await Article.objects.order_by("tags").all()
    with pytest.raises(OxydeError):
        await Article.objects.filter(title__label="x").all()
