"""UPDATE and DELETE of rows that a relation says: the related row is found first."""

from __future__ import annotations

from .conftest import Author, PlanOf, Post

CONDITIONS: list[dict[str, str | list[str]]] = [
    {"author__name": "name77"},
    {"editor__name": "name78"},
    {"author__name__in": ["name77", "name78"]},
    {"author__posts__title": "title77"},
]


async def test_an_update_reads_no_whole_table(plan_of: PlanOf) -> None:
    for condition in CONDITIONS:
        plan = await plan_of(Post.objects.filter(**condition).update(views=1))
        assert plan.whole() == set(), plan
    plan = await plan_of(Author.objects.filter(posts__title="title77").update(name="new"))
    assert plan.whole() == set(), plan
    assert await Author.objects.filter(name="new").values_list("id", flat=True) == [77]


async def test_a_delete_reads_no_whole_table(plan_of: PlanOf) -> None:
    for condition in CONDITIONS[:3]:
        plan = await plan_of(Post.objects.filter(**condition).delete())
        assert plan.whole() == set(), plan


async def test_a_key_that_narrows_the_rows_is_used_first(plan_of: PlanOf) -> None:
    plan = await plan_of(Author.objects.filter(id=77, posts__views__gt=0).update(name="new"))
    assert plan.whole() == set(), plan
    assert plan.sql.count("EXISTS") == 1


async def test_a_query_by_related_rows_begins_with_them(plan_of: PlanOf) -> None:
    plan = await plan_of(Author.objects.filter(posts__title="title77").all())
    assert plan.whole() == set(), plan
