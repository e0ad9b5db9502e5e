"""Counts and sums over to-many relations: none multiplies the rows of another."""

from __future__ import annotations

from support.newsroom import Agency, Article, Note, Tag, Writer, table

from oxyde import Avg, Count, F, Max, Min, Q, Sum
from oxyde.db import AsyncDatabase
from oxyde.queries import Case, JsonAgg, StringAgg, When


async def test_several_counts_do_not_multiply(news: AsyncDatabase) -> None:
    rows = await (
        Article.objects.annotate(
            notes_=Count("notes"), tags_=Count("tags"), stars=Sum("notes__stars")
        )
        .order_by("id")
        .values_list("id", "notes_", "tags_", "stars")
    )
    assert rows == await table(
        "SELECT a.id,"
        " (SELECT count(*) FROM news_note n WHERE n.article_id = a.id),"
        " (SELECT count(*) FROM news_article_tag t WHERE t.article_id = a.id) AS t,"
        " (SELECT sum(stars) FROM news_note n WHERE n.article_id = a.id) AS s"
        " FROM news_article a ORDER BY a.id"
    )
    assert rows[0] == (1, 3, 2, 9)


async def test_instances_carry_annotations(news: AsyncDatabase) -> None:
    writers = (
        await Writer.objects.annotate(written=Count("articles")).order_by("-written", "id").all()
    )
    assert [(writer.name, writer.written) for writer in writers] == [  # type: ignore[attr-defined]
        ("Ada", 2), ("Bob", 1), ("Cem", 1), ("Dot", 1), ("Ela", 0),
    ]  # fmt: skip
    assert all(isinstance(writer, Writer) for writer in writers)


async def test_filtered_aggregates_and_filters_on_them(news: AsyncDatabase) -> None:
    counted = Article.objects.annotate(
        good=Count("notes", filter=Q(notes__stars__gte=3)),
        best=Max("notes__stars"),
        worst=Min("notes__stars"),
        mean=Avg("notes__stars"),
    )
    rows = await counted.order_by("id").values_list("id", "good", "best", "worst")
    assert rows == [
        (1, 2, 5, 1),
        (2, 0, 2, 2),
        (3, 0, None, None),
        (4, 1, 3, 3),
        (5, 0, None, None),
    ]
    assert await counted.filter(good__gte=1).order_by("id").values_list("id", flat=True) == [1, 4]
    assert await counted.filter(best__isnull=True).count() == 2
    assert await counted.order_by("-good", "id").values_list("id", flat=True) == [1, 4, 2, 3, 5]


async def test_deep_aggregates(news: AsyncDatabase) -> None:
    rows = await (
        Agency.objects.annotate(
            written=Count("writers__articles"), words=Sum("writers__articles__words")
        )
        .order_by("id")
        .values_list("name", "written", "words")
    )
    assert rows == await table(
        "SELECT y.name, count(a.id), sum(a.words) AS s FROM news_agency y"
        " LEFT JOIN news_writer w ON w.agency_id = y.id"
        " LEFT JOIN news_article a ON a.writer_id = w.id"
        " GROUP BY y.id, y.name ORDER BY y.id"
    )
    rows = (
        await Tag.objects.annotate(used=Count("articles"))
        .order_by("id")
        .values_list("label", "used")
    )
    assert rows == [("politics", 2), ("sports", 2), ("weather", 2), ("unused", 0)]


async def test_groups_over_a_to_one_path(news: AsyncDatabase) -> None:
    rows = await (
        Article.objects.values("writer__agency__name")
        .annotate(written=Count("id"), words=Sum("words"))
        .having(written__gte=1)
        .order_by("-written")
        .values_list("writer__agency__name", "written", "words")
    )
    assert rows[0] == ("North", 3, 1200)
    assert sorted(rows[1:], key=str) == sorted([("South", 1, 500), (None, 1, 10)], key=str)


async def test_counts_of_expressions_and_lists_of_no_rows(news: AsyncDatabase) -> None:
    assert await Note.objects.aggregate(
        good=Sum(Case(When(text="good", then=1), default=0)),
        high=Count(Case(When(stars__gt=2, then=1))),
        known=Count(F("by_id")),
    ) == {"good": 2, "high": 3, "known": 4}
    rows = (
        await Writer.objects.order_by("id")
        .annotate(words=JsonAgg("articles__words"), titles=StringAgg("articles__title"))
        .values_list("words", "titles")
    )
    assert [rows[1], rows[4]] == [([None], "Match"), (None, None)]
