"""Related managers have the methods of queries, and what they create belongs to the owner."""

from __future__ import annotations

from typing import Any

import pytest
from support.newsroom import Agency, Article, ArticleTag, Note, Tag, Writer

from oxyde import Count, atomic
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, ManagerError, NotFoundError, UniqueViolationError


async def linked(article: Any) -> list[int]:
    query = ArticleTag.objects.filter(article_id=article.id).order_by("tag_id")
    return await query.values_list("tag_id", flat=True).all()


async def test_reading_as_a_query(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=1)
    tags, notes = article.tags_set, article.notes_set
    ids = await linked(article)
    assert await tags.order_by("id").values_list("id", flat=True) == ids
    assert [tag.id for tag in await tags] and sorted([tag.id async for tag in tags]) == ids
    assert await tags.exclude(id=ids[0]).count() == len(ids) - 1
    assert await tags.exists()
    assert (await tags.first()).id == ids[0]
    assert (await tags.order_by("id").reverse().first()).id == ids[-1]
    assert (await tags.get(id=ids[0])).id == ids[0]
    assert await tags.get_or_none(id=999) is None
    with pytest.raises(NotFoundError):
        await tags.get(id=999)
    assert list(await tags.in_bulk(ids)) == ids
    assert len(await tags[:1]) == 1
    assert (await tags.order_by("id").page(size=1)).items[0].id == ids[0]
    assert await tags.aggregate(n=Count("*")) == {"n": len(ids)}
    assert await tags.annotate(n=Count("articles")).order_by("-n").count() == len(ids)
    assert await notes.sum("stars") == sum(
        [note.stars or 0 for note in await Note.objects.filter(article=1)]
    )
    assert await Tag.objects.filter(id__in=tags).count() == len(ids)
    assert await (tags.filter(id=ids[0]) | tags.filter(id=ids[-1])).count() == len(set(ids))
    assert await tags.none() == []
    assert tags.sql(dialect="postgres")[1] == [1]
    with pytest.raises(TypeError):
        bool(tags)


async def test_creating_rows_that_refer_to_the_owner(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.prefetch("notes").get(id=5)
    notes = article.notes_set
    note, new = await notes.get_or_create({"stars": 3}, id=60, text="one")
    assert (note.article_id, note.stars, new) == (5, 3, True)
    again, new = await notes.get_or_create({"stars": 9}, text="one")
    assert (again.id, again.stars, new) == (60, 3, False)
    changed, new = await notes.update_or_create({"stars": 4}, text="one")
    assert (changed.id, changed.stars, new) == (60, 4, False)
    made = await notes.bulk_create(
        [{"id": 61, "text": "two", "stars": 1}, Note(id=62, text="3", article_id=1)]
    )
    assert [each.article_id for each in made] == [5, 5]
    await notes.create(instance=Note(id=63, text="four", article_id=1))
    await notes.upsert(id=61, text="changed", unique_fields=["id"])
    assert sorted(each.id for each in article.notes) == [60, 61, 62, 63]
    assert await Note.objects.filter(article=5).count() == 4
    # The row of another article becomes one of this.
    other = await Note.objects.exclude(article=5).first()
    assert other is not None
    await notes.upsert(id=other.id, text="moved", unique_fields=["id"])
    assert (await Note.objects.get(id=other.id)).article_id == 5  # type: ignore[attr-defined]
    assert await notes.filter(id=60).update(stars=5) == 1
    assert await notes.update(stars=2) == 5
    assert await notes.delete() == 5
    assert article.notes == []
    assert await Note.objects.exists()


async def test_creating_rows_over_a_through_table(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.prefetch("tags").get(id=5)
    tags = article.tags_set
    tag, new = await tags.get_or_create(id=50, label="fresh", through={"weight": 9})
    assert (tag.id, new) == (50, True)
    assert (await ArticleTag.objects.get(article_id=5)).weight == 9
    again, new = await tags.get_or_create(label="fresh")
    assert (again.id, new) == (50, False)
    with pytest.raises(UniqueViolationError):
        # It exists, and belongs to other articles.
        await tags.get_or_create(label="sports")
    assert await linked(article) == [50]
    made, new = await tags.update_or_create({"label": "renamed"}, label="fresh")
    assert (made.id, made.label, new) == (50, "renamed", False)
    made, new = await tags.update_or_create({"label": "b"}, create_defaults={"id": 51}, label="a")
    assert (made.id, made.label, new) == (51, "a", True)
    await tags.bulk_create([{"id": 52, "label": "c"}, {"id": 53, "label": "d"}])
    await tags.upsert(label="sports", unique_fields=["label"])
    assert await linked(article) == [2, 50, 51, 52, 53]
    assert sorted(each.id for each in article.tags) == [2, 50, 51, 52, 53]
    assert await tags.filter(id__gt=51).delete() == 2
    assert await linked(article) == [2, 50, 51]


async def test_in_a_transaction(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=5)
    with pytest.raises(RuntimeError):
        async with atomic():
            await article.tags_set.get_or_create(id=70, label="gone")
            assert await article.tags_set.filter(id=70).exists()
            raise RuntimeError
    assert await linked(article) == []
    assert not await Tag.objects.filter(id=70).exists()


async def test_refused(news: AsyncDatabase) -> None:
    unsaved: Any = Article(title="x", writer=await Writer.objects.get(id=1))
    manager = unsaved.tags_set
    for attempt in (
        lambda: manager.filter(id=1),
        lambda: manager.order_by("id"),
        lambda: manager[:2],
        lambda: manager.sql(),
    ):
        with pytest.raises(ManagerError, match=r"`Article\.tags`: .* has not been saved yet"):
            attempt()
    for call in (
        lambda: manager.all(),
        lambda: manager.count(),
        lambda: manager.get_or_create(label="x"),
        lambda: manager.bulk_create([{"label": "x"}]),
        lambda: manager.delete(),
        lambda: unsaved.notes_set.create(text="x"),
    ):
        with pytest.raises(ManagerError, match="has not been saved yet"):
            await call()
    article: Any = await Article.objects.get(id=1)
    with pytest.raises(ManagerError, match="does not know the keys"):
        await article.tags_set.bulk_create([{"label": "x"}], ignore_conflicts=True)
    with pytest.raises(ManagerError, match="cannot insert from a query"):
        await article.tags_set.insert_from(Tag.objects.values("label"), ["label"])
    with pytest.raises(FieldError, match="no table between"):
        await article.notes_set.get_or_create(text="x", through={"weight": 1})
    agency: Any = await Agency.objects.get(id=1)
    with pytest.raises(FieldError, match="no field `nothing`"):
        agency.writers_set.filter(nothing=1)
