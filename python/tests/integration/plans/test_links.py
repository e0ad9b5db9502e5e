"""Rows that are linked by many to many: counted in the table between, where that says the same."""

from __future__ import annotations

from oxyde import Field, Model, create_tables
from oxyde.db import AsyncDatabase
from oxyde.queries import Count, F, Q

from .conftest import PlanOf, Post, Tag


class Song(Model):
    class Meta:
        is_table = True
        table_name = "plan_song"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=20)
    lists: list[PlayList] = Field(db_m2m=True, db_through="Entry")


class PlayList(Model):
    class Meta:
        is_table = True
        table_name = "plan_list"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20, db_unique=True)


class Entry(Model):
    """A song may be in a list twice."""

    class Meta:
        is_table = True
        table_name = "plan_entry"

    id: int | None = Field(default=None, db_pk=True)
    song: Song = Field(db_on_delete="CASCADE")
    list: PlayList = Field(db_on_delete="CASCADE")


async def tagged() -> None:
    await Tag.objects.bulk_create([Tag(id=n, name=f"tag{n}") for n in range(1, 5)])
    for post in await Post.objects.filter(id__lte=20).all():
        await post.tags_set.add(*[n for n in (1, 2, 3) if post.id is not None and post.id % n == 0])


async def test_posts_with_a_tag_are_counted_in_the_table_between(plan_of: PlanOf) -> None:
    await tagged()
    for query, number, reads_tags in (
        (Post.objects.filter(tags=2), 10, False),
        (Post.objects.filter(tags__id=4), 0, False),
        (Post.objects.filter(tags=99), 0, False),
        (Post.objects.filter(tags__name="tag3"), 6, True),
        (Post.objects.filter(tags__name="tag3", tags=3), 6, True),
        (Post.objects.filter(tags__name="tag3", tags=2), 0, True),
        (Post.objects.annotate(n=Count("tags")).filter(tags=2).join("author"), 10, False),
    ):
        plan = await plan_of(query.count())
        assert "post_tags" in plan.sql, plan
        assert ("plan_post" in plan.sql.replace("plan_post_tags", "")) is False, plan
        assert ("tags`.`name`" in plan.sql.replace('"', "`")) is reads_tags, plan
        assert await query.count() == number == len(await query.all())


async def test_other_conditions_are_counted_over_posts(filled: AsyncDatabase) -> None:
    await tagged()
    first = Post.objects.filter(id__lte=20)
    for query, number in (
        (Post.objects.filter(tags__in=[2, 3]), 13),
        (Post.objects.filter(tags=2, views__lt=5), 2),
        (Post.objects.filter(tags=2).filter(tags=3), 3),
        (Post.objects.filter(Q(tags=2) | Q(tags=3)), 13),
        (first.filter(~Q(tags=2)), 10),
        (first.filter(tags=None), 0),
        (Post.objects.filter(tags__isnull=False), 20),
        (Post.objects.filter(tags__id__gt=1), 13),
        (Post.objects.filter(tags=F("id")), 3),
        (Post.objects.filter(tags=2).limit(4), 4),
        (Post.objects.filter(tags=2).values("editor_id").distinct(), 4),
    ):
        assert await query.count() == number, query


async def test_a_row_that_is_linked_twice_counts_once(database: AsyncDatabase) -> None:
    await create_tables(models=[Song, PlayList, Entry])
    song = await Song.objects.create(title="a")
    found = await PlayList.objects.create(name="best")
    await Entry.objects.bulk_create([Entry(song=song, list=found), Entry(song=song, list=found)])
    assert await Song.objects.filter(lists=found).count() == 1
    assert await Song.objects.filter(lists__name="best").count() == 1
