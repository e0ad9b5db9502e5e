"""Aggregates over a relation: one pass over its rows, however often they are named."""

from __future__ import annotations

import datetime as dt

from oxyde import F
from oxyde.queries import Count, Q, Sum

from .conftest import AUTHORS, POSTS, Author, PlanOf, Post, Tag


async def test_all_authors_are_counted_in_one_pass(plan_of: PlanOf) -> None:
    counted = Author.objects.annotate(n=Count("posts"), views=Sum("posts__views"))
    plan = await plan_of(counted.filter(n__gt=3).order_by("-n", "id").values_list("id", "n"))
    assert plan.tables().count("posts") == 1, plan
    assert plan.sql.count("plan_post") == 1, plan


async def test_the_values_are_those_of_each_row(plan_of: PlanOf) -> None:
    posts = await Post.objects.values_list("author_id", "views", "id")
    few = Author.objects.filter(id__lt=20).annotate(
        n=Count("posts"),
        high=Count("posts", filter=Q(posts__views__gte=500)),
        views=Sum("posts__views"),
        later=Sum("posts__views", filter=Q(posts__id__gt=6000)),
        own=Sum(F("posts__id") + F("id")),
        edits=Count("posts", filter=Q(posts__views=F("id"))),
    )
    await Post.objects.filter(author_id=7).delete()
    rows = await few.order_by("id").values_list("id", "n", "high", "views", "later", "own", "edits")
    for author, *found in rows:
        own = [(views, key) for by, views, key in posts if by == author and author != 7]
        assert found == [
            len(own),
            sum(views >= 500 for views, _ in own),
            sum(views for views, _ in own) if own else None,
            sum(views for views, key in own if key > 6000) if own else None,
            sum(key + author for _, key in own) if own else None,
            sum(views == author for views, _ in own),
        ]
    assert len(rows) == 20


async def test_a_condition_that_needs_related_rows_leaves_the_others_out(plan_of: PlanOf) -> None:
    await Post.objects.filter(author_id__in=[7, 8]).delete()
    counted = Author.objects.annotate(
        n=Count("posts"), views=Sum("posts__views"), old=Count("posts", filter=Q(posts__id__lt=99))
    )
    sizes = {"n": dict.fromkeys(range(AUTHORS), 0), "views": {}, "old": {}}
    sizes["old"] = dict(sizes["n"])
    for author, views, key in await Post.objects.values_list("author_id", "views", "id"):
        sizes["n"][author] += 1
        sizes["old"][author] += key < 99
        sizes["views"][author] = sizes["views"].get(author, 0) + views
    for lookup, needed, holds in (
        ("n", 4, lambda n: n == 4),
        ("n", 0, lambda n: n == 0),
        ("n__gt", 3, lambda n: n > 3),
        ("n__gte", 0, lambda n: n >= 0),
        ("n__lt", 4, lambda n: n < 4),
        ("n__lte", -1, lambda n: n <= -1),
        ("n__in", [0, 4], lambda n: n in (0, 4)),
        ("n__in", [3, 4], lambda n: n in (3, 4)),
        ("n__between", (0, 3), lambda n: 0 <= n <= 3),
        ("n__between", (1, 4), lambda n: 1 <= n <= 4),
        ("views__lt", 3000, lambda views: views < 3000),
        ("views__isnull", False, lambda views: True),
        ("old__gte", 1, lambda old: old >= 1),
        ("old", 0, lambda old: old == 0),
    ):
        name = lookup.partition("__")[0]
        query = counted.filter(**{lookup: needed}).order_by("id")
        expected = [author for author, size in sorted(sizes[name].items()) if holds(size)]
        assert await query.values_list("id", flat=True) == expected, (lookup, needed)
    # Without a posts' row the sum is NULL, and the number 0.
    rows = await counted.filter(Q(n=0) | Q(n=4), id__in=[6, 7]).order_by("id").values("n", "views")
    assert rows[1] == {"n": 0, "views": None}
    most = counted.filter(n__gt=3).order_by("-views", "id").limit(2)
    plan = await plan_of(most.values_list("id", "n", "views"))
    assert "LEFT JOIN" not in plan.sql, plan
    assert "COALESCE" not in plan.sql, plan
    for kept in (counted.filter(n__lt=4), counted.exclude(n__gt=3), counted.filter(~Q(n=3))):
        plan = await plan_of(kept.values_list("id", flat=True))
        assert "LEFT JOIN" in plan.sql, plan


