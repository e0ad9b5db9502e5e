"""The first rows of each parent: only rows of these parents are read, on PostgreSQL each parent's
by themselves."""

from __future__ import annotations

from oxyde import Prefetch
from oxyde.queries import Count

from .conftest import Author, PlanOf, Post


async def test_a_slice_reads_no_other_parents(plan_of: PlanOf, flavour: str) -> None:
    query = Post.objects.order_by("-created")[:2]
    parents = Author.objects.filter(id__in=[1, 2, 3]).prefetch(Prefetch("posts", query))
    plan = await plan_of(parents.all())
    assert "plan_post" not in plan.whole(), plan.text
    assert ("LATERAL" in plan.sql) == (flavour == "postgres"), plan.sql


async def test_aggregates_of_sliced_rows_are_those_of_few_rows(plan_of: PlanOf) -> None:
    query = Post.objects.annotate(n=Count("tags")).order_by("-created")[:2]
    parents = Author.objects.filter(id__in=[1, 2]).prefetch(Prefetch("posts", query))
    plan = await plan_of(parents.all())
    assert "plan_post" not in plan.whole(), plan.text
