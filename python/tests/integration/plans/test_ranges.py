"""Conditions on a part of a column that are a range of it: its index is read."""

from __future__ import annotations

import datetime as dt

import pytest

from oxyde import execute_raw

from .conftest import POSTS, PlanOf, Post

CONDITIONS = [
    {"created__year": 2003},
    {"created__iso_year": 2003},
    {"created__date": dt.date(2003, 5, 1)},
    {"created__date__lt": dt.date(2000, 2, 1)},
    {"created__year__lte": 2000},
    {"created__year__gt": 2031},
    {"created__month": (2003, 5)},
    {"day__year": 2003},
    {"day__day": (2003, 5, 1)},
    {"created__year__in": [2003, 2005]},
    {"created__year__between": (2003, 2004)},
    {"created__date__in": [dt.date(2003, 5, 1), dt.date(2004, 5, 1), dt.date(2004, 5, 2)]},
    {"created__date__between": (dt.date(2003, 5, 1), dt.date(2003, 6, 1))},
    {"day__year__in": [2003]},
    {"day__year__between": (2003, 2004)},
]


async def test_a_part_of_a_date_is_a_range(plan_of: PlanOf) -> None:
    for condition in CONDITIONS:
        plan = await plan_of(Post.objects.filter(**condition).all())
        assert plan.whole() == set(), plan


async def test_lists_of_periods_have_few_plans(plan_of: PlanOf) -> None:
    texts: dict[int, str] = {}
    for years, size in (
        ([2003], 1),
        # They follow each other.
        ([2005, 2003, 2004, 2003], 1),
        ([2003, 2005, 2008], 4),
        ([2003, 2005, 2008, 2011], 4),
    ):
        chosen = Post.objects.filter(created__year__in=years)
        plan = await plan_of(chosen.all())
        assert texts.setdefault(size, plan.sql) == plan.sql
        assert await chosen.count() == sum(
            [row.created.year in years for row in await Post.objects.all()]
        )
    assert len(set(texts.values())) == len(texts)
    # So many, and the last year that Python knows, are computed.
    for years in (range(1900, 2000, 2), [2003, dt.MAXYEAR]):
        chosen = Post.objects.filter(created__year__in=years)
        plan = await plan_of(chosen.all())
        assert plan.sql.count(" OR ") == 0, plan
        assert await chosen.count() == sum(
            [row.created.year in years for row in await Post.objects.all()]
        )


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_a_prefix_is_a_range(plan_of: PlanOf) -> None:
    chosen = Post.objects.filter(title__startswith="title123")
    plan = await plan_of(chosen.all())
    assert plan.whole() == set(), plan
    assert await chosen.count() == sum(f"{n}".startswith("123") for n in range(1, POSTS + 1))


@pytest.mark.databases("postgres")
async def test_a_prefix_is_a_range_of_an_index_by_bytes(plan_of: PlanOf) -> None:
    await execute_raw("CREATE INDEX by_bytes ON plan_post (title text_pattern_ops)")
    plan = await plan_of(Post.objects.filter(title__startswith="title123").all())
    assert [each.index for each in plan.accesses] == ["by_bytes"], plan


async def test_a_prefix_is_taken_by_its_letters(plan_of: PlanOf) -> None:
    titles = ["Ab", "ab", "abc", "aB", "a", "b", "", "ab%", "a_b", "a\U0001f600", "a\U0001f600z"]
    await Post.objects.delete()
    await Post.objects.bulk_create(
        [Post(title=title, created=dt.datetime(2000, 1, 1), author_id=1) for title in titles]
    )
    for prefix in ["a", "ab", "A", "", "ab%", "a_", "a\U0001f600", "\U0001f600", "\ud7ff", "zz"]:
        found = await Post.objects.filter(title__startswith=prefix).values_list("title", flat=True)
        assert sorted(found) == sorted(each for each in titles if each.startswith(prefix)), prefix
