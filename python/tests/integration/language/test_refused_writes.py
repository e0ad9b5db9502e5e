"""What a write refuses, before SQL is sent: see test_refused_queries."""

from __future__ import annotations

from typing import Any

import pytest
from support.newsroom import Article, Topic
from support.refusals import AGGREGATE, NAM, STARS, TITEL, Wrong, check, lookup, name

from oxyde import Count, F, Field, Max, Model
from oxyde.db import AsyncDatabase
from oxyde.exceptions import ManagerError, OxydeError
from oxyde.queries import RowNumber, Window


class Sheet(Model):
    class Meta:
        is_table = True
        table_name = "bad_sheet"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    data: dict[str, Any] | None = None


articles = Article.objects
article = Article(id=1, title="x", writer_id=1)
by_title = articles.values("title").annotate(n=Count("*"))

CASES: dict[str, list[Wrong]] = {
    "update": [
        name(lambda: articles.update(titel="x"), *TITEL),
        name(lambda: articles.update(writer__name="x"), "`Article`", "`writer__name`"),
        name(lambda: articles.update(notes=1), "`Article.notes`", "reverse"),
        name(lambda: articles.update(title=F("titel")), *TITEL),
        name(lambda: articles.update(title=F("notes__text")), *STARS),
        name(lambda: articles.update(words=Max("words")), *AGGREGATE),
        name(lambda: articles.update(words=F("words") + Count("*")), *AGGREGATE),
        name(lambda: articles.update(words=Window(RowNumber())), "window", "`Article`"),
        name(lambda: articles.update(words=F("title")), "`Article.words`", "text", "Cast"),
        name(
            lambda: articles.update(words=1, writer=1, writer_id=2), "`Article.writer_id`", "twice"
        ),
        name(lambda: Sheet.objects.update(dataa__x=1), "`Sheet`", "`dataa`", "`data`"),
        lookup(lambda: Sheet.objects.update(title__x=1), "`x`", "`Sheet.title`"),
        name(lambda: articles.update(lambda a: {a.titel: 1}), *TITEL),  # type: ignore[attr-defined]
        name(lambda: articles.increment("wordss"), "`Article`", "`wordss`", "`words`"),
        name(lambda: articles.increment("title"), "`Article`", "title"),
        name(lambda: articles.increment(titel=2), *TITEL),
        Wrong(lambda: by_title.update(words=1), OxydeError, ("`Article`", "grouped")),
        Wrong(lambda: by_title.delete(), OxydeError, ("`Article`", "grouped")),
    ],
    "bulk_update": [
        name(lambda: articles.bulk_update([article], ["titel"]), *TITEL),
        name(
            lambda: articles.bulk_update([article], ["writer__name"]), "`writer__name`", "`Article`"
        ),
        name(lambda: articles.bulk_update([article], ["notes"]), "`Article.notes`", "reverse"),
        name(lambda: articles.bulk_update([article], ["id"]), "`Article.id`", "key"),
        name(lambda: articles.bulk_update([article], words=F("wordss")), "`Article`", "`words`"),
        name(lambda: articles.bulk_update([article], wordss=F("words")), "`Article`", "`words`"),
        name(lambda: articles.bulk_update([article], words=Max("words")), *AGGREGATE),
    ],
    "create": [
        name(lambda: articles.create(titel="x", writer_id=1), *TITEL),
        name(
            lambda: articles.create(title=F("title"), writer_id=1),
            "`Article.title`",
            "F('title')",
            "insert_from",
        ),
        name(lambda: articles.create(title=Max("title"), writer_id=1), "`Article.title`", "Max("),
        name(
            lambda: articles.create(title="x", writer_id=1, notes=[1]),
            "`Article.notes`",
            "reverse",
            "`Note`",
        ),
        name(lambda: articles.bulk_create([{"titel": "x", "writer_id": 1}]), *TITEL),
        name(
            lambda: articles.bulk_create([{"title": Max("title"), "writer_id": 1}]),
            "`Article.title`",
            "Max(",
        ),
        name(
            lambda: articles.bulk_create(
                [{"title": "x", "writer_id": 1}], update_conflicts=True, unique_fields=["idd"]
            ),
            "`Article`",
            "`idd`",
            "`id`",
        ),
        name(
            lambda: articles.bulk_create(
                [{"id": 1, "title": "x", "writer_id": 1}],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["titel"],
            ),
            *TITEL,
        ),
        name(lambda: articles.upsert(titel="x"), *TITEL),
        name(
            lambda: articles.upsert(id=1, title="x", writer_id=1, unique_fields=["idd"]),
            "`Article`",
            "`id`",
        ),
        name(lambda: articles.upsert(id=1, title="x", writer_id=1, update={"titel": "y"}), *TITEL),
        name(
            lambda: articles.upsert(id=1, title="x", writer_id=1, update={"words": Max("words")}),
            *AGGREGATE,
        ),
        name(lambda: articles.insert_from(articles.values("title"), ["titel"]), *TITEL),
        name(
            lambda: articles.insert_from(articles.values("words"), ["title"]),
            "`Article.title`",
            "`words`",
            "Cast",
        ),
        name(lambda: article.save(update_fields=["titel"]), "Article", "`titel`", "`title`"),
        name(lambda: article.refresh(fields=["titel"]), "refresh", "Article", "`titel`", "`title`"),
        Wrong(
            lambda: article.tags_set.add(Topic(id=1, name="x")),
            ManagerError,
            ("`Article.tags`", "Tag", "Topic"),
        ),  # type: ignore[attr-defined]
        name(lambda: article.tags_set.filter(labell="x"), "`Tag`", "`labell`", "`label`"),  # type: ignore[attr-defined]
    ],
    "get_or_create": [
        name(lambda: articles.get_or_create(titel="x"), *TITEL),
        name(lambda: articles.get_or_create(writer__nam="x"), *NAM),
        name(lambda: articles.get_or_create(title="x", defaults={"titel": 1}), *TITEL),
        name(
            lambda: articles.get_or_create(title="x", defaults={"words": Max("words")}),
            "`Article.words`",
            "Max(",
        ),
        name(lambda: articles.get_or_create(title=F("title")), "`Article.title`", "F('title')"),
        name(lambda: articles.update_or_create(titel="x"), *TITEL),
        name(lambda: articles.update_or_create(title="x", defaults={"titel": 1}), *TITEL),
        name(lambda: articles.update_or_create(title="x", create_defaults={"titel": 1}), *TITEL),
        name(
            lambda: articles.update_or_create(title="x", defaults={"words": F("words")}),
            "`Article.words`",
            "F('words')",
        ),
    ],
}


@pytest.mark.parametrize("entry", CASES)
async def test_it_is_refused_before_sql_is_sent(database: AsyncDatabase, entry: str) -> None:
    await check(CASES[entry])
