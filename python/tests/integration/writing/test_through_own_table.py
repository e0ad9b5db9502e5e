"""Writes whose condition leads back to rows of the table that they change."""

from __future__ import annotations

import pytest

from oxyde import Field, Model, Q, create_tables
from oxyde.db import AsyncDatabase
from oxyde.queries import Case, OuterRef, Subquery, Value, When


class Club(Model):
    class Meta:
        is_table = True
        table_name = "own_table_clubs"

    id: int | None = Field(default=None, db_pk=True)
    members: list[Member] = Field(db_m2m=True, db_through="Membership")


class Member(Model):
    class Meta:
        is_table = True
        table_name = "own_table_members"

    id: int | None = Field(default=None, db_pk=True)
    name: str | None = None
    mark: int = 0
    clubs: list[Club] = Field(db_m2m=True, db_through="Membership")


class Membership(Model):
    class Meta:
        is_table = True
        table_name = "own_table_memberships"

    member: Member = Field(db_pk=True, db_on_delete="CASCADE")
    club: Club = Field(db_pk=True, db_on_delete="CASCADE")


# Ann and the nameless 2 share club 1; the nameless 3 and Bo share club 2.
IN_CLUBS = {1: 1, 2: 1, 3: 2, 4: 2}
CONDITIONS = {
    "or": (Q(name="Bo") | Q(name=None, clubs__members__name="Ann"), [2, 4]),
    "alone": (Q(clubs__members__name="Ann"), [1, 2]),
    "not": (~Q(clubs__members__name="Ann"), [3, 4]),
    "both": (Q(name=None) & Q(clubs__members__name="Bo"), [3]),
}


@pytest.fixture
async def members(database: AsyncDatabase) -> dict[int, str | None]:
    """The names of the stored members, by their keys."""
    await create_tables(models=[Club, Member, Membership])
    await Club.objects.bulk_create([Club(id=1), Club(id=2)])
    names = {1: "Ann", 2: None, 3: None, 4: "Bo"}
    await Member.objects.bulk_create([Member(id=key, name=each) for key, each in names.items()])
    await Membership.objects.bulk_create(
        [Membership(member_id=member, club_id=club) for member, club in IN_CLUBS.items()]
    )
    return names


@pytest.mark.parametrize("name", CONDITIONS)
async def test_updates_and_deletes(members: dict[int, str | None], name: str) -> None:
    condition, keys = CONDITIONS[name]
    chosen = Member.objects.filter(condition)
    assert await chosen.order_by("id").values_list("id", flat=True) == keys
    assert await chosen.update(mark=1) == len(keys)
    marked = await Member.objects.filter(mark=1).order_by("id").values_list("id", flat=True)
    assert marked == keys
    assert await chosen.delete() == len(keys)
    left = await Member.objects.order_by("id").values_list("id", flat=True)
    assert left == [key for key in members if key not in keys]


@pytest.mark.parametrize("name", CONDITIONS)
async def test_deletes_of_the_table_between(members: dict[int, str | None], name: str) -> None:
    condition, keys = CONDITIONS[name]
    chosen = Membership.objects.filter(member__in=Member.objects.filter(condition))
    assert await chosen.delete() == len(keys)
    left = await Membership.objects.order_by("member_id").values_list("member_id", flat=True)
    assert left == [key for key in members if key not in keys]


async def test_new_values_from_the_table_itself(members: dict[int, str | None]) -> None:
    """The query of a later row does not see what became of an earlier one."""
    highest = Subquery(Member.objects.order_by("-mark").values("mark")[:1])
    await Member.objects.filter(name="Bo").update(mark=7)
    value = Case(When(name="Ann", then=Value(50)), default=highest)
    assert await Member.objects.filter().update(mark=value) == len(members)
    assert await _marks() == [50, 7, 7, 7]
    others = Subquery(
        Member.objects.exclude(id=OuterRef("id")).order_by("-mark").values("mark")[:1]
    )
    changed = await Member.objects.filter(id__lte=3).update(mark=others, returning=True)
    assert sorted((each.id, each.mark) for each in changed) == [(1, 7), (2, 50), (3, 50)]
    assert await _marks() == [7, 50, 50, 7]


async def _marks() -> list[int]:
    return await Member.objects.order_by("id").values_list("mark", flat=True)


async def test_a_slice_of_them(members: dict[int, str | None]) -> None:
    condition, keys = CONDITIONS["alone"]
    first = Member.objects.filter(condition).order_by("id")[:1]
    assert await first.update(mark=1) == 1
    assert await first.delete() == 1
    assert await Member.objects.filter(id__in=keys).values_list("id", flat=True) == keys[1:]
