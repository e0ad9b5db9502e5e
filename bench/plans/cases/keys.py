"""Rows by their keys, and whole tables."""

from __future__ import annotations

from sqlalchemy import exists, func, select

from bench.plans.case import Case, sql
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

POST = "id, title, views, created, day, author_id, editor_id"
THREE = [5, 6, 7]
THOUSAND = list(range(1, 30_000, 30))

CASES = (
    Case(
        "pk",
        "select by key",
        oxyde=lambda: o.Post.objects.filter(id=777).all(),
        sql=sql(f"SELECT {POST} FROM post WHERE id = ?", [777]),
        django=lambda: d.Post.objects.filter(id=777),
        sqlalchemy=lambda session: select(s.Post).where(s.Post.id == 777),
    ),
    Case(
        "in_3",
        "3 keys",
        oxyde=lambda: o.Post.objects.filter(id__in=THREE).all(),
        sql=sql(f"SELECT {POST} FROM post WHERE id IN (?, ?, ?)", THREE),
        django=lambda: d.Post.objects.filter(id__in=THREE),
        sqlalchemy=lambda session: select(s.Post).where(s.Post.id.in_(THREE)),
    ),
    Case(
        "in_1000",
        "1,000 keys",
        oxyde=lambda: o.Post.objects.filter(id__in=THOUSAND).all(),
        sql=f"SELECT {POST} FROM post WHERE id IN ({', '.join(map(str, THOUSAND))})",
        django=lambda: d.Post.objects.filter(id__in=THOUSAND),
        sqlalchemy=lambda session: select(s.Post).where(s.Post.id.in_(THOUSAND)),
    ),
    Case(
        "exists",
        "exists",
        oxyde=lambda: o.Post.objects.filter(views=7).exists(),
        sql="SELECT EXISTS (SELECT 1 FROM post WHERE views = 7) AS n",
        django=lambda: d.Post.objects.filter(views=7).exists(),
        sqlalchemy=lambda session: session.scalar(select(exists().where(s.Post.views == 7))),
    ),
    Case(
        "count_all",
        "count of a table",
        oxyde=lambda: o.Post.objects.count(),
        sql="SELECT COUNT(*) AS n FROM post",
        django=lambda: d.Post.objects.count(),
        sqlalchemy=lambda session: session.scalar(select(func.count()).select_from(s.Post)),
    ),
    Case(
        "count_join",
        "count of a joined, ordered query",
        oxyde=lambda: o.Post.objects.join("author").order_by("author__name").count(),
        sql="SELECT COUNT(*) AS n FROM post",
        django=lambda: d.Post.objects.select_related("author").order_by("author__name").count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count()).select_from(select(s.Post.id).join(s.Post.author).subquery())
        ),
    ),
)
