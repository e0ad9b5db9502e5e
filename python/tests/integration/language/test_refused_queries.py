"""What a query refuses: the error has the right class, says which model and path it is about, and
what the nearest right name is.

None of the tables is there, so SQL that was sent would end in another error.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from support.newsroom import Article, Note, Tag, Writer
from support.refusals import AGGREGATE, NAM, STARS, TITEL, Wrong, check, lookup, name

from oxyde import Avg, Count, F, Field, Max, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldLookupValueError,
    OxydeError,
    UnsupportedFeatureError,
)
from oxyde.queries import (
    CTE,
    Case,
    Cast,
    Coalesce,
    Exists,
    Extract,
    Frame,
    Lag,
    OuterRef,
    Prefetch,
    RowNumber,
    Search,
    Subquery,
    Trunc,
    Value,
    When,
    Window,
    any_of,
    desc,
)
from oxyde.queries.expressions.functions import Lower, Upper


class Paper(Model):
    class Meta:
        is_table = True
        table_name = "bad_paper"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    pages: int = 0
    data: dict[str, Any] | None = None
    words: list[str] | None = None
    printed: dt.datetime | None = None


@dataclasses.dataclass
class Line:
    headline: str


articles, writers, notes, papers = Article.objects, Writer.objects, Note.objects, Paper.objects
article = Article(id=1, title="x", writer_id=1)
by_title = articles.values("title").annotate(n=Count("*"))
grouped = articles.group_by("title").annotate(n=Count("*"))
combined = articles.filter(id=1).union(articles.filter(id=2))
tree = CTE("tree", articles.values("id"))

CASES: dict[str, list[Wrong]] = {
    "filter": [
        name(lambda: articles.filter(titel="x"), *TITEL),
        name(lambda: articles.filter(writer__nam="x"), *NAM),
        name(lambda: articles.filter(writter__name="x"), "`Article`", "`writter`", "`writer`"),
        name(lambda: articles.filter(Q(id=1) | ~Q(titel="x")), *TITEL),
        name(
            lambda: articles.filter(notes__by__nam="x"),
            "`Writer`",
            "`notes__by__nam` of `Article`",
            "`name`",
        ),
        name(lambda: articles.filter(F("titel") == "x"), *TITEL),
        name(lambda: articles.filter(title=F("titel")), *TITEL),
        name(lambda: articles.filter(title=F("notes__text")), *STARS),
        name(lambda: articles.filter(Lower("titel") == "x"), *TITEL),
        lookup(
            lambda: articles.filter(title__contians="x"),
            "`contians`",
            "`Article.title`",
            "`contains`",
        ),
        lookup(
            lambda: articles.filter(writer__name__contians="x"),
            "`Article.writer.name`",
            "`contains`",
        ),
        lookup(
            lambda: articles.filter(words__icontains="x"),
            "`icontains`",
            "`Article.words` (int)",
            "it takes: ",
        ),
        lookup(lambda: articles.filter(title__name="x"), "`name`", "`Article.title`", "icontains"),
        lookup(
            lambda: articles.filter(writer_id__name="x"), "`Article.writer_id`", "`writer__name`"
        ),
        lookup(lambda: articles.filter(title__year=1), "`year`", "`Article.title`"),
        lookup(lambda: articles.filter(Lower("title") > None), "gt", "isnull"),
        Wrong(
            lambda: articles.filter(words="many"),
            FieldLookupValueError,
            ("`Article.words`", "'many'"),
        ),
        Wrong(
            lambda: articles.filter(writer=Tag(id=1, label="x")),
            FieldLookupValueError,
            ("Article.writer", "give a Writer"),
        ),
        name(lambda: articles.filter(Count("*") > 3), *AGGREGATE),
        name(lambda: articles.filter(words=Max("words")), *AGGREGATE, "Max(F('words'))"),
        name(lambda: articles.annotate(n=Count("*")).filter(n__gt=3), *AGGREGATE),
        name(lambda: articles.filter(Window(RowNumber()) == 1).all(), "window", "`Article`", "CTE"),
        name(lambda: articles.get(titel="x"), *TITEL),
        name(lambda: articles.get_or_none(titel="x"), *TITEL),
    ],
    "exclude": [
        name(lambda: articles.exclude(titel="x"), *TITEL),
        name(lambda: articles.exclude(writer__nam="x"), *NAM),
        name(lambda: articles.exclude(Count("*") > 3), *AGGREGATE),
    ],
    "order_by": [
        name(lambda: articles.order_by("-titel"), *TITEL),
        name(lambda: articles.order_by("writer__nam"), *NAM),
        name(lambda: articles.order_by(F("titel").desc(nulls_last=True)), *TITEL),
        name(lambda: articles.order_by("notes__stars"), *STARS),
        name(lambda: articles.order_by("notes"), *STARS),
        name(lambda: articles.order_by("title__icontains"), "`title__icontains`", "`Article`"),
        name(lambda: articles.order_by(Count("*")), *AGGREGATE),
        name(lambda: articles.order_by(Max("words").desc()), *AGGREGATE),
        name(
            lambda: articles.annotate(amount=F("words")).order_by("amuont"),
            "`Article`",
            "did you mean `amount`",
        ),
        name(
            lambda: by_title.order_by("words").all(),
            "`words` of `Article`",
            "group by `title`",
            'group_by("words")',
        ),
        name(lambda: articles.union(articles.filter(id=1)).order_by("titel").all(), *TITEL),
        name(
            lambda: (
                articles.values("title").union(articles.values("title")).order_by("titel").all()
            ),
            "`Article`",
            "`titel`",
            "`title`",
        ),
    ],
    "values": [
        name(lambda: articles.values("titel"), *TITEL),
        name(lambda: articles.values("writer__nam"), *NAM),
        name(lambda: articles.values("notes__stars"), *STARS),
        name(lambda: articles.values("tags"), "`Article.tags` has many rows"),
        name(lambda: articles.values("title__gt"), "`title__gt`", "`Article`"),
        name(lambda: articles.values(n=Count("titel")), *TITEL),
        name(lambda: articles.values_list("titel", flat=True), *TITEL),
        name(lambda: articles.values_list("writer__nam", named=True), *NAM),
        name(
            lambda: grouped.values("words", "n").all(), "`words` of `Article`", "group by `title`"
        ),
        name(lambda: articles.into(Line, headline="titel"), "`Line.headline`", *TITEL),
        name(lambda: articles.into(Line, headlin="title"), "`Line`", "`headlin`", "`headline`"),
        name(lambda: articles.values("titel").to_arrow(), *TITEL),
    ],
    "annotate": [
        name(lambda: articles.annotate(x=F("titel")), *TITEL),
        name(lambda: articles.annotate(x=F("writer__nam")), *NAM),
        name(lambda: articles.annotate(x=F("notes__stars")), *STARS),
        name(lambda: articles.annotate(x=Count("notess")), "`Article`", "`notess`", "`notes`"),
        name(
            lambda: articles.annotate(x=Sum("notes__star")),
            "`Note`",
            "`notes__star` of `Article`",
            "`stars`",
        ),
        name(
            lambda: articles.annotate(x=Count("notes", filter=Q(notes__star=1))),
            "`Note`",
            "`stars`",
        ),
        name(
            lambda: articles.annotate(x=Sum(F("notes__stars") + F("topics__id"))),
            "`Article`",
            "`notes`",
            "`topics`",
        ),
        name(lambda: articles.annotate(x=Sum("notes__text")), "Sum", "`Article`", "text"),
        name(lambda: by_title.annotate(x=Sum(Count("*"))), *AGGREGATE),
        name(lambda: by_title.annotate(x=Max("n")), "`n`", *AGGREGATE),
        name(lambda: articles.annotate(x=Max("words")).all(), "`x`", *AGGREGATE),
        name(lambda: articles.annotate(x=Case(When(titel="x", then=1))), *TITEL),
        name(lambda: articles.annotate(x=Case(When(id=1, then=F("titel")))), *TITEL),
        name(
            lambda: articles.annotate(x=Case(When(id=1, then=1), default=F("title"))),
            "Case(",
            "`Article`",
            "Cast",
        ),
        name(lambda: articles.annotate(x=Coalesce("titel", Value(""))), *TITEL),
        name(
            lambda: articles.annotate(x=Coalesce("title", "words")),
            "Coalesce(",
            "`Article`",
            "Cast",
        ),
        name(lambda: articles.annotate(x=Upper("words")), "Upper(F('words'))", "`Article`", "Cast"),
        name(
            lambda: articles.annotate(x=F("title") + F("words")),
            "F('title')",
            "`Article`",
            "`+`",
            "Concat",
        ),
        name(
            lambda: articles.annotate(x=Extract("title", "year")), "F('title')", "`Article`", "date"
        ),
        name(lambda: papers.annotate(x=Trunc("printed", "yeer")), "'yeer'", "printed", "`year`"),
        name(lambda: articles.annotate(title=F("id")), "`Article`", "`title`"),
        name(lambda: articles.annotate(x=RowNumber()).all(), "Window(…)"),
    ],
    "group_by": [
        name(lambda: articles.group_by("titel"), *TITEL),
        name(lambda: articles.group_by("writer__nam"), *NAM),
        name(lambda: articles.group_by("notes__stars"), *STARS),
    ],
    "having": [
        name(lambda: by_title.having(m__gt=1), "`Article`", "`m`", "n, notes"),
        lookup(lambda: by_title.having(n__gtt=1), "`gtt`", "`Article.n`", "`gt`"),
        name(lambda: by_title.having(Sum("wordss") > 1), "`Article`", "`wordss`", "`words`"),
        name(lambda: articles.having(title="x").all(), "having()", "`Article`", "group_by"),
        name(
            lambda: by_title.annotate(p=Window(Count("*"))).having(p__gt=1).all(),
            "window",
            "`Article`",
        ),
    ],
    "join": [
        name(lambda: articles.join("writter"), "`Article`", "`writter`", "`writer`"),
        name(
            lambda: articles.join("writer__agencyy"),
            "`Writer`",
            "`writer__agencyy` of `Article`",
            "`agency`",
        ),
        name(lambda: articles.join("title"), "`Article.title`", "column"),
        name(lambda: articles.join("writer_id"), "`Article.writer_id`", "did you mean `writer`"),
        name(lambda: articles.join("notes"), "`Article.notes`", 'prefetch("notes")'),
        name(
            lambda: articles.join("writer__articles"),
            "`Writer.articles`",
            'prefetch("writer__articles")',
        ),
        name(lambda: articles.join_cte(tree, idd="id"), "`Article`", "`idd`", "`id`"),
        name(lambda: articles.join_cte(tree, id="idd"), "`tree`", "`idd`", "`id`"),
        name(lambda: articles.annotate(x=tree.column("id")).all(), "`tree`", "join_cte"),
    ],
    "prefetch": [
        name(lambda: articles.prefetch("notess"), "`Article`", "`notess`", "`notes`"),
        name(
            lambda: articles.prefetch("notes__byy"), "`Note`", "`notes__byy` of `Article`", "`by`"
        ),
        name(lambda: articles.prefetch("title"), "`Article.title`", "column"),
        name(
            lambda: articles.prefetch(Prefetch("notess", notes.all_rows())), "`Article`", "`notes`"
        ),
        name(
            lambda: articles.prefetch(Prefetch("notes", Tag.objects.all_rows())), "`Note`", "`Tag`"
        ),
        name(
            lambda: articles.prefetch(Prefetch("notes", to_attr="title")),
            "to_attr='title'",
            "`Article`",
        ),
        name(
            lambda: articles.prefetch(Prefetch("notes", to_attr="tags")),
            "to_attr='tags'",
            "`Article`",
        ),
        name(
            lambda: articles.prefetch(Prefetch("notes", to_attr="save")),
            "to_attr='save'",
            "`Article`",
        ),
        name(
            lambda: writers.prefetch(Prefetch("articles__notes", to_attr="title")),
            "to_attr='title'",
            "`Article`",
        ),
        name(lambda: articles.values("id").prefetch("notes").all(), "prefetch()", "values()"),
        name(
            lambda: articles.prefetch(
                Prefetch("notes", notes.filter(id=1)), Prefetch("notes", notes.filter(id=2))
            ),
            "two queries",
            "`notes` of `Article`",
            "to_attr",
        ),
    ],
    "only and defer": [
        name(lambda: articles.only("titel"), *TITEL),
        name(lambda: articles.only("tags__name"), "`tags__name`", "`Article.tags`", "prefetch"),
        name(lambda: articles.only("notes"), "`Article.notes`", "reverse"),
        name(lambda: articles.defer("titel"), *TITEL),
        name(lambda: articles.defer("tags"), "`Article.tags`", "relation"),
    ],
    "typed": [
        name(lambda: articles.filter(lambda a: a.titel == "x"), *TITEL),  # type: ignore[attr-defined]
        name(
            lambda: articles.filter(lambda a: a.writer.nam == "x"),
            "`Writer`",
            "of `Article`",
            "`name`",
        ),  # type: ignore[attr-defined]
        name(
            lambda: articles.filter(lambda a: any_of(a.notes, lambda n: n.star == 1)),
            "`Note`",
            "`stars`",
        ),  # type: ignore[attr-defined]
        name(
            lambda: articles.filter(lambda a: a.title.starswith("x")),
            "`starswith`",
            "`title` of `Article`",
            "`startswith`",
        ),  # type: ignore[attr-defined]
        name(lambda: articles.filter(lambda a: a is None), "True or False"),
        name(lambda: articles.select(lambda a: (a.id, a.titel)), *TITEL),  # type: ignore[attr-defined]
        name(lambda: articles.select(lambda a: (a.id, a.title.name)), "`title.name`", "`Article`"),  # type: ignore[attr-defined]
        name(lambda: articles.select(lambda a: (a.id, a.notes.stars)), *STARS),  # type: ignore[attr-defined]
        name(lambda: articles.order_by(lambda a: desc(a.writer.nam)), "`Writer`", "`name`"),  # type: ignore[attr-defined]
        name(lambda: articles.annotate(x=lambda a: a.titel), *TITEL),  # type: ignore[attr-defined]
        name(lambda: articles.annotate(lambda a: {"x": a.titel}), *TITEL),  # type: ignore[attr-defined]
    ],
    "distinct": [
        name(lambda: articles.distinct("titel"), *TITEL),
        name(lambda: articles.distinct(on="writer__nam"), *NAM),
        name(lambda: articles.distinct(on=["notes__stars"]), *STARS),
    ],
    "order of distinct rows": [
        name(
            lambda: articles.values("title").distinct().order_by("words").all(),
            "`Article`",
            "`words`",
            "values(",
        ),
        name(
            lambda: articles.values("title").distinct().order_by("writer__name").all(),
            "`Article`",
            "`writer__name`",
        ),
    ],
    "in_bulk": [
        name(lambda: articles.in_bulk([1], field="idd"), "`Article`", "`idd`", "`id`"),
        name(lambda: articles.in_bulk([1], field="title"), "`Article.title`", "unique"),
        name(lambda: articles.in_bulk([1], field="notes"), "`Article.notes`", "reverse"),
    ],
    "aggregate": [
        name(lambda: articles.aggregate(n=Sum("wordss")), "`Article`", "`wordss`", "`words`"),
        name(lambda: articles.aggregate(n=F("words")), "aggregate(n=…)", "F('words')"),
        name(lambda: articles.aggregate(n=Sum("title")), "Sum", "`Article`", "text"),
        name(lambda: articles.aggregate(n=Count("*", filter=Q(titel="x"))), *TITEL),
        name(lambda: articles.sum("wordss"), "`Article`", "`words`"),
        name(lambda: articles.max("writer__nam"), *NAM),
        name(lambda: articles.avg(F("wordss") * 2), "`Article`", "`words`"),
        name(lambda: articles.min("idd"), "`Article`", "`id`"),
        name(lambda: articles.aggregate(n=Avg("notes__text")), "`Article`", "Avg", "text"),
        name(lambda: articles.limit(2).sum("wordss"), "`Article`", "`words`"),
    ],
    "window": [
        name(
            lambda: articles.annotate(x=Window(RowNumber(), partition_by="writter")),
            "`Article`",
            "`writer`",
        ),
        name(lambda: articles.annotate(x=Window(RowNumber(), partition_by="notes__stars")), *STARS),
        name(lambda: articles.annotate(x=Window(RowNumber(), order_by="-titel")), *TITEL),
        name(
            lambda: articles.annotate(x=Window(Lag("wordss"), order_by="id")),
            "`Article`",
            "`words`",
        ),
        name(lambda: articles.annotate(x=Window(Sum("wordss"))), "`Article`", "`words`"),
        name(lambda: articles.annotate(x=Window(Sum("notes__stars"))), "`Article`", "to-many"),
        name(
            lambda: articles.annotate(x=Window(Sum("words"), partition_by=Count("*"))).all(),
            *AGGREGATE,
        ),
        name(lambda: articles.annotate(x=Window(Sum(Count("*")))).all(), *AGGREGATE),
    ],
    "subqueries": [
        name(
            lambda: writers.filter(Exists(articles.filter(writer=OuterRef("idd")))).all(),
            "`Writer`",
            "`idd`",
            "`id`",
        ),
        name(
            lambda: writers.filter(Exists(articles.filter(writer=OuterRef("agency__idd")))).all(),
            "`Agency`",
            "`id`",
        ),
        name(lambda: writers.filter(Exists(articles.filter(titel=OuterRef("id")))), *TITEL),
        name(lambda: writers.annotate(x=Subquery(articles.values("titel")[:1])), *TITEL),
        name(lambda: writers.annotate(x=Subquery(articles.values("id", "title"))), "one column"),
        name(lambda: articles.filter(writer=OuterRef("id")).all(), "OuterRef('id')", "around"),
        name(lambda: articles.union(writers.all_rows()), "`Article`", "same model"),
        name(
            lambda: articles.values("id").union(writers.values("id", "name")),
            "`Article`",
            "`Writer`",
        ),
        name(lambda: combined.filter(id=1), "filter()", "`Article`", "first query only"),
        name(lambda: combined.exclude(id=1), "exclude()", "`Article`"),
        name(lambda: combined.annotate(x=F("id")), "annotate()", "`Article`"),
        name(lambda: combined.values("id"), "values()", "`Article`"),
        name(lambda: combined.only("id"), "only()", "`Article`"),
        name(lambda: combined.get(id=1), "filter()", "`Article`"),
        name(lambda: articles.join("writer").union(articles.all_rows()), "`Article`", "join()"),
    ],
    "json": [
        name(lambda: papers.filter(dataa__x=1), "`Paper`", "`dataa`", "`data`"),
        name(lambda: papers.values("dataa__x"), "`Paper`", "`data`"),
        name(lambda: papers.annotate(x=F("dataa__x")), "`Paper`", "`data`"),
        lookup(lambda: papers.filter(title__x=1), "`Paper.title`", "`x`"),
        lookup(lambda: papers.filter(words__first="a"), "`Paper.words`", "`first`", "contains"),
        lookup(lambda: papers.filter(title__has_key="a"), "`Paper.title`", "`has_key`"),
    ],
    "cast": [
        name(lambda: articles.annotate(x=Cast("titel", int)), *TITEL),
        name(lambda: articles.annotate(x=Cast("title", set)), "set", "int, float"),
        name(lambda: articles.annotate(x=Cast("title", "integr")), "'integr'", "`integer`"),
        name(lambda: articles.annotate(x=Cast("title", {"decimel": {}})), "decimel", "`decimal`"),
        name(lambda: articles.annotate(x=Cast("title", {"decimal": {}})), "decimal", "'precision'"),
    ],
    "lock": [
        *[
            name(lambda query=query: query.for_update().sql(), "`Article`", "lock", "keys")  # type: ignore[misc]
            for query in (
                articles.distinct(),
                grouped,
                combined,
                articles.annotate(place=Window(RowNumber())),
            )
        ],
        name(lambda: articles.for_update(of=["writer"]), "'writer'", "`Article`", 'join("writer")'),
        name(
            lambda: articles.join("writer").for_update(of=["writter"]),
            "'writter'",
            "`Article`",
            "`writer`",
        ),
        name(lambda: articles.for_share(of="selv"), "'selv'", "`Article`", "self"),
    ],
    "search": [
        name(
            lambda: papers.filter(Search("titel", query="x")).all(), "`Paper`", "`titel`", "`title`"
        ),
        name(lambda: papers.filter(Search("pages", query="x")).all(), "`Paper.pages`", "string"),
    ],
}


@pytest.mark.parametrize("entry", CASES)
async def test_it_is_refused_before_sql_is_sent(database: AsyncDatabase, entry: str) -> None:
    await check(CASES[entry])


# What only some databases can do: who refuses it, and what the error says.
UNSUPPORTED: list[tuple[Callable[[], Any], dict[str, str], str]] = [
    (lambda: articles.distinct(on="title"),
     {"sqlite": "SQLite", "mysql": "MySQL", "mariadb": "MariaDB"}, "DISTINCT ON"),
    (lambda: articles.for_update(nowait=True), {"sqlite": "SQLite"}, "NOWAIT"),
    (lambda: articles.for_update(skip_locked=True), {"sqlite": "SQLite"}, "SKIP LOCKED"),
    (lambda: articles.annotate(x=Window(Sum("words"), order_by="id", frame=Frame(-1, 0, "groups"))),
     {"mysql": "MySQL", "mariadb": "MariaDB"}, "GROUPS"),
    (lambda: Paper.objects.filter(Search("title", query="x")),
     {"sqlite": "sqlite", "mysql": "mysql", "mariadb": "mariadb"}, "full-text"),
]  # fmt: skip


async def test_what_the_database_cannot_do(database: AsyncDatabase, flavour: str) -> None:
    for make, refused, what in UNSUPPORTED:
        if flavour not in refused:
            make().sql()
            continue
        with pytest.raises(UnsupportedFeatureError) as caught:
            make().sql()
        message = str(caught.value)
        assert refused[flavour] in message
        assert what in message
        assert f"`{make()._names.label}" in message


async def test_arguments_of_another_kind(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Paper])
    for attempt in (
        lambda: Paper.objects.filter("title"),
        lambda: Paper.objects.filter(True),
        lambda: Paper.objects.filter(None),
        lambda: Paper.objects.filter({"title": "a"}),
        lambda: Paper.objects.exclude(1),
        lambda: Paper.objects.order_by(5),
        lambda: Paper.objects.values(5),
        lambda: Paper.objects.annotate(x="title"),
    ):
        with pytest.raises((OxydeError, TypeError)):
            await attempt().all()
