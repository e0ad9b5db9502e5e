"""Joins: a row that is surely there is joined plainly, so that the server may begin with it."""

from __future__ import annotations

import pytest

from .conftest import PlanOf, Post


async def test_an_order_by_a_related_column_begins_with_its_index(plan_of: PlanOf) -> None:
    plan = await plan_of(Post.objects.order_by("author__name").limit(20).all())
    assert plan.sql.count("INNER JOIN") == 1, plan
    assert plan.tables()[0] == "author", plan
    assert "plan_post" not in plan.whole(), plan


async def test_a_limit_in_the_order_of_an_index_reads_few_rows(plan_of: PlanOf) -> None:
    chosen = Post.objects.join("author").order_by("-title").limit(20)
    plan = await plan_of(chosen.all())
    assert (plan.tables()[0], plan.accesses[0].index) == ("plan_post", "plan_post_title_idx"), plan
    rows = await chosen.all()
    assert [row.title for row in rows] == sorted((row.title for row in rows), reverse=True)
    assert all(row.author.name for row in rows)


async def test_related_rows_of_the_newest_are_found_by_their_keys(plan_of: PlanOf) -> None:
    plan = await plan_of(Post.objects.join("author").order_by("-created").limit(20).all())
    assert "author" not in plan.whole(), plan


async def test_a_row_that_may_be_missing_stays(plan_of: PlanOf) -> None:
    chosen = Post.objects.order_by("editor__name", "id").limit(20)
    plan = await plan_of(chosen.all())
    assert plan.sql.count("LEFT JOIN") == 1, plan
    rows = await Post.objects.join("editor").filter(id__lte=3).order_by("id").all()
    assert [row.editor is None for row in rows] == [True, True, False]


async def test_a_condition_on_a_nullable_relation_needs_its_row(plan_of: PlanOf) -> None:
    for condition in ({"editor__name": "name78"}, {"editor__name__in": ["name78"]}):
        plan = await plan_of(Post.objects.filter(**condition).all())
        assert plan.sql.count("INNER JOIN") == 1, plan
        assert plan.whole() == set(), plan


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"editor__name__isnull": True}, True),
        ({"editor__name__isnull": False}, False),
    ],
)
async def test_a_condition_that_holds_without_a_row_keeps_those(
    plan_of: PlanOf, condition: dict[str, bool], expected: bool
) -> None:
    chosen = Post.objects.filter(**condition, id__lte=9)
    assert (await chosen.count()) == (6 if expected else 3)
    assert ("LEFT JOIN" in chosen.sql()[0]) is expected
