"""Related rows that a row's own columns do not hold: never shown without being stored."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.newsroom import Article, ArticleTag, Desk, Note, Tag, Topic, Writer

from oxyde import atomic, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError
from oxyde.queries import Prefetch, prefetch_related, related

Way = Callable[[Tag], Awaitable[Any]]


@pytest.fixture(autouse=True)
async def counted_on(news: AsyncDatabase, flavour: str) -> None:
    """PostgreSQL counts on from where it was, whatever keys were given."""
    if flavour == "postgres":
        for table in ("news_article", "news_writer", "news_note", "news_tag"):
            await execute_raw(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1000)")


async def assigned(tag: Tag, **attributes: Any) -> Any:
    article: Any = await Article.objects.create(title="later", writer_id=1)
    for name, value in attributes.items():
        setattr(article, name, value)
    return await article.save()


async def taken_over(tag: Tag) -> Any:
    (other,) = await Article.objects.prefetch("tags").filter(id=1)
    article: Any = Article(title="x", writer_id=1)
    article.tags = other.tags
    return await article.save()


NEW: dict[str, Way] = {
    "save": lambda tag: Article(title="x", writer_id=1, tags=[tag]).save(),
    "save of a dump": lambda tag: Article.model_validate(
        {"title": "x", "writer_id": 1, "tags": [tag.model_dump()]}
    ).save(),
    "create": lambda tag: Article.objects.create(title="x", writer_id=1, tags=[tag]),
    "create of an instance": lambda tag: Article.objects.create(
        instance=Article(title="x", writer_id=1, tags=[tag])
    ),
    "get_or_create": lambda tag: Article.objects.get_or_create(
        {"tags": [tag], "writer_id": 1}, title="x"
    ),
    "update_or_create": lambda tag: Article.objects.update_or_create(
        {"tags": [tag], "writer_id": 1}, title="x"
    ),
    "upsert": lambda tag: Article.objects.upsert(id=999, title="x", writer_id=1, tags=[tag]),
    "bulk_create": lambda tag: Article.objects.bulk_create(
        [Article(title="y", writer_id=1), Article(title="x", writer_id=1, tags=[tag])]
    ),
    "bulk_create of dicts": lambda tag: Article.objects.bulk_create(
        [
            {"title": "y", "writer_id": 1},
            {"title": "x", "writer_id": 1, "topics": [Topic(name="t")]},
        ]
    ),
    "a reverse list": lambda tag: Article(
        title="x", writer_id=1, notes=[Note(text="n", article_id=1)]
    ).save(),
    "a reverse one-to-one": lambda tag: Writer(name="x", desk=Desk(owner_id=1, room="Z")).save(),
    "the list of another row": taken_over,
    "a copy with others": lambda tag: (
        Article(title="x", writer_id=1).model_copy(update={"tags": [tag]}).save()
    ),
    "insert_from": lambda tag: Article.objects.insert_from(
        Article.objects.values("title"), ["tags"]
    ),
}


@pytest.mark.parametrize("way", NEW)
async def test_a_new_row_with_related_rows_is_refused(news: AsyncDatabase, way: str) -> None:
    tag = await Tag.objects.get(id=1)
    before = await Article.objects.count(), await Note.objects.count(), await Writer.objects.count()
    with pytest.raises(FieldError, match=r"\.(tags|topics|notes|desk)`"):
        await NEW[way](tag)
    after = await Article.objects.count(), await Note.objects.count(), await Writer.objects.count()
    assert after == before


async def test_the_error_names_the_manager(news: AsyncDatabase) -> None:
    tag = await Tag.objects.get(id=1)
    with pytest.raises(FieldError, match=r"`Article.tags`.*\n.*await row\.tags_set\.add\(…\)"):
        await Article(title="x", writer_id=1, tags=[tag]).save()


async def test_an_empty_list_is_what_a_new_row_has(news: AsyncDatabase) -> None:
    one: Any = await Article(title="1", writer_id=1, tags=[], notes=[]).save()
    two: Any = await Article.objects.create(title="2", writer_id=1, tags=[])
    (three,) = await Article.objects.bulk_create([Article(title="3", writer_id=1, tags=[])])
    for article in (one, two, three):
        stored = await Article.objects.prefetch("tags").get(id=article.id)
        assert article.tags == stored.tags == []


OLD: dict[str, Way] = {
    "assigned": lambda tag: assigned(tag, tags=[tag]),
    "assigned with a column": lambda tag: assigned(tag, title="new", tags=[tag]),
    "assigned to a reverse list": lambda tag: assigned(tag, notes=[Note(text="n", article_id=1)]),
    "update": lambda tag: Article.objects.filter(id=1).update(tags=[tag]),
    "bulk_update": lambda tag: Article.objects.bulk_update(
        [Article(id=1, title="x", writer_id=1)], ["tags"]
    ),
    "save of a field": lambda tag: Article(id=1, title="x", writer_id=1).save(
        update_fields=["tags"]
    ),
    "update_or_create": lambda tag: Article.objects.update_or_create({"tags": [tag]}, id=1),
    "an update by key": lambda tag: Article(id=1, title="x", writer_id=1, tags=[tag]).save(),
}


@pytest.mark.parametrize("way", OLD)
async def test_a_stored_row_with_other_related_rows_is_refused(
    news: AsyncDatabase, way: str
) -> None:
    tag = await Tag.objects.get(id=3)
    with pytest.raises(FieldError, match=r"\b(tags|notes)`"):
        await OLD[way](tag)
    assert await ArticleTag.objects.filter(article_id=1, tag_id=3).count() == 0
    assert (await Article.objects.get(id=1)).title == "Vote"
    assert not await Article.objects.filter(title="new").exists()


CHANGES: dict[str, Callable[[Any, Tag], Any]] = {
    "append": lambda article, tag: article.tags.append(tag),
    "extend": lambda article, tag: article.tags.extend([tag]),
    "insert": lambda article, tag: article.tags.insert(0, tag),
    "+=": lambda article, tag: article.tags.__iadd__([tag]),
    "pop": lambda article, tag: article.tags.pop(),
    "remove": lambda article, tag: article.tags.remove(article.tags[0]),
    "clear": lambda article, tag: article.tags.clear(),
    "set an item": lambda article, tag: article.tags.__setitem__(0, tag),
    "delete an item": lambda article, tag: article.tags.__delitem__(0),
    "assign": lambda article, tag: setattr(article, "tags", [*article.tags, tag]),
    "assign nothing": lambda article, tag: setattr(article, "tags", []),
    "append a new one": lambda article, tag: article.tags.append(Tag(label="new")),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_loaded_list_that_was_changed_is_not_dropped(
    news: AsyncDatabase, change: str
) -> None:
    tag = await Tag.objects.get(id=4)
    (article,) = await Article.objects.prefetch("tags").filter(id=1)
    for one in (article, copy.copy(article), copy.deepcopy(article)):
        CHANGES[change](one, tag)
        again = pickle.loads(pickle.dumps(one))
        for each in (one, again):
            each.title = "never stored"
            with pytest.raises(FieldError, match=r"`Article\.tags`"):
                await each.save()
        one.tags = list(await one.tags_set.all())
    assert (await Article.objects.get(id=1)).title == "Vote"


async def test_a_loaded_list_that_was_not_changed_is_no_hindrance(news: AsyncDatabase) -> None:
    (article,) = await Article.objects.prefetch("tags", "notes", "writer__desk").filter(id=1)
    tags = list(article.tags)
    article.words = 5
    await article.save()
    article.tags = tags[::-1]
    article.words = 6
    await article.save()
    article.tags.sort(key=lambda tag: tag.id)
    await copy.deepcopy(article).save()
    again = pickle.loads(pickle.dumps(article))
    again.words = 7
    await again.save()
    # What was taken out and put in again is what is stored.
    article.tags.append(article.tags.pop())
    article.words = 8
    await article.save()
    assert (await Article.objects.get(id=1)).words == 8
    writer: Any = await Writer.objects.join("desk").get(id=1)
    writer.name = "Ada L."
    await writer.save()


async def test_the_manager_makes_the_loaded_list_right(news: AsyncDatabase) -> None:
    async def check() -> None:
        stored = await Article.objects.prefetch("tags").get(id=1)
        assert sorted(tag.id for tag in article.tags) == sorted(tag.id for tag in stored.tags)
        article.words = (article.words or 0) + 1
        await article.save()

    (article,) = await Article.objects.prefetch("tags").filter(id=1)
    tag = await Tag.objects.get(id=4)
    await article.tags_set.add(tag)
    await check()
    await article.tags_set.add(tag, 3)
    await check()
    await article.tags_set.remove(tag, 1)
    await check()
    await article.tags_set.set([4, 1])
    await check()
    assert [each.id for each in article.tags] == [4, 1]
    await article.tags_set.create(label="fresh")
    await check()
    await article.tags_set.clear()
    await check()
    assert article.tags == []
    article.tags.append(tag)
    await article.tags_set.add(tag)
    await check()
    article.tags = [tag, await Tag.objects.get(id=2)]
    await article.tags_set.set(article.tags)
    await check()
    article.tags = []
    await article.tags_set.clear()
    await check()


async def test_it_makes_reverse_lists_right(news: AsyncDatabase) -> None:
    (writer,) = await Writer.objects.prefetch("reports").filter(id=1)
    dot = await Writer.objects.get(id=4)
    await writer.reports_set.add(dot)
    assert sorted(each.id for each in writer.reports) == [2, 3, 4]
    await writer.reports_set.remove(2)
    assert sorted(each.id for each in writer.reports) == [3, 4]
    made = await writer.reports_set.create(name="Fay")
    assert made in writer.reports
    await writer.reports_set.set([dot])
    assert writer.reports == [dot]
    await writer.reports_set.clear()
    assert writer.reports == []
    await writer.save()


async def test_rows_of_a_reverse_list_refer_to_its_owner(news: AsyncDatabase) -> None:
    (ada,) = await Writer.objects.prefetch("reports").filter(id=1)
    bob, cem = sorted(ada.reports, key=lambda each: each.id)
    dot: Any = await Writer.objects.join("chief").get(id=4)
    assert dot.chief is not None
    with pytest.raises(ValueError, match="undo"):
        async with atomic():
            await ada.reports_set.add(dot)
            assert (dot.chief_id, dot.chief) == (1, None)
            await ada.reports_set.remove(bob.id)
            assert bob.chief_id is None
            raise ValueError("undo")
    assert (dot.chief_id, bob.chief_id) == (2, 1)
    await ada.reports_set.remove(dot, bob)
    assert (dot.chief_id, bob.chief_id) == (2, None)
    await ada.reports_set.set([dot])
    assert (dot.chief_id, cem.chief_id) == (1, None)
    await ada.reports_set.clear()
    assert dot.chief_id is None
    for writer in (bob, cem, dot):
        await writer.save()
        assert (await Writer.objects.get(id=writer.id)).chief_id is None


async def test_the_list_of_a_new_row_follows_too(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.create(title="x", writer_id=1)
    await article.tags_set.add(await Tag.objects.get(id=1), 2)
    assert [tag.id for tag in article.tags] == [1, 2]
    await article.notes_set.create(text="n")
    assert [note.text for note in article.notes] == ["n"]
    article.title = "y"
    await article.save()
    assert "tags" in article.model_dump()
    assert [tag["id"] for tag in article.model_dump()["tags"]] == [1, 2]


async def test_a_list_that_was_not_loaded_claims_nothing(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=1)
    await article.tags_set.add(4)
    assert article.tags == []
    await article.tags_set.set(await Tag.objects.filter(id__in=[1, 4]))
    assert sorted(tag.id for tag in article.tags) == [1, 4]


async def test_a_list_by_a_query_of_its_own_is_loaded_anew(news: AsyncDatabase) -> None:
    """Where a new row belongs, and whether it does, only the database knows."""
    some = Prefetch("tags", Tag.objects.filter(label__startswith="s").order_by("-id"))
    (article,) = await Article.objects.prefetch(some).filter(id=1)
    await article.save()
    await article.tags_set.add(4)
    with pytest.raises(FieldError, match="was not loaded"):
        _ = article.tags


async def test_a_copy_of_a_row_has_no_related_rows(news: AsyncDatabase) -> None:
    (article,) = await Article.objects.prefetch("tags").filter(id=1)
    assert article.tags
    article.id = None
    await article.save()
    assert article.id not in (None, 1)
    assert article.tags == []
    (article,) = await Article.objects.prefetch("tags").filter(id=1)
    article.id = None
    article.tags.append(await Tag.objects.get(id=4))
    with pytest.raises(FieldError, match=r"`Article\.tags`"):
        await article.save()


async def test_a_row_that_was_deleted_is_inserted_again_without_them(news: AsyncDatabase) -> None:
    topic = await Topic.objects.create(id=77, name="t")
    await related(await Article.objects.get(id=1), "topics").add(topic)
    (article,) = await Article.objects.prefetch("topics").filter(id=1)
    assert topic in article.topics
    await article.delete()
    await Article.objects.create(instance=article)
    assert article.topics == []


async def test_nothing_is_asked_for_a_list_that_is_not_there(news: AsyncDatabase) -> None:
    async with atomic():
        (article,) = await Article.objects.prefetch("tags").filter(id=1)
        article.words = 1
        assert (await article.save()).words == 1


async def test_refresh_forgets_what_was_assigned(news: AsyncDatabase) -> None:
    (article,) = await Article.objects.prefetch("tags").filter(id=1)
    tags = list(article.tags)
    article.tags.clear()
    await article.refresh()
    assert article.tags == tags
    article.tags = []
    article.notes = [Note(text="x", article_id=1)]
    await article.refresh()
    assert (article.tags, article.notes) == (tags, [])
    article.words = 1
    await article.save()


async def test_prefetch_forgets_what_was_assigned(news: AsyncDatabase) -> None:
    article: Any = await Article.objects.get(id=1)
    article.tags = []
    await prefetch_related([article], "tags")
    assert article.tags
    article.words = 1
    await article.save()


async def test_a_bulk_upsert_keeps_the_lists_of_the_same_row(news: AsyncDatabase) -> None:
    articles = await Article.objects.prefetch("tags").order_by("id").limit(2)
    tags = [list(article.tags) for article in articles]
    for article in articles:
        article.words = 77
    await Article.objects.bulk_create(articles, update_conflicts=True, unique_fields=["id"])
    assert [list(article.tags) for article in articles] == tags
    assert await Article.objects.filter(words=77).count() == 2
    articles[0].id = 500
    await Article.objects.bulk_create(articles[:1])
    with pytest.raises(FieldError, match="was not loaded"):
        _ = articles[0].tags


async def test_a_foreign_key_that_was_kept_takes_its_row_along(news: AsyncDatabase) -> None:
    bob = await Writer.objects.get(id=2)
    (article,) = await Article.objects.bulk_create(
        [Article(id=1, title="New", writer=bob)],
        update_conflicts=True,
        update_fields=["title"],
        unique_fields=["id"],
    )
    assert (article.title, article.writer_id, article.writer) == ("New", 1, None)
