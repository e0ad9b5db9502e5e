"""Full-text search on each database, by the index that the model declares, against SQL by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from oxyde import Field, Index, Model, Q, atomic, create_tables, drop_tables, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupValueError, UnsupportedFeatureError
from oxyde.queries import F, Search, SearchRank


class SearchAuthor(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str

    class Meta:
        is_table = True
        table_name = "search_author"
        indexes = [Index("name", method="fulltext")]


class Article(Model):
    id: int | None = Field(default=None, db_pk=True)
    title: str | None = None
    body: str
    note: str = ""
    summary: str = Field(default="", max_length=200, db_column="abstract")
    author: SearchAuthor | None = None

    class Meta:
        is_table = True
        table_name = "search_article"
        indexes = [
            Index("title", "body", method="fulltext", name="search_article_words"),
            Index("summary", method="fulltext", config="english"),
        ]


ROWS: list[dict[str, Any]] = [
    {"title": "The Cat", "body": "sits on the mat", "author": "Alice Murphy"},
    {"title": "Dog", "body": "the dog chases a cat, a cat and a cat", "author": "Bob Murphy"},
    {"title": "Bird", "body": "of a feather", "summary": "birds were flying", "author": None},
    {"title": None, "body": "CAT Stevens sings", "author": "Alice Murphy"},
    {"title": "Nothing", "body": 'x -y +z "q" (and) or not *', "author": None},
]


@pytest.fixture
async def articles(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    await create_tables(database, models=[SearchAuthor, Article])
    authors: dict[str, SearchAuthor] = {}
    for row in ROWS:
        name = row["author"]
        if name is not None and name not in authors:
            authors[name] = await SearchAuthor.objects.create(name=name)
        await Article.objects.create(**{**row, "author": authors.get(name)})
    yield database
    await drop_tables(database, models=[SearchAuthor, Article])


def search(**kwargs: Any) -> Search:
    return Search("title", "body", **kwargs)


async def found(*conditions: Any, **lookups: Any) -> list[int]:
    query = Article.objects.filter(*conditions, **lookups).order_by("id")
    return [row.id for row in await query.all() if row.id is not None]


async def test_forms_of_a_search(articles: AsyncDatabase) -> None:
    assert await found(search(query="cat")) == [1, 2, 4]
    assert await found(search(query="cat dog")) == [2]
    assert await found(search(query="the cat")) in ([1, 2], [1, 2, 4])
    assert await found(search(query="feather stevens", form="any")) == [3, 4]
    assert await found(search(query="the mat", form="phrase")) == [1]
    assert await found(search(query="mat the", form="phrase")) == []
    assert await found(search(query="cat -dog", form="websearch")) == [1, 4]
    assert await found(search(query='"dog chases" or feather', form="websearch")) == [2, 3]
    assert await found(~search(query="cat")) == [3, 5]
    assert await found(Q(title="Bird") | search(query="stevens")) == [3, 4]
    assert await found(search(query="cat") & ~search(query="dog"), id__gt=1) == [4]


async def test_no_text_is_an_operator(articles: AsyncDatabase) -> None:
    for text in [
        '"',
        '""',
        "*",
        "cat*",
        "-",
        "+",
        "(",
        "NEAR(a b)",
        "a:b",
        "^",
        "'",
        "\\",
        "",
        " & ",
    ]:
        for form in ("plain", "any", "phrase", "websearch"):
            assert isinstance(await found(search(query=text, form=form)), list), (text, form)
    assert await found(search(query="AND OR NOT cat")) in ([], [1, 2, 4])
    assert await found(search(query="")) == []


async def test_search_lookup(articles: AsyncDatabase) -> None:
    assert await found(author__name__search="alice") == [1, 4]
    assert await found(author__name__search="murphy bob") == [2]
    # English stems, where the database knows them.
    english = articles.backend in ("postgres", "sqlite")
    assert await found(summary__search="bird fly") == ([3] if english else [])
    assert await found(summary__search="flying birds") == [3]
    assert await Article.objects.filter(summary__search="flying").count() == 1
    assert await Article.objects.filter(search(query="cat")).exists()
    assert await found(lambda a: Search(a.title, a.body, query="stevens")) == [4]


async def test_rank(articles: AsyncDatabase) -> None:
    rank = SearchRank("title", "body", query="cat")
    rows = await (
        Article.objects.filter(search(query="cat"))
        .annotate(rank=rank)
        .order_by(rank.desc(), "id")
        .values("id", "rank")
        .all()
    )
    assert {row["id"] for row in rows} == {1, 2, 4}
    assert all(isinstance(row["rank"], float) and row["rank"] > 0 for row in rows)
    assert [row["rank"] for row in rows] == sorted((row["rank"] for row in rows), reverse=True)
    names = {"postgres": POSTGRES, "sqlite": SQLITE}
    by_hand = await execute_raw(names.get(articles.backend, MYSQL))
    assert [(row["id"], pytest.approx(row["rank"])) for row in rows] == [
        (row["id"], row["rank"]) for row in by_hand
    ]
    every = await Article.objects.annotate(rank=rank, hit=search(query="cat")).order_by("id").all()
    assert [bool(row.hit) for row in every] == [True, True, False, True, False]
    assert [row.rank > 1e-9 for row in every] == [True, True, False, True, False]
    above = Article.objects.annotate(rank=rank).filter(rank__gt=1e-9)
    assert await above.count() == 3
    author = SearchRank("author__name", query="alice")
    best = await Article.objects.order_by(author.desc(nulls_last=True), "id").first()
    assert best is not None and best.id == 1


POSTGRES = """
SELECT id, ts_rank(to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(body, '')),
                   plainto_tsquery('simple', 'cat'))::float8 AS rank
