"""Related rows by subqueries: once for all rows, or for each of few rows, as the server is fast."""

from __future__ import annotations

from typing import Any

from oxyde import Exists, OuterRef
from oxyde.queries import Count, Q

from .conftest import AUTHORS, POSTS, Author, PlanOf, Post, Tag


def posts(**conditions: Any) -> Exists:
    return Exists(Post.objects.filter(author=OuterRef("id"), **conditions))


async def test_an_exists_finds_its_rows_once(plan_of: PlanOf, flavour: str) -> None:
    found = {n % AUTHORS for n in range(1, POSTS + 1) if n % 1000 > 990}
    chosen = Author.objects.filter(posts(views__gt=990))
    plan = await plan_of(chosen.count())
    assert ("EXISTS" in plan.sql) is (flavour != "sqlite"), plan
    assert await chosen.count() == len(found)
    assert await Author.objects.filter(~posts(views__gt=990)).count() == AUTHORS - len(found)
    assert await Author.objects.exclude(posts(views__gt=990)).count() == AUTHORS - len(found)
    either = Author.objects.filter(posts(views__gt=990) | Q(id__lt=0))
    assert await either.count() == len(found)
    odd = Author.objects.filter(posts(views__gt=990) ^ Q(id__gte=0))
    assert await odd.count() == AUTHORS - len(found)


async def test_a_null_key_is_in_no_set(plan_of: PlanOf) -> None:
    edited = Post.objects.filter(editor=OuterRef("editor"), views__gte=0)
    number = POSTS // 3
    assert await Post.objects.filter(Exists(edited)).count() == number
    assert await Post.objects.filter(~Exists(edited)).count() == POSTS - number
    edits = Exists(Post.objects.filter(editor=OuterRef("id"), views__gte=0))
    assert await Author.objects.filter(~edits).count() == AUTHORS - AUTHORS // 3
    # A value is true or false, not NULL.
    rows = Post.objects.annotate(edited=Exists(edited)).filter(id__in=[1, 3]).order_by("id")
    assert await rows.values_list("edited", flat=True) == [False, True]


async def test_an_exists_that_is_no_set_stays(plan_of: PlanOf) -> None:
    for query in (
        # The second newest post.
        Author.objects.filter(
            Exists(Post.objects.filter(author=OuterRef("id"), views__gt=0).order_by("-id")[1:2])
        ),
        # More than one link to the row around it.
        Author.objects.filter(posts(views__gt=OuterRef("id"))),
        # Few rows.
        Author.objects.filter(posts(views__gt=990), id=5),
        Author.objects.filter(posts(views__gt=990), name="name5"),
        # Nothing but the link.
        Author.objects.filter(posts()),
    ):
        plan = await plan_of(query.count())
        assert "EXISTS" in plan.sql, plan
    by_two = Author.objects.filter(posts(views__gt=OuterRef("id"))).count()
    assert await by_two == len({n % AUTHORS for n in range(1, POSTS + 1) if n % 1000 > n % AUTHORS})


async def test_an_index_that_narrows_the_rows_is_used_first(plan_of: PlanOf) -> None:
    await Tag.objects.create(id=1, name="tag1")
    [post] = await Post.objects.filter(id=77).all()
    await post.tags_set.add(1)
    assert post.day is not None
    changed = Post.objects.filter(tags__name="tag1", day=post.day)
    plan = await plan_of(changed.update(views=-1))
    assert "plan_post" not in plan.whole(), plan
    assert "EXISTS" in plan.sql
    assert await Post.objects.filter(views=-1).values_list("id", flat=True) == [77]
    counted = Author.objects.filter(name__in=["name7", "name8"]).annotate(n=Count("posts"))
    plan = await plan_of(counted.values_list("n", flat=True))
    assert plan.whole() == set(), plan
    assert "GROUP BY" not in plan.sql, plan
    # A condition on the number reads it once more: from one pass.
    plan = await plan_of(counted.filter(n__gt=1).values_list("n", flat=True))
    assert plan.sql.count("COUNT(*)") == 1, plan
