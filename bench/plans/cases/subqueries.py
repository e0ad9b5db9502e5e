"""Subqueries, windows, common table expressions."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists as DjangoExists
from django.db.models import F as DjangoF
from django.db.models import OuterRef as DjangoOuterRef
from django.db.models import Subquery as DjangoSubquery
from django.db.models import Window as DjangoWindow
from django.db.models.functions import RowNumber as DjangoRowNumber
from sqlalchemy import Select, func, select

from bench.plans.case import Case
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d
from oxyde import CTE, Exists, OuterRef, RowNumber, Subquery, Window

POST = "id, title, views, created, day, author_id, editor_id"
# Authors whose posts are looked at.
FIRST = 200


def _newest() -> Any:
    return o.Post.objects.filter(author=OuterRef("id")).order_by("-id").values("title").limit(1)


def _newest_in_django() -> Any:
    posts = d.Post.objects.filter(author=DjangoOuterRef("id")).order_by("-id")
    return DjangoSubquery(posts.values("title")[:1])


def _newest_in_sqlalchemy() -> Any:
    return (
        select(s.Post.title)
        .where(s.Post.author_id == s.Author.id)
        .order_by(s.Post.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _ranked() -> Any:
    place = Window(RowNumber(), partition_by="author_id", order_by="-id")
    posts = o.Post.objects.filter(author_id__lte=FIRST)
    ranked = CTE("ranked", posts.values("id", place=place))
    return o.Post.objects.join_cte(ranked, id="id").filter(ranked.column("place") <= 3).all()


def _ranked_in_sqlalchemy() -> Select[Any]:
    place = func.row_number().over(partition_by=s.Post.author_id, order_by=s.Post.id.desc())
    posts = select(s.Post.id, place.label("place")).where(s.Post.author_id <= FIRST)
    ranked = posts.cte("ranked")
    return select(s.Post).join(ranked, ranked.c.id == s.Post.id).where(ranked.c.place <= 3)


CASES = (
    Case(
        "latest_one",
        "20 authors with the title of their newest post",
        oxyde=lambda: (
            o.Author.objects.annotate(last=Subquery(_newest()))
            .order_by("id")
            .limit(20)
            .values_list("id", "last")
        ),
        sql="SELECT a.id AS k, (SELECT title FROM post p WHERE p.author_id = a.id"
        " ORDER BY p.id DESC LIMIT 1) AS last FROM author a ORDER BY a.id LIMIT 20",
        django=lambda: (
            d.Author.objects.annotate(last=_newest_in_django())
            .order_by("id")
            .values_list("id", "last")[:20]
        ),
        sqlalchemy=lambda session: (
            select(s.Author.id, _newest_in_sqlalchemy()).order_by(s.Author.id).limit(20)
        ),
        ordered=True,
    ),
    Case(
        "latest_all",
        "all authors with the title of their newest post",
        oxyde=lambda: o.Author.objects.annotate(last=Subquery(_newest())).values_list("id", "last"),
        sql="SELECT a.id AS k, (SELECT title FROM post p WHERE p.author_id = a.id"
        " ORDER BY p.id DESC LIMIT 1) AS last FROM author a",
        django=lambda: d.Author.objects.annotate(last=_newest_in_django()).values_list(
            "id", "last"
        ),
        sqlalchemy=lambda session: select(s.Author.id, _newest_in_sqlalchemy()),
    ),
    Case(
        "exists_subquery",
        "authors with a very popular post",
        oxyde=lambda: o.Author.objects.filter(
            Exists(o.Post.objects.filter(author=OuterRef("id"), views__gt=990))
        ).count(),
        sql="SELECT COUNT(*) AS n FROM author"
        " WHERE id IN (SELECT author_id FROM post WHERE views > 990)",
        django=lambda: d.Author.objects.filter(
            DjangoExists(d.Post.objects.filter(author=DjangoOuterRef("id"), views__gt=990))
        ).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Author.id)).where(s.Author.posts.any(s.Post.views > 990))
        ),
    ),
    Case(
        "in_query",
        "posts of the authors that a query finds",
        oxyde=lambda: o.Post.objects.filter(
            author__in=o.Author.objects.filter(name__in=["name777", "name778"])
        ).count(),
        sql="SELECT COUNT(*) AS n FROM post WHERE author_id IN"
        " (SELECT id FROM author WHERE name IN ('name777', 'name778'))",
        django=lambda: d.Post.objects.filter(
            author__in=d.Author.objects.filter(name__in=["name777", "name778"])
        ).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Post.id)).where(
                s.Post.author_id.in_(
                    select(s.Author.id).where(s.Author.name.in_(["name777", "name778"]))
                )
            )
        ),
    ),
    Case(
        "window",
        "the number of each post of an author",
        oxyde=lambda: (
            o.Post.objects.filter(author_id__lte=FIRST)
            .annotate(place=Window(RowNumber(), partition_by="author_id", order_by="id"))
            .values_list("id", "place")
        ),
        sql="SELECT id AS k, ROW_NUMBER() OVER (PARTITION BY author_id ORDER BY id) AS place"
        f" FROM post WHERE author_id <= {FIRST}",
        django=lambda: (
            d.Post.objects.filter(author_id__lte=FIRST)
            .annotate(
                place=DjangoWindow(DjangoRowNumber(), partition_by=["author_id"], order_by=["id"])
            )
            .values_list("id", "place")
        ),
        sqlalchemy=lambda session: select(
            s.Post.id,
            func.row_number().over(partition_by=s.Post.author_id, order_by=s.Post.id),
        ).where(s.Post.author_id <= FIRST),
    ),
    Case(
        "window_cte",
        "the three newest posts of each author",
        oxyde=_ranked,
        sql=f"WITH ranked AS (SELECT {POST},"
        " ROW_NUMBER() OVER (PARTITION BY author_id ORDER BY id DESC) AS place"
        f" FROM post WHERE author_id <= {FIRST}) SELECT * FROM ranked WHERE place <= 3",
        django=lambda: (
            d.Post.objects.filter(author_id__lte=FIRST)
            .annotate(
                place=DjangoWindow(
                    DjangoRowNumber(),
                    partition_by=["author_id"],
                    order_by=[DjangoF("id").desc()],
                )
            )
            .filter(place__lte=3)
        ),
        sqlalchemy=lambda session: _ranked_in_sqlalchemy(),
    ),
    Case(
        "union",
        "posts of either kind, in two queries",
        oxyde=lambda: (
            o.Post.objects.filter(title="title777")
            .union(o.Post.objects.filter(author_id=777))
            .all()
        ),
        sql=f"SELECT {POST} FROM post WHERE title = 'title777'"
        f" UNION SELECT {POST} FROM post WHERE author_id = 777",
        django=lambda: d.Post.objects.filter(title="title777").union(
            d.Post.objects.filter(author_id=777)
        ),
        sqlalchemy=lambda session: (
            select(s.Post.id)
            .where(s.Post.title == "title777")
            .union(select(s.Post.id).where(s.Post.author_id == 777))
        ),
    ),
)