async def test_rows_are_counted_where_a_column_is_never_null(plan_of: PlanOf) -> None:
    for query, counted in (
        (Author.objects.annotate(n=Count("posts")), "COUNT(*)"),
        (Author.objects.annotate(n=Count("posts__title")), "COUNT(*)"),
        (Post.objects.annotate(n=Count("tags")), "COUNT(*)"),
        (Author.objects.annotate(n=Count("posts__tags")), "COUNT(*)"),
        (Author.objects.annotate(n=Count("posts__day")), "day"),
        (Author.objects.annotate(n=Count("posts__editor__name")), "name"),
        (Author.objects.annotate(n=Count("posts__title", distinct=True)), "DISTINCT"),
        (Post.objects.group_by("author_id").annotate(n=Count("id")), "COUNT(*)"),
        (Post.objects.group_by("author_id").annotate(n=Count("editor__name")), "name"),
        (Post.objects.group_by("author_id").annotate(n=Count("tags")), "tag_id"),
    ):
        plan = await plan_of(query.values_list("n", flat=True))
        assert counted in plan.sql, plan
    await Tag.objects.bulk_create([Tag(id=n, name=f"tag{n}") for n in range(1, 4)])
    await (await Post.objects.get(id=1)).tags_set.add(1, 2)
    rows = Post.objects.filter(id__in=[1, 2]).group_by("id")
    counts = rows.annotate(
        n=Count("id"), some=Count("title"), t=Count("tags"), names=Count("tags__name")
    )
    found = await counts.order_by("id").values_list("id", "n", "some", "t", "names")
    assert found == [(1, 1, 1, 2, 2), (2, 1, 1, 0, 0)]
    joined = Post.objects.filter(id__in=[1, 2]).values("editor__name").distinct()
    assert (await joined.aggregate(n=Count("editor__name")))["n"] == 0


async def test_the_first_authors_are_counted_one_by_one(plan_of: PlanOf) -> None:
    counted = Author.objects.annotate(n=Count("posts"))
    for few in (counted.filter(id__in=[5, 6]), counted.order_by("id").limit(3)):
        plan = await plan_of(few.values_list("id", "n"))
        assert "posts" in plan.tables()
        assert plan.whole() <= {"plan_author"}, plan


async def test_a_relation_to_many_is_counted_by_the_table_between(plan_of: PlanOf) -> None:
    await Tag.objects.bulk_create([Tag(id=n, name=f"tag{n}") for n in range(1, 4)])
    posts = await Post.objects.filter(id__in=[1, 2]).order_by("id").all()
    await posts[0].tags_set.add(1, 2)
    await posts[1].tags_set.add(2)
    for query, expected in (
        (Post.objects.filter(tags=2).order_by("id"), [1, 2]),
        (Post.objects.annotate(n=Count("tags")).filter(n__gt=1), [1]),
        (Post.objects.annotate(n=Count("tags")).filter(id__in=[1, 2], n=1), [2]),
    ):
        plan = await plan_of(query.values_list("id", flat=True))
        assert "plan_tag`" not in plan.sql, plan
        assert 'plan_tag"' not in plan.sql, plan
        assert await query.values_list("id", flat=True) == expected


async def test_rows_without_a_related_one_are_found_in_one_pass(plan_of: PlanOf) -> None:
    chosen = Author.objects.exclude(posts__views=7)
    plan = await plan_of(chosen.count())
    assert plan.sql.count("plan_post") == 1, plan
    keys = {n % AUTHORS for n in range(1, POSTS + 1) if n % 1000 == 7}
    assert await chosen.count() == AUTHORS - len(keys)


async def test_a_statement_says_no_more_than_it_needs(plan_of: PlanOf) -> None:
    shown = Post.objects.join("author").annotate(n=Count("tags")).order_by("author__name")
    plan = await plan_of(shown.count())
    assert "JOIN" not in plan.sql, plan
    assert "ORDER BY" not in plan.sql, plan
    assert "plan_post_tags" not in plan.sql, plan
    plan = await plan_of(shown.exists())
    assert "JOIN" not in plan.sql, plan
    assert "LIMIT" in plan.sql, plan


async def test_columns_that_are_not_null_are_compared_plainly(plan_of: PlanOf) -> None:
    plan = await plan_of(Post.objects.exclude(views=7).exclude(id__in=[5, 6]).count())
    assert "<>" in plan.sql, plan
    assert "IS NOT TRUE" not in plan.sql, plan
    plan = await plan_of(Post.objects.exclude(day=dt.date(2024, 1, 1)).count())
    assert "IS NOT TRUE" in plan.sql, plan
