"""Aggregates: over related rows, over groups, in filters and orders."""

from __future__ import annotations

from typing import Any

from django.db.models import Avg as DjangoAvg
from django.db.models import Count as DjangoCount
from django.db.models import Q as DjangoQ
from django.db.models import Sum as DjangoSum
from sqlalchemy import Select, case, func, select

from bench.plans.case import Case
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d
from oxyde import Avg, Count, Q, Sum


def _joined(column: str, what: str = "COUNT(*)") -> str:
    """The authors with an aggregate over their posts, computed in one pass."""
    return (
        f" FROM author a LEFT JOIN (SELECT {column} AS k, {what} AS n FROM post"
        f" GROUP BY {column}) p ON p.k = a.id"
    )


def _counted(relation: Any) -> Select[int, int]:
    return select(s.Author.id, func.count(s.Post.id)).outerjoin(relation).group_by(s.Author.id)


CASES = (
    Case(
        "annotate_count",
        "each author's number of posts",
        oxyde=lambda: o.Author.objects.annotate(n=Count("posts")).values_list("id", "n"),
        sql=f"SELECT a.id AS k, COALESCE(p.n, 0) AS n{_joined('author_id')}",
        django=lambda: d.Author.objects.annotate(n=DjangoCount("posts")).values_list("id", "n"),
        sqlalchemy=lambda session: _counted(s.Author.posts),
    ),
    Case(
        "annotate_count_unindexed",
        "each editor's number of posts (no index)",
        oxyde=lambda: o.Author.objects.annotate(n=Count("edited")).values_list("id", "n"),
        sql=f"SELECT a.id AS k, COALESCE(p.n, 0) AS n{_joined('editor_id')}",
        django=lambda: d.Author.objects.annotate(n=DjangoCount("edited")).values_list("id", "n"),
        sqlalchemy=lambda session: _counted(s.Author.edited),
    ),
    Case(
        "annotate_filter",
        "authors with more than 100 posts, the most first",
        oxyde=lambda: (
            o.Author.objects.annotate(n=Count("posts"))
            .filter(n__gt=100)
            .order_by("-n", "id")
            .values_list("id", "n")
        ),
        sql="SELECT author_id AS k, COUNT(*) AS n FROM post GROUP BY author_id"
        " HAVING COUNT(*) > 100 ORDER BY n DESC, k",
        django=lambda: (
            d.Author.objects.annotate(n=DjangoCount("posts"))
            .filter(n__gt=100)
            .order_by("-n", "id")
            .values_list("id", "n")
        ),
        sqlalchemy=lambda session: (
            _counted(s.Author.posts)
            .having(func.count(s.Post.id) > 100)
            .order_by(func.count(s.Post.id).desc(), s.Author.id)
        ),
        ordered=True,
    ),
    Case(
        "annotate_order",
        "the ten authors with the most views, and their numbers of posts",
        oxyde=lambda: (
            o.Author.objects.annotate(n=Count("posts"), m=Sum("posts__views"))
            .filter(m__gt=0)
            .order_by("-m", "id")
            .limit(10)
            .values_list("id", "n", "m")
        ),
        sql="SELECT author_id AS k, COUNT(*) AS n, SUM(views) AS m FROM post GROUP BY author_id"
        " ORDER BY m DESC, k LIMIT 10",
        django=lambda: (
            d.Author.objects.annotate(n=DjangoCount("posts"), m=DjangoSum("posts__views"))
            .filter(m__gt=0)
            .order_by("-m", "id")
            .values_list("id", "n", "m")[:10]
        ),
        sqlalchemy=lambda session: (
            select(s.Post.author_id, func.count(), func.sum(s.Post.views))
            .group_by(s.Post.author_id)
            .order_by(func.sum(s.Post.views).desc(), s.Post.author_id)
            .limit(10)
        ),
        ordered=True,
    ),
    Case(
        "annotate_page",
        "20 authors by key with their numbers of posts",
        oxyde=lambda: (
            o.Author.objects.annotate(n=Count("posts"))
            .order_by("id")
            .limit(20)
            .values_list("id", "n")
        ),
        sql="SELECT a.id AS k, (SELECT COUNT(*) FROM post p WHERE p.author_id = a.id) AS n"
        " FROM author a ORDER BY a.id LIMIT 20",
        django=lambda: (
            d.Author.objects.annotate(n=DjangoCount("posts"))
            .order_by("id")
            .values_list("id", "n")[:20]
        ),
        sqlalchemy=lambda session: _counted(s.Author.posts).order_by(s.Author.id).limit(20),
        ordered=True,
    ),
    Case(
        "annotate_one",
        "one author with the number of posts",
        oxyde=lambda: (
            o.Author.objects.annotate(n=Count("posts")).filter(id=77).values_list("id", "n")
        ),
        sql="SELECT id AS k, (SELECT COUNT(*) FROM post WHERE author_id = author.id) AS n"
        " FROM author WHERE id = 77",
        django=lambda: (
            d.Author.objects.annotate(n=DjangoCount("posts")).filter(id=77).values_list("id", "n")
        ),
        sqlalchemy=lambda session: _counted(s.Author.posts).where(s.Author.id == 77),
    ),
    Case(
        "annotate_two",
        "each author's posts and edited posts",
        oxyde=lambda: o.Author.objects.annotate(n=Count("posts"), m=Count("edited")).values_list(
            "id", "n", "m"
        ),
        sql="SELECT a.id AS k, COALESCE(p.n, 0) AS n, COALESCE(e.n, 0) AS m FROM author a"
        " LEFT JOIN (SELECT author_id, COUNT(*) AS n FROM post GROUP BY author_id) p"
        " ON p.author_id = a.id"
        " LEFT JOIN (SELECT editor_id, COUNT(*) AS n FROM post GROUP BY editor_id) e"
        " ON e.editor_id = a.id",
        django=lambda: d.Author.objects.annotate(
            n=DjangoCount("posts", distinct=True), m=DjangoCount("edited", distinct=True)
        ).values_list("id", "n", "m"),
    ),
    Case(
        "annotate_conditional",
        "each author's number of posts with many views",
        oxyde=lambda: o.Author.objects.annotate(
            n=Count("posts", filter=Q(posts__views__gt=900))
        ).values_list("id", "n"),
        sql="SELECT a.id AS k, COALESCE(p.n, 0) AS n FROM author a LEFT JOIN"
        " (SELECT author_id, COUNT(*) AS n FROM post WHERE views > 900 GROUP BY author_id) p"
        " ON p.author_id = a.id",
        django=lambda: d.Author.objects.annotate(
            n=DjangoCount("posts", filter=DjangoQ(posts__views__gt=900))
        ).values_list("id", "n"),
        sqlalchemy=lambda session: (
            select(s.Author.id, func.count(case((s.Post.views > 900, s.Post.id))))
            .outerjoin(s.Author.posts)
            .group_by(s.Author.id)
        ),
    ),
    Case(
        "annotate_m2m",
        "each tag's number of posts",
        oxyde=lambda: o.Tag.objects.annotate(n=Count("posts")).values_list("id", "n"),
        sql="SELECT t.id AS k, COALESCE(p.n, 0) AS n FROM tag t LEFT JOIN"
        " (SELECT tag_id, COUNT(*) AS n FROM post_tag GROUP BY tag_id) p ON p.tag_id = t.id",
        django=lambda: d.Tag.objects.annotate(n=DjangoCount("posts")).values_list("id", "n"),
        sqlalchemy=lambda session: (
            select(s.Tag.id, func.count(s.PostTag.post_id))
            .outerjoin(s.PostTag, s.PostTag.tag_id == s.Tag.id)
            .group_by(s.Tag.id)
        ),
    ),
    Case(
        "annotate_unread",
        "count of authors, with an annotation that is not read",
        oxyde=lambda: o.Author.objects.annotate(n=Count("posts")).count(),
        sql="SELECT COUNT(*) AS n FROM author",
        django=lambda: d.Author.objects.annotate(n=DjangoCount("posts")).count(),
        sqlalchemy=lambda session: session.scalar(select(func.count(s.Author.id))),
    ),
    Case(
        "aggregate",
        "count, sum and average of a table",
        oxyde=lambda: _values(
            o.Post.objects.aggregate(n=Count("id"), m=Sum("views"), x=Avg("views"))
        ),
        sql="SELECT COUNT(*) AS n, SUM(views) AS m, AVG(views) AS x FROM post",
        django=lambda: [
            tuple(
                d.Post.objects.aggregate(
                    n=DjangoCount("id"), m=DjangoSum("views"), x=DjangoAvg("views")
                ).values()
            )
        ],
        sqlalchemy=lambda session: select(
            func.count(s.Post.id), func.sum(s.Post.views), func.avg(s.Post.views)
        ),
    ),
    Case(
        "group_by",
        "posts per author, from the posts",
        oxyde=lambda: (
            o.Post.objects.group_by("author_id")
            .annotate(n=Count("id"))
            .values_list("author_id", "n")
        ),
        sql="SELECT author_id AS k, COUNT(*) AS n FROM post GROUP BY author_id",
        django=lambda: (
            d.Post.objects.values("author_id")
            .annotate(n=DjangoCount("id"))
            .values_list("author_id", "n")
        ),
        sqlalchemy=lambda session: select(s.Post.author_id, func.count()).group_by(
            s.Post.author_id
        ),
    ),
    Case(
        "group_by_name",
        "posts per author's name, the most first",
        oxyde=lambda: (
            o.Post.objects.values("author__name")
            .annotate(n=Count("id"))
            .order_by("-n", "author__name")
            .limit(10)
        ),
        sql="SELECT a.name AS k, COUNT(*) AS n FROM post p JOIN author a ON a.id = p.author_id"
        " GROUP BY a.name ORDER BY n DESC, a.name LIMIT 10",
        django=lambda: (
            d.Post.objects.values("author__name")
            .annotate(n=DjangoCount("id"))
            .order_by("-n", "author__name")[:10]
        ),
        sqlalchemy=lambda session: (
            select(s.Author.name, func.count(s.Post.id))
            .join(s.Author.posts)
            .group_by(s.Author.name)
            .order_by(func.count(s.Post.id).desc(), s.Author.name)
            .limit(10)
        ),
        ordered=True,
    ),
)


async def _values(aggregates: Any) -> list[tuple[Any, ...]]:
    return [tuple((await aggregates).values())]
