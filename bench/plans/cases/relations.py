"""Conditions on related rows: foreign keys, their reverse side, many to many."""

from __future__ import annotations

from sqlalchemy import distinct, func, select

from bench.plans.case import Case
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

COUNT = "SELECT COUNT(*) AS n FROM"

CASES = (
    Case(
        "fk",
        "by a field of the author",
        oxyde=lambda: o.Post.objects.filter(author__name="name777").count(),
        sql=f"{COUNT} post p JOIN author a ON a.id = p.author_id WHERE a.name = 'name777'",
        django=lambda: d.Post.objects.filter(author__name="name777").count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Post.id)).join(s.Post.author).where(s.Author.name == "name777")
        ),
    ),
    Case(
        "fk_nullable",
        "by a field of the editor (no index)",
        oxyde=lambda: o.Post.objects.filter(editor__name="name778").count(),
        sql=f"{COUNT} post p JOIN author a ON a.id = p.editor_id WHERE a.name = 'name778'",
        django=lambda: d.Post.objects.filter(editor__name="name778").count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Post.id)).join(s.Post.editor).where(s.Author.name == "name778")
        ),
    ),
    Case(
        "two_hops",
        "comments by a field of the post's author",
        oxyde=lambda: o.Comment.objects.filter(post__author__name="name777").count(),
        sql=f"{COUNT} comment c JOIN post p ON p.id = c.post_id"
        " JOIN author a ON a.id = p.author_id WHERE a.name = 'name777'",
        django=lambda: d.Comment.objects.filter(post__author__name="name777").count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Comment.id))
            .join(s.Comment.post)
            .join(s.Post.author)
            .where(s.Author.name == "name777")
        ),
    ),
    Case(
        "reverse",
        "authors by a field of a post",
        oxyde=lambda: o.Author.objects.filter(posts__title="title777").count(),
        sql=f"{COUNT} author WHERE id IN (SELECT author_id FROM post WHERE title = 'title777')",
        django=lambda: d.Author.objects.filter(posts__title="title777").distinct().count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Author.id)).where(s.Author.posts.any(s.Post.title == "title777"))
        ),
    ),
    Case(
        "reverse_unindexed",
        "authors by a field of an edited post (no index)",
        oxyde=lambda: o.Author.objects.filter(edited__views=9).count(),
        sql=f"{COUNT} author WHERE id IN (SELECT editor_id FROM post WHERE views = 9)",
        django=lambda: d.Author.objects.filter(edited__views=9).distinct().count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Author.id)).where(s.Author.edited.any(s.Post.views == 9))
        ),
    ),
    Case(
        "exclude_reverse",
        "authors without such a post",
        oxyde=lambda: o.Author.objects.exclude(posts__views=7).count(),
        sql=f"{COUNT} author WHERE id NOT IN (SELECT author_id FROM post WHERE views = 7)",
        django=lambda: d.Author.objects.exclude(posts__views=7).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Author.id)).where(~s.Author.posts.any(s.Post.views == 7))
        ),
    ),
    Case(
        "exclude_reverse_unindexed",
        "authors without such an edited post (no index)",
        oxyde=lambda: o.Author.objects.exclude(edited__views=9).count(),
        sql=f"{COUNT} author WHERE id NOT IN"
        " (SELECT editor_id FROM post WHERE views = 9 AND editor_id IS NOT NULL)",
        django=lambda: d.Author.objects.exclude(edited__views=9).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Author.id)).where(~s.Author.edited.any(s.Post.views == 9))
        ),
    ),
    Case(
        "no_related",
        "authors without posts",
        oxyde=lambda: o.Author.objects.filter(posts__isnull=True).count(),
        sql=f"{COUNT} author a WHERE NOT EXISTS (SELECT 1 FROM post p WHERE p.author_id = a.id)",
        django=lambda: d.Author.objects.filter(posts__isnull=True).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Author.id)).where(~s.Author.posts.any())
        ),
    ),
    Case(
        "m2m",
        "posts with a tag, by its name",
        oxyde=lambda: o.Post.objects.filter(tags__name="tag7").count(),
        sql=f"{COUNT} post_tag pt JOIN tag t ON t.id = pt.tag_id WHERE t.name = 'tag7'",
        django=lambda: d.Post.objects.filter(tags__name="tag7").count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Post.id)).where(s.Post.tags.any(s.Tag.name == "tag7"))
        ),
    ),
    Case(
        "m2m_key",
        "posts with a tag, by its key",
        oxyde=lambda: o.Post.objects.filter(tags=7).count(),
        sql=f"{COUNT} post_tag WHERE tag_id = 7",
        django=lambda: d.Post.objects.filter(tags=7).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Post.id)).where(s.Post.tags.any(s.Tag.id == 7))
        ),
    ),
    Case(
        "m2m_newest",
        "the newest 20 posts with a tag",
        oxyde=lambda: o.Post.objects.filter(tags__name="tag7").order_by("-id").limit(20).all(),
        sql="SELECT p.id, p.title, p.views, p.created, p.day, p.author_id, p.editor_id FROM post p"
        " JOIN post_tag pt ON pt.post_id = p.id"
        " WHERE pt.tag_id = (SELECT id FROM tag WHERE name = 'tag7') ORDER BY p.id DESC LIMIT 20",
        django=lambda: d.Post.objects.filter(tags__name="tag7").order_by("-id")[:20],
        sqlalchemy=lambda session: (
            select(s.Post)
            .where(s.Post.tags.any(s.Tag.name == "tag7"))
            .order_by(s.Post.id.desc())
            .limit(20)
        ),
        ordered=True,
    ),
    Case(
        "m2m_exclude",
        "posts without a tag, by its name",
        oxyde=lambda: o.Post.objects.exclude(tags__name="tag7").count(),
        sql=f"{COUNT} post p WHERE NOT EXISTS (SELECT 1 FROM post_tag pt WHERE pt.post_id = p.id"
        " AND pt.tag_id = (SELECT id FROM tag WHERE name = 'tag7'))",
        django=lambda: d.Post.objects.exclude(tags__name="tag7").count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Post.id)).where(~s.Post.tags.any(s.Tag.name == "tag7"))
        ),
    ),
    Case(
        "m2m_authors",
        "authors of posts with a tag",
        oxyde=lambda: o.Author.objects.filter(posts__tags__name="tag7").count(),
        sql=f"{COUNT} author WHERE id IN (SELECT p.author_id FROM post p"
        " JOIN post_tag pt ON pt.post_id = p.id JOIN tag t ON t.id = pt.tag_id"
        " WHERE t.name = 'tag7')",
        django=lambda: d.Author.objects.filter(posts__tags__name="tag7").distinct().count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(distinct(s.Post.author_id)))
            .join(s.Post.tags)
            .where(s.Tag.name == "tag7")
        ),
    ),
)