FROM search_article
WHERE to_tsvector('simple', coalesce(title, '') || ' ' || body) @@ to_tsquery('simple', 'cat')
ORDER BY 2 DESC, 1
"""
SQLITE = """
SELECT rowid AS id, -rank AS rank FROM search_article_words
WHERE search_article_words MATCH 'cat' ORDER BY 2 DESC, 1
"""
MYSQL = """
SELECT id, MATCH (search_article_words_words) AGAINST ('+cat' IN BOOLEAN MODE) AS `rank`
FROM search_article WHERE MATCH (search_article_words_words) AGAINST ('+cat' IN BOOLEAN MODE)
ORDER BY 2 DESC, 1
"""


async def test_weights(articles: AsyncDatabase) -> None:
    title = SearchRank("title", "body", query="cat", weights=[10, 0.1])
    # The order of the fields is the user's, that of the columns the index's.
    body = SearchRank("body", "title", query="cat", weights=[10, 0.1])
    query = Article.objects.filter(search(query="cat"), id__lt=3)
    if articles.backend in ("mysql", "mariadb"):
        with pytest.raises(UnsupportedFeatureError, match="search with weights"):
            await query.order_by(title.desc()).all()
        return
    assert [row.id for row in await query.order_by(title.desc()).all()] == [1, 2]
    assert [row.id for row in await query.order_by(body.desc()).all()] == [2, 1]


async def test_the_index_follows_the_rows(articles: AsyncDatabase) -> None:
    await Article.objects.filter(id=1).update(body=F("body"), title="Horse")
    assert await found(search(query="cat")) == [2, 4]
    assert await found(search(query="horse")) == [1]
    await Article.objects.filter(id=2).delete()
    assert await found(search(query="cat")) == [4]
    await Article.objects.bulk_create([Article(title="new cat", body=f"b{i}") for i in range(50)])
    assert await Article.objects.filter(search(query="cat")).count() == 51
    assert await Article.objects.filter(search(query="cat")).update(note="seen") == 51
    assert await Article.objects.filter(search(query="cat"), note="seen").delete() == 51
    assert await found(search(query="cat")) == []


async def test_raw_is_the_databases_own(articles: AsyncDatabase) -> None:
    text = {"postgres": "steven:*", "sqlite": "steven*"}.get(articles.backend, "+steven*")
    assert await found(search(query=text, form="raw")) == [4]


async def test_it_goes_by_the_index(articles: AsyncDatabase) -> None:
    sql, params = Article.objects.filter(search(query="cat")).sql(dialect=articles.backend)
    rows = [Article(title=f"word{i}", body="nothing " * 20) for i in range(500)]
    await Article.objects.bulk_create(rows)
    if articles.backend == "postgres":
        await execute_raw("ANALYZE search_article")
        async with atomic():
            await execute_raw("SET LOCAL enable_seqscan = off")
            text = str(await execute_raw("EXPLAIN " + sql, params))
    else:
        explain = "EXPLAIN QUERY PLAN " if articles.backend == "sqlite" else "EXPLAIN "
        text = str(await execute_raw(explain + sql, params))
    wanted = {"postgres": "search_article_words", "sqlite": "virtual table index"}
    assert wanted.get(articles.backend, "full") in text.lower(), text


async def test_refusals(articles: AsyncDatabase) -> None:
    query = Article.objects.filter(note__search="cat")
    if articles.backend == "postgres":
        assert await query.count() == 0
    else:
        with pytest.raises(UnsupportedFeatureError, match=r"`Article\.note`") as refused:
            await query.all()
        assert 'Index("note", method="fulltext")' in str(refused.value)
        with pytest.raises(UnsupportedFeatureError):
            await found(search(query="cat", config="german"))
        with pytest.raises(FieldLookupValueError, match="that is to be there"):
            await found(search(query="-cat", form="websearch"))
    with pytest.raises(FieldError, match="takes string fields"):
        await found(Search("id", query="x"))
    with pytest.raises(FieldError, match="belong to two"):
        await found(Search("title", "author__name", query="x"))
    with pytest.raises(FieldError, match="twice"):
        await found(Search("title", "title", query="x"))
    with pytest.raises(FieldError, match="no form 'plein'"):
        Search("title", query="x", form="plein")  # type: ignore[arg-type]
    with pytest.raises(FieldError, match="weights"):
        SearchRank("title", query="x", weights=[1, 2])
    with pytest.raises(FieldError, match="titel"):
        await found(Search("titel", query="x"))
