"""Groups over the rows themselves and over relations, slices and distinct rows."""

from __future__ import annotations

import enum
from typing import Any

import pytest
from support.newsroom import Agency, Article, Note, Writer, fill

from oxyde import Avg, Count, F, Field, Max, Min, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries import (
    ArrayAgg,
    Case,
    Coalesce,
    Exists,
    Length,
    OuterRef,
    Rank,
    RowNumber,
    StringAgg,
    Subquery,
    Value,
    When,
    Window,
)

TITLES = ["Draft", "Match", "Storm", "Vote"]


@pytest.fixture
async def news(database: AsyncDatabase) -> AsyncDatabase:
    await fill()
    return database


async def test_a_row_per_key(news: AsyncDatabase) -> None:
    by_title = Article.objects.values("title").annotate(
        tags_=Count("tags"),
        labels=Count("tags__label", distinct=True),
        notes_=Count("notes"),
        good=Count("notes", filter=Q(notes__stars__gte=3)),
        stars=Avg("notes__stars"),
        words=Sum("words"),
        articles=Count("*"),
    )
    rows = await by_title.order_by("title")
    assert [row["title"] for row in rows] == TITLES
    assert [tuple(row.values())[1:] for row in rows] == [
        (0, 0, 0, 0, None, 10, 1),
        (1, 1, 0, 0, None, None, 1),
        (1, 1, 1, 0, 2.0, 300, 1),
        (4, 3, 4, 3, 3.0, 1400, 2),
    ]


async def test_filters_before_and_behind(news: AsyncDatabase) -> None:
    by_title = Article.objects.filter(id__gt=1).values("title").annotate(n=Count("tags"))
    assert await by_title.order_by("title").values_list("n", flat=True) == [0, 1, 1, 2]
    assert await by_title.filter(n__gt=1) == [{"title": "Vote", "n": 2}]
    assert await by_title.filter(n__gt=0, title__gt="M").count() == 3
    assert await by_title.exclude(n__gt=0) == [{"title": "Draft", "n": 0}]
    assert await by_title.filter(n__gt=5).exists() is False
    assert await by_title.aggregate(most=Max("n"), all=Sum("n")) == {"most": 2, "all": 4}
    assert await Article.objects.filter(id=0).values("title").annotate(n=Count("tags")) == []


async def test_the_groups_stay(news: AsyncDatabase) -> None:
    by_title = Article.objects.values("title").annotate(n=Count("id"), t=Count("tags"))
    in_order = by_title.order_by("title")
    assert await in_order.values("n") == [{"n": 1}, {"n": 1}, {"n": 1}, {"n": 2}]
    assert await in_order.values_list("t", "title") == [
        (0, "Draft"), (1, "Match"), (1, "Storm"), (4, "Vote"),
    ]  # fmt: skip
    assert await in_order.values_list("t", flat=True)[1:3] == [1, 1]
    twice = in_order.values("n").annotate(twice=F("n") * 2)
    assert await twice == [{"n": n, "twice": 2 * n} for n in (1, 1, 1, 2)]
    # Before the aggregate was of a group, it was of each row.
    rows = Article.objects.annotate(t=Count("tags")).values("title", "t").order_by("id")
    assert await rows.values_list("t", flat=True) == [2, 1, 1, 2, 0]
    by_number = Article.objects.annotate(t=Count("tags")).values("t").annotate(n=Count("id"))
    assert await by_number.order_by("t") == [
        {"t": 0, "n": 1}, {"t": 1, "n": 2}, {"t": 2, "n": 2},
    ]  # fmt: skip
    assert await Article.objects.annotate(t=Count("tags")).group_by("title").order_by("title") == [
        {"title": title, "t": t} for title, t in zip(TITLES, (0, 1, 1, 4), strict=True)
    ]


