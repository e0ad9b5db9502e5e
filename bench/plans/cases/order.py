"""Order, limit and pages."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bench.plans.case import Case, sql
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

POST = "p.id, p.title, p.views, p.created, p.day, p.author_id, p.editor_id"
DEEP = 25_000
_NEWEST = (
    f"SELECT {POST}, a.name FROM post p JOIN author a ON a.id = p.author_id"
    " ORDER BY p.created DESC LIMIT 20"
)

CASES = (
    Case(
        "join_limit",
        "the newest 20 posts with their authors",
        oxyde=lambda: o.Post.objects.join("author").order_by("-created").limit(20).all(),
        sql=sql(
            _NEWEST,
            # MariaDB begins a plain join with the authors, and sorts all posts.
            mariadb=_NEWEST.replace(" JOIN", " STRAIGHT_JOIN"),
        ),
        django=lambda: d.Post.objects.select_related("author").order_by("-created")[:20],
        sqlalchemy=lambda session: (
            select(s.Post)
            .options(joinedload(s.Post.author, innerjoin=True))
            .order_by(s.Post.created.desc())
            .limit(20)
        ),
        ordered=True,
    ),
    Case(
        "order_fk",
        "20 posts in the order of their authors' names",
        oxyde=lambda: o.Post.objects.order_by("author__name", "id").limit(20).all(),
        sql=f"SELECT {POST} FROM post p JOIN author a ON a.id = p.author_id"
        " ORDER BY a.name, p.id LIMIT 20",
        django=lambda: d.Post.objects.order_by("author__name", "id")[:20],
        sqlalchemy=lambda session: (
            select(s.Post).join(s.Post.author).order_by(s.Author.name, s.Post.id).limit(20)
        ),
        ordered=True,
    ),
    Case(
        "order_fk_only",
        "the same without a second term",
        oxyde=lambda: (
            o.Post.objects.order_by("author__name").limit(20).values_list("author_id", flat=True)
        ),
        sql="SELECT p.author_id FROM post p JOIN author a ON a.id = p.author_id"
        " ORDER BY a.name LIMIT 20",
        django=lambda: d.Post.objects.order_by("author__name").values_list("author_id", flat=True)[
            :20
        ],
        sqlalchemy=lambda session: (
            select(s.Post.author_id).join(s.Post.author).order_by(s.Author.name).limit(20)
        ),
        ordered=True,
    ),
    Case(
        "offset",
        "a page far back, by offset",
        oxyde=lambda: o.Post.objects.order_by("id").limit(10).offset(DEEP).all(),
        sql=f"SELECT {POST} FROM post p ORDER BY id LIMIT 10 OFFSET {DEEP}",
        django=lambda: d.Post.objects.order_by("id")[DEEP : DEEP + 10],
        sqlalchemy=lambda session: select(s.Post).order_by(s.Post.id).limit(10).offset(DEEP),
        ordered=True,
    ),
    Case(
        "keyset",
        "the same page, by key",
        oxyde=lambda: o.Post.objects.filter(id__gt=DEEP).order_by("id").limit(10).all(),
        sql=sql(f"SELECT {POST} FROM post p WHERE id > ? ORDER BY id LIMIT 10", [DEEP]),
        django=lambda: d.Post.objects.filter(id__gt=DEEP).order_by("id")[:10],
        sqlalchemy=lambda session: (
            select(s.Post).where(s.Post.id > DEEP).order_by(s.Post.id).limit(10)
        ),
        ordered=True,
    ),
    Case(
        "last",
        "the last row by a moment",
        oxyde=lambda: o.Post.objects.order_by("created").last(),
        sql=f"SELECT {POST} FROM post p ORDER BY created DESC LIMIT 1",
        django=lambda: d.Post.objects.order_by("created").last(),
        sqlalchemy=lambda session: session.scalars(
            select(s.Post).order_by(s.Post.created.desc()).limit(1)
        ).one(),
        digest=lambda post: [post],
    ),
)
