"""Related rows of many rows: 100,000 of them, if there are so many."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from bench.plans.answers import related
from bench.plans.case import Case, sql
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

POST = "id, title, views, created, day, author_id, editor_id"
# With 300,000 posts and as many comments, 1,600 authors have 49,600 posts and 49,600 comments.
AUTHORS = 1_600
POSTS = 20_000
_OF_AUTHORS = f"author_id BETWEEN 1 AND {AUTHORS}"


def _nested(authors: list[Any]) -> tuple[int, int, int]:
    posts = [post for author in authors for post in related(author, "posts")]
    return len(authors), len(posts), sum(len(related(post, "comments")) for post in posts)


def _tagged(posts: list[Any]) -> tuple[int, int]:
    return len(posts), sum(len(related(post, "tags")) for post in posts)


CASES = (
    Case(
        "prefetch_nested",
        "1,600 authors with their posts and the posts' comments",
        oxyde=lambda: o.Author.objects.filter(id__lte=AUTHORS).prefetch("posts__comments").all(),
        sql=(
            sql(f"SELECT id, name FROM author WHERE id <= {AUTHORS}"),
            sql(f"SELECT {POST} FROM post WHERE {_OF_AUTHORS}"),
            sql(
                "SELECT c.id, c.stars, c.post_id FROM comment c JOIN post p ON p.id = c.post_id"
                f" WHERE p.{_OF_AUTHORS}"
            ),
        ),
        django=lambda: d.Author.objects.filter(id__lte=AUTHORS).prefetch_related("posts__comments"),
        sqlalchemy=lambda session: (
            select(s.Author)
            .where(s.Author.id <= AUTHORS)
            .options(selectinload(s.Author.posts).selectinload(s.Post.comments))
        ),
        digest=_nested,
    ),
    Case(
        "prefetch_m2m",
        "20,000 posts with their tags",
        oxyde=lambda: o.Post.objects.filter(id__lte=POSTS).prefetch("tags").all(),
        sql=(
            sql(f"SELECT {POST} FROM post WHERE id <= {POSTS}"),
            sql(
                "SELECT pt.post_id, t.id, t.name FROM post_tag pt JOIN tag t ON t.id = pt.tag_id"
                f" WHERE pt.post_id <= {POSTS}"
            ),
        ),
        django=lambda: d.Post.objects.filter(id__lte=POSTS).prefetch_related("tags"),
        sqlalchemy=lambda session: (
            select(s.Post).where(s.Post.id <= POSTS).options(selectinload(s.Post.tags))
        ),
        digest=_tagged,
    ),
    Case(
        "prefetch_few",
        "20 authors with their posts",
        oxyde=lambda: o.Author.objects.filter(id__lte=20).prefetch("posts").all(),
        sql=(
            sql("SELECT id, name FROM author WHERE id <= 20"),
            sql(f"SELECT {POST} FROM post WHERE author_id BETWEEN 1 AND 20"),
        ),
        django=lambda: d.Author.objects.filter(id__lte=20).prefetch_related("posts"),
        sqlalchemy=lambda session: (
            select(s.Author).where(s.Author.id <= 20).options(selectinload(s.Author.posts))
        ),
        digest=lambda rows: (len(rows), sum(len(related(row, "posts")) for row in rows)),
    ),
    Case(
        "join",
        "20,000 posts joined with their authors",
        oxyde=lambda: o.Post.objects.filter(id__lte=POSTS).join("author").all(),
        sql="SELECT p.id, p.title, p.views, p.created, p.day, p.author_id, p.editor_id, a.name"
        f" FROM post p JOIN author a ON a.id = p.author_id WHERE p.id <= {POSTS}",
        django=lambda: d.Post.objects.filter(id__lte=POSTS).select_related("author"),
        sqlalchemy=lambda session: (
            select(s.Post)
            .where(s.Post.id <= POSTS)
            .options(joinedload(s.Post.author, innerjoin=True))
        ),
    ),
)