async def test_keys_over_paths_and_computed_ones(news: AsyncDatabase) -> None:
    by_agency = Article.objects.values("writer__agency__name").annotate(
        tags_=Count("tags"), best=Max("notes__stars")
    )
    rows = await by_agency.order_by(F("writer__agency__name").asc(nulls_first=True))
    assert [tuple(row.values()) for row in rows] == [
        (None, 0, None), ("North", 4, 5), ("South", 2, 3),
    ]  # fmt: skip
    computed = (
        Article.objects.annotate(size=F("words") // 400, kind=Value("a"))
        .values("size", "kind")
        .annotate(n=Count("notes"))
        .order_by(F("size").desc(nulls_last=True))
    )
    assert await computed.values_list("size", "kind", "n") == [
        (2, "a", 3), (1, "a", 1), (0, "a", 1), (None, "a", 0),
    ]  # fmt: skip
    assert await computed.values_list("n", flat=True) == [3, 1, 1, 0]
    deep = Agency.objects.values("name").annotate(
        tags=Count("writers__articles__tags"), notes=Count("writers__articles__notes"), n=Count("*")
    )
    assert await deep.order_by("name").values_list("tags", "notes", "n") == [
        (0, 0, 1), (4, 4, 1), (2, 1, 1),
    ]  # fmt: skip


async def test_an_aggregates_filter_begins_at_the_model(news: AsyncDatabase) -> None:
    writers = Writer.objects.annotate(
        own=Count("articles", filter=Q(articles__reviewer_id=F("id"))),
        other=Count("articles", filter=Q(articles__words__gt=F("articles__id") * 200)),
        ada=Count("articles", filter=Q(name="Ada")),
        noted=Count("articles", filter=Q(articles__notes__stars=5)),
        long=Max(Length("articles__title"), filter=~Q(articles__title="Storm")),
        sum=Sum(F("articles__words") * 2),
    )
    assert await writers.order_by("id").values_list(
        "own", "other", "ada", "noted", "long", "sum"
    ) == [
        (1, 1, 2, 1, 4, 2400),
        (0, 0, 0, 0, 5, None),
        (0, 0, 0, 0, 4, 1000),
        (0, 0, 0, 0, 5, 20),
        (0, 0, 0, 0, None, None),
    ]
    groups = Writer.objects.values("agency_id").annotate(
        own=Count("articles", filter=Q(articles__reviewer_id=F("id")))
    )
    assert await groups.aggregate(n=Sum("own")) == {"n": 1}


async def test_lists_of_a_group(news: AsyncDatabase) -> None:
    labels = Article.objects.values("title").annotate(x=StringAgg("tags__label", "; "))
    found = {row["title"]: sorted((row["x"] or "").split("; ")) for row in await labels}
    assert found["Vote"] == ["politics", "politics", "sports", "weather"]
    once = Article.objects.aggregate(x=StringAgg("title", "; ", distinct=True))
    assert sorted((await once)["x"].split("; ")) == TITLES
    listed = Article.objects.values("title").annotate(x=ArrayAgg("tags__label")).order_by("title")
    assert [len(row["x"] or ()) for row in await listed] == [0, 1, 1, 4]


async def test_subqueries_conditions_and_windows_of_groups(news: AsyncDatabase) -> None:
    best = Subquery(
        Note.objects.filter(article_id=OuterRef("id")).order_by("-stars").values("stars")[:1]
    )
    noted = Case(When(Exists(Note.objects.filter(article_id=OuterRef("id"))), then=1))
    rows = Article.objects.values("title").annotate(best=Sum(best), noted=Count(noted))
    assert await rows.order_by("title").values_list("best", "noted") == [
        (None, 0), (None, 0), (2, 1), (8, 2),
    ]  # fmt: skip
    ranked = (
        Article.objects.values("title")
        .annotate(n=Count("tags"))
        .annotate(place=Window(Rank(), order_by="-n"))
    )
    assert await ranked.order_by("title").values_list("place", flat=True) == [4, 2, 2, 1]
    numbered = Article.objects.annotate(place=Window(RowNumber(), order_by="id"))
    assert await numbered.aggregate(last=Max("place")) == {"last": 5}


@pytest.mark.parametrize(
    "query",
    [
        lambda groups: groups.order_by("words"),
        lambda groups: groups.values("words"),
        lambda groups: groups.values("title").annotate(x=F("words")),
        lambda groups: groups.values("n").annotate(x=F("words") + 1),
        lambda groups: groups.annotate(x=Sum(Window(RowNumber(), order_by="id"))),
        lambda groups: groups.values("n").distinct().order_by("title"),
    ],
)
async def test_what_has_many_values_in_a_group(news: AsyncDatabase, query: Any) -> None:
    with pytest.raises(FieldError, match="`Article`"):
        await query(Article.objects.values("title").annotate(n=Count("id"))).all()


async def test_first_and_last(news: AsyncDatabase) -> None:
    groups = Article.objects.values("title").annotate(n=Count("id"))
    assert (await groups.first(), await groups.last()) == (
        {"title": "Draft", "n": 1},
        {"title": "Vote", "n": 2},
    )
    titles = Article.objects.values_list("title", flat=True).distinct()
    assert (await titles.first(), await titles.last()) == ("Draft", "Vote")
    both = Article.objects.filter(id=1).values("id").union(Article.objects.values("id"))
    assert (await both.first(), await both.last()) == ({"id": 1}, {"id": 5})
    assert (await groups.order_by("-n").first(), await groups.order_by("n").last()) == (
        {"title": "Vote", "n": 2},
        {"title": "Vote", "n": 2},
    )


async def test_a_slice_is_the_end(news: AsyncDatabase) -> None:
    part = Article.objects.order_by("id")[1:3]
    for verb in (
        lambda: part.filter(id=2),
        lambda: part.exclude(id=2),
        lambda: part.order_by("-id"),
        lambda: part.distinct(),
        lambda: part.group_by("title"),
        lambda: part.having(id=2),
        lambda: part.values("title").annotate(n=Count("id")),
        lambda: part.annotate(x=Window(RowNumber(), order_by="id")),
    ):
        with pytest.raises(OxydeError, match=r"slice of `Article`[\s\S]*pk__in"):
            verb()
    for run in (lambda: part.in_bulk([2]), lambda: part.get(id=2), lambda: part.last()):
        with pytest.raises(OxydeError, match="slice"):
            await run()
    again = Article.objects.filter(pk__in=part).order_by("-id").values_list("id", flat=True)
    assert await again == [3, 2]
    assert list(await part.in_bulk()) == [2, 3]
    counted = part.annotate(n=Count("tags")).values_list("id", "n")
    assert await counted == [(2, 1), (3, 1)]
    assert await part.update(words=1) == 2
    assert await Article.objects.filter(words=1).order_by("id").values_list("id", flat=True) == [
        2,
        3,
    ]


async def test_distinct_rows(news: AsyncDatabase, flavour: str) -> None:
    titles = Article.objects.values("title").distinct().order_by("title")
    assert await titles[1:3].exists() is True
    assert await titles[4:5].exists() is False
    assert await Article.objects.distinct()[1:3].exists() is True
    assert await Writer.objects.filter(Exists(titles[3:4])).count() == 5
    assert await Writer.objects.filter(Exists(titles[4:5])).count() == 0
    by_writer = Article.objects.distinct().order_by("-writer__name", "id")
    assert [article.id for article in await by_writer] == [5, 4, 3, 1, 2]
    if flavour == "postgres":
        long = (
            Article.objects.annotate(long=Length("title")).distinct("long").order_by("long", "id")
        )
        assert await long.values_list("id", flat=True) == [1, 2]
        with pytest.raises(FieldError, match="order_by"):
            await Article.objects.distinct("title").order_by("-id").all()


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Ball(Model):
    class Meta:
        is_table = True
        table_name = "groups_ball"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    color: Color | None = None


async def test_members_of_enums(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Ball])
    await Ball.objects.bulk_create([{"name": "a"}, {"name": "b", "color": Color.RED}])
    chosen = Case(When(name="a", then=Value(Color.BLUE)), default=Value(Color.RED))
    mixed = Case(When(name="a", then=Value(Color.BLUE)), default=F("color"))
    rows = Ball.objects.annotate(
        v=Value(Color.RED),
        c=chosen,
        m=mixed,
        f=F("color"),
        o=Coalesce("color", Value(Color.BLUE)),
        s=Subquery(Ball.objects.filter(id=OuterRef("id")).values("color")),
    )
    assert await rows.order_by("id").values_list("v", "c", "m", "f", "o", "s") == [
        (Color.RED, Color.BLUE, Color.BLUE, None, Color.BLUE, None),
        (Color.RED, Color.RED, Color.RED, Color.RED, Color.RED, Color.RED),
    ]
    assert await Ball.objects.update(color=chosen) == 2
    assert await Ball.objects.aggregate(a=Min("color"), b=Max("color")) == {
        "a": Color.RED,
        "b": Color.BLUE,
    }
    assert await Ball.objects.values("color").annotate(n=Count("id")).order_by("color") == [
        {"color": Color.RED, "n": 1},
        {"color": Color.BLUE, "n": 1},
    ]
    grown = Ball.objects.annotate(x=Case(When(name="a", then=1), default=0) + 1).order_by("id")
    assert await grown.values_list("x", flat=True) == [2, 1]
    lengths = Ball.objects.annotate(x=Length("color")).order_by("id")
    assert await lengths.values_list("x", flat=True) == [4, 3]
