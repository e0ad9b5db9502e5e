"""A newsroom: writers, articles, tags over a table of our own, topics over one that Oxyde makes,
and notes on articles. Fixed rows, with NULLs and empty relations at every corner."""

from __future__ import annotations

from typing import Any

from oxyde import Field, Model, db, execute_raw


class Agency(Model):
    class Meta:
        is_table = True
        table_name = "news_agency"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    writers: list[Writer] = Field(db_reverse_fk="agency")


class Writer(Model):
    class Meta:
        is_table = True
        table_name = "news_writer"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    agency: Agency | None = Field(default=None, db_on_delete="SET NULL")
    chief: Writer | None = Field(default=None, db_on_delete="SET NULL")
    articles: list[Article] = Field(db_reverse_fk="writer")
    reports: list[Writer] = Field(db_reverse_fk="chief")
    desk: Desk | None = Field(db_reverse_fk="owner")


class Desk(Model):
    class Meta:
        is_table = True
        table_name = "news_desk"

    owner: Writer = Field(db_pk=True, db_on_delete="CASCADE")
    room: str


class Tag(Model):
    class Meta:
        is_table = True
        table_name = "news_tag"

    id: int | None = Field(default=None, db_pk=True)
    label: str = Field(max_length=20, db_unique=True)
    articles: list[Article] = Field(db_m2m=True, db_through="ArticleTag")


class Topic(Model):
    class Meta:
        is_table = True
        table_name = "news_topic"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Article(Model):
    class Meta:
        is_table = True
        table_name = "news_article"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    words: int | None = None
    writer: Writer = Field(db_on_delete="CASCADE")
    reviewer: Writer | None = Field(default=None, db_on_delete="SET NULL")
    tags: list[Tag] = Field(db_m2m=True, db_through="ArticleTag")
    topics: list[Topic] = Field(db_m2m=True)
    notes: list[Note] = Field(db_reverse_fk="article")


class ArticleTag(Model):
    class Meta:
        is_table = True
        table_name = "news_article_tag"

    article: Article = Field(db_pk=True, db_on_delete="CASCADE")
    tag: Tag = Field(db_pk=True, db_on_delete="CASCADE")
    weight: int = 1


class Note(Model):
    class Meta:
        is_table = True
        table_name = "news_note"

    id: int | None = Field(default=None, db_pk=True)
    text: str | None = None
    stars: int = 0
    article: Article = Field(db_on_delete="CASCADE")
    by: Writer | None = Field(default=None, db_on_delete="SET NULL")


MODELS = [Agency, Writer, Desk, Tag, Topic, Article, ArticleTag, Note]

ROWS: dict[type[Model], list[dict[str, Any]]] = {
    Agency: [{"id": 1, "name": "North"}, {"id": 2, "name": "South"}, {"id": 3, "name": "Empty"}],
    Writer: [
        {"id": 1, "name": "Ada", "agency_id": 1, "chief_id": None},
        {"id": 2, "name": "Bob", "agency_id": 1, "chief_id": 1},
        {"id": 3, "name": "Cem", "agency_id": 2, "chief_id": 1},
        {"id": 4, "name": "Dot", "agency_id": None, "chief_id": 2},
        {"id": 5, "name": "Ela", "agency_id": 2, "chief_id": None},
    ],
    Desk: [{"owner_id": 1, "room": "A1"}, {"owner_id": 3, "room": "C3"}],
    Tag: [
        {"id": 1, "label": "politics"},
        {"id": 2, "label": "sports"},
        {"id": 3, "label": "weather"},
        {"id": 4, "label": "unused"},
    ],
    Article: [
        {"id": 1, "title": "Vote", "words": 900, "writer_id": 1, "reviewer_id": 2},
        {"id": 2, "title": "Storm", "words": 300, "writer_id": 1, "reviewer_id": 1},
        {"id": 3, "title": "Match", "words": None, "writer_id": 2, "reviewer_id": None},
        {"id": 4, "title": "Vote", "words": 500, "writer_id": 3, "reviewer_id": 1},
        {"id": 5, "title": "Draft", "words": 10, "writer_id": 4, "reviewer_id": None},
    ],
    ArticleTag: [
        {"article_id": 1, "tag_id": 1, "weight": 3},
        {"article_id": 1, "tag_id": 2, "weight": 1},
        {"article_id": 2, "tag_id": 3, "weight": 2},
        {"article_id": 3, "tag_id": 2, "weight": 5},
        {"article_id": 4, "tag_id": 1, "weight": 1},
        {"article_id": 4, "tag_id": 3, "weight": 1},
    ],
    Note: [
        {"id": 1, "text": "good", "stars": 5, "article_id": 1, "by_id": 2},
        {"id": 2, "text": "bad", "stars": 1, "article_id": 1, "by_id": 3},
        {"id": 3, "text": None, "stars": 3, "article_id": 1, "by_id": None},
        {"id": 4, "text": "good", "stars": 2, "article_id": 2, "by_id": 2},
        {"id": 5, "text": "so so", "stars": 3, "article_id": 4, "by_id": 4},
    ],
}


async def fill() -> None:
    """Create the tables and put the rows in."""
    await db.create_tables(models=MODELS)
    for model, rows in ROWS.items():
        await model.objects.bulk_create(rows)


async def column(sql: str) -> list[Any]:
    """The only column of a statement that a test wrote by hand, for comparison."""
    return [next(iter(row.values())) for row in await execute_raw(sql)]


async def table(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a statement that a test wrote by hand, for comparison."""
    return [tuple(row.values()) for row in await execute_raw(sql)]
