"""Conditions that an index serves if the column stands alone: date parts, prefixes, NOT NULL."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, extract, func, select

from bench.plans.case import Case, sql
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

COUNT = "SELECT COUNT(*) AS n FROM post WHERE"
DAY = date(2024, 5, 1)
PREFIX = "title2345"


def _count(*conditions: object) -> object:
    return select(func.count()).select_from(s.Post).where(*conditions)  # type: ignore[arg-type]


CASES = (
    Case(
        "year",
        "year of a moment",
        oxyde=lambda: o.Post.objects.filter(created__year=2024, views=7).count(),
        sql=f"{COUNT} created >= '2024-01-01' AND created < '2025-01-01' AND views = 7",
        django=lambda: d.Post.objects.filter(created__year=2024, views=7).count(),
        sqlalchemy=lambda session: session.scalar(
            _count(extract("year", s.Post.created) == 2024, s.Post.views == 7)
        ),
    ),
    Case(
        "year_gte",
        "year of a moment, greater",
        oxyde=lambda: o.Post.objects.filter(created__year__gte=2027).count(),
        sql=f"{COUNT} created >= '2027-01-01'",
        django=lambda: d.Post.objects.filter(created__year__gte=2027).count(),
        sqlalchemy=lambda session: session.scalar(_count(extract("year", s.Post.created) >= 2027)),
    ),
    Case(
        "date",
        "date of a moment",
        oxyde=lambda: o.Post.objects.filter(created__date=DAY).count(),
        sql=f"{COUNT} created >= '2024-05-01' AND created < '2024-05-02'",
        django=lambda: d.Post.objects.filter(created__date=DAY).count(),
        sqlalchemy=lambda session: session.scalar(
            _count(func.date(s.Post.created, type_=Date) == DAY)
        ),
    ),
    Case(
        "day_year",
        "year of a date",
        oxyde=lambda: o.Post.objects.filter(day__year=2024, views=7).count(),
        sql=f"{COUNT} day BETWEEN '2024-01-01' AND '2024-12-31' AND views = 7",
        django=lambda: d.Post.objects.filter(day__year=2024, views=7).count(),
        sqlalchemy=lambda session: session.scalar(
            _count(extract("year", s.Post.day) == 2024, s.Post.views == 7)
        ),
    ),
    Case(
        "range",
        "moments between",
        oxyde=lambda: o.Post.objects.filter(
            created__gte=datetime(2024, 5, 1), created__lt=datetime(2024, 6, 1)
        ).count(),
        sql=f"{COUNT} created >= '2024-05-01' AND created < '2024-06-01'",
        django=lambda: d.Post.objects.filter(
            created__gte=datetime(2024, 5, 1), created__lt=datetime(2024, 6, 1)
        ).count(),
        sqlalchemy=lambda session: session.scalar(
            _count(s.Post.created >= datetime(2024, 5, 1), s.Post.created < datetime(2024, 6, 1))
        ),
    ),
    Case(
        "startswith",
        "prefix",
        oxyde=lambda: o.Post.objects.filter(title__startswith=PREFIX).count(),
        sql=f"{COUNT} title >= 'title2345' AND title < 'title2346'",
        django=lambda: d.Post.objects.filter(title__startswith=PREFIX).count(),
        sqlalchemy=lambda session: session.scalar(_count(s.Post.title.startswith(PREFIX))),
    ),
    Case(
        "equal",
        "equal strings",
        oxyde=lambda: o.Post.objects.filter(title="title777").count(),
        sql=sql(f"{COUNT} title = ?", ["title777"]),
        django=lambda: d.Post.objects.filter(title="title777").count(),
        sqlalchemy=lambda session: session.scalar(_count(s.Post.title == "title777")),
    ),
    Case(
        "exclude",
        "not equal",
        oxyde=lambda: o.Post.objects.exclude(views=7).count(),
        sql=f"{COUNT} views <> 7",
        django=lambda: d.Post.objects.exclude(views=7).count(),
        sqlalchemy=lambda session: session.scalar(_count(s.Post.views != 7)),
    ),
    Case(
        "exclude_in",
        "none of the values",
        oxyde=lambda: o.Post.objects.exclude(views__in=[7, 8, 9]).count(),
        sql=f"{COUNT} views NOT IN (7, 8, 9)",
        django=lambda: d.Post.objects.exclude(views__in=[7, 8, 9]).count(),
        sqlalchemy=lambda session: session.scalar(_count(s.Post.views.not_in([7, 8, 9]))),
    ),
    Case(
        "exclude_nullable",
        "not equal, NULL possible",
        oxyde=lambda: o.Post.objects.exclude(day=DAY).count(),
        sql=f"{COUNT} day <> '2024-05-01' OR day IS NULL",
        django=lambda: d.Post.objects.exclude(day=DAY).count(),
        sqlalchemy=lambda session: session.scalar(
            _count((s.Post.day != DAY) | s.Post.day.is_(None))
        ),
    ),
)
