"""Writes to few rows: by keys, and by a field of a related row."""

from __future__ import annotations

from datetime import date

from django.db.models import F as DjangoF
from sqlalchemy import delete, select, update

from bench.plans.case import Case, sql
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d
from oxyde import F

DAY = date(2024, 5, 1)
THREE = [5, 6, 7]
VIEWS = "SELECT SUM(views) AS n FROM post"
_NAMED = "(SELECT id FROM author WHERE name = 'name777')"

CASES = (
    Case(
        "update_pk",
        "update by key",
        oxyde=lambda: o.Post.objects.filter(id=777).update(views=-1),
        sql=sql("UPDATE post SET views = -1 WHERE id = ?", [777]),
        django=lambda: d.Post.objects.filter(id=777).update(views=-1),
        sqlalchemy=lambda session: update(s.Post).where(s.Post.id == 777).values(views=-1),
        probe=VIEWS,
    ),
    Case(
        "update_in_3",
        "update by 3 keys",
        oxyde=lambda: o.Post.objects.filter(id__in=THREE).update(views=F("views") + 1),
        sql=sql("UPDATE post SET views = views + 1 WHERE id IN (?, ?, ?)", THREE),
        django=lambda: d.Post.objects.filter(id__in=THREE).update(views=DjangoF("views") + 1),
        sqlalchemy=lambda session: (
            update(s.Post)
            .where(s.Post.id.in_(THREE))
            .values(views=s.Post.views + 1)
            .execution_options(synchronize_session=False)
        ),
        probe=VIEWS,
    ),
    Case(
        "delete_in_3",
        "delete by 3 keys",
        oxyde=lambda: o.Comment.objects.filter(id__in=THREE).delete(),
        sql=sql("DELETE FROM comment WHERE id IN (?, ?, ?)", THREE),
        django=lambda: d.Comment.objects.filter(id__in=THREE).delete(),
        sqlalchemy=lambda session: (
            delete(s.Comment)
            .where(s.Comment.id.in_(THREE))
            .execution_options(synchronize_session=False)
        ),
        probe="SELECT COUNT(*) AS n FROM comment",
    ),
    Case(
        "update_fk",
        "update by a field of the author",
        oxyde=lambda: o.Post.objects.filter(author__name="name777").update(views=-1),
        sql=sql(
            f"UPDATE post SET views = -1 WHERE author_id IN {_NAMED}",
            mysql="UPDATE post p JOIN author a ON a.id = p.author_id SET p.views = -1"
            " WHERE a.name = 'name777'",
            mariadb="UPDATE post p JOIN author a ON a.id = p.author_id SET p.views = -1"
            " WHERE a.name = 'name777'",
        ),
        django=lambda: d.Post.objects.filter(author__name="name777").update(views=-1),
        sqlalchemy=lambda session: (
            update(s.Post)
            .where(s.Post.author_id.in_(select(s.Author.id).where(s.Author.name == "name777")))
            .values(views=-1)
            .execution_options(synchronize_session=False)
        ),
        probe=VIEWS,
    ),
    Case(
        "delete_fk",
        "delete by a field of the author",
        oxyde=lambda: o.Post.objects.filter(author__name="name777").delete(),
        sql=sql(
            f"DELETE FROM post WHERE author_id IN {_NAMED}",
            mysql="DELETE p FROM post p JOIN author a ON a.id = p.author_id"
            " WHERE a.name = 'name777'",
            mariadb="DELETE p FROM post p JOIN author a ON a.id = p.author_id"
            " WHERE a.name = 'name777'",
        ),
        django=lambda: d.Post.objects.filter(author__name="name777").delete(),
        sqlalchemy=lambda session: (
            delete(s.Post)
            .where(s.Post.author_id.in_(select(s.Author.id).where(s.Author.name == "name777")))
            .execution_options(synchronize_session=False)
        ),
        probe="SELECT COUNT(*) AS n FROM comment",
    ),
    Case(
        "update_reverse",
        "update authors by a field of a post",
        oxyde=lambda: o.Author.objects.filter(posts__title="title777").update(name="x"),
        sql=sql(
            "UPDATE author SET name = 'x' WHERE id IN"
            " (SELECT author_id FROM post WHERE title = 'title777')",
            mariadb="UPDATE author a JOIN (SELECT DISTINCT author_id FROM post"
            " WHERE title = 'title777') p ON p.author_id = a.id SET a.name = 'x'",
        ),
        django=lambda: d.Author.objects.filter(posts__title="title777").update(name="x"),
        sqlalchemy=lambda session: (
            update(s.Author)
            .where(s.Author.posts.any(s.Post.title == "title777"))
            .values(name="x")
            .execution_options(synchronize_session=False)
        ),
        probe="SELECT COUNT(*) AS n FROM author WHERE name = 'x'",
    ),
    Case(
        "update_m2m",
        "update posts of one day with a tag",
        oxyde=lambda: o.Post.objects.filter(tags__name="tag7", day=DAY).update(views=-1),
        sql="UPDATE post SET views = -1 WHERE day = '2024-05-01' AND EXISTS (SELECT 1"
        " FROM post_tag pt JOIN tag t ON t.id = pt.tag_id"
        " WHERE pt.post_id = post.id AND t.name = 'tag7')",
        django=lambda: d.Post.objects.filter(tags__name="tag7", day=DAY).update(views=-1),
        sqlalchemy=lambda session: (
            update(s.Post)
            .where(s.Post.day == DAY, s.Post.tags.any(s.Tag.name == "tag7"))
            .values(views=-1)
            .execution_options(synchronize_session=False)
        ),
        probe=VIEWS,
    ),
    Case(
        "update_year",
        "update the posts of one year",
        oxyde=lambda: o.Post.objects.filter(created__year=2024).update(views=-1),
        sql="UPDATE post SET views = -1 WHERE created >= '2024-01-01' AND created < '2025-01-01'",
        django=lambda: d.Post.objects.filter(created__year=2024).update(views=-1),
        probe=VIEWS,
    ),
)
