"""A slice in a `Prefetch` is one of each parent's rows; only() and defer() over joined rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from oxyde import Count, F, Field, Index, Model, Prefetch, create_tables, prefetch_related
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError
from oxyde.testing import capture_queries

START = datetime(2024, 1, 1)


class Club(Model):
    class Meta:
        is_table = True
        table_name = "sliced_club"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    motto: str = ""
    shows: list[Show] = Field(db_reverse_fk="club")


class Guest(Model):
    class Meta:
        is_table = True
        table_name = "sliced_guest"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    shows: list[Show] = Field(db_m2m=True, db_through="Visit")


class Show(Model):
    class Meta:
        is_table = True
        table_name = "sliced_show"
        indexes = [Index("club", "created")]

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=20)
    created: datetime
    stars: int = 0
    club: Club | None = Field(default=None)
    after: Show | None = Field(default=None)
    guests: list[Guest] = Field(db_m2m=True, db_through="Visit")


class Visit(Model):
    class Meta:
        is_table = True
        table_name = "sliced_visit"

    id: int | None = Field(default=None, db_pk=True)
    show: Show
    guest: Guest


@pytest.fixture
async def clubs(database: AsyncDatabase) -> None:
    await create_tables(models=[Club, Guest, Show, Visit])
    await Club.objects.bulk_create([Club(id=at, name=name) for at, name in enumerate("ABC", 1)])
    await Show.objects.bulk_create(
        [
            Show(
                id=club * 10 + at,
                title=f"{'-AB'[club]}{at}",
                created=START + timedelta(days=at),
                stars=-at,
                club_id=club,
            )
            for club in (1, 2)
            for at in range(5)
        ]
    )
    await Guest.objects.bulk_create([Guest(id=at, name=f"g{at}") for at in (1, 2, 3)])
    await Visit.objects.bulk_create(
        [Visit(show_id=10 + at, guest_id=guest) for at in range(4) for guest in (1, 2)]
    )


async def titles(shows: Any, relation: str = "shows", model: Any = Club) -> list[list[str]]:
    rows = await model.objects.order_by("id").prefetch(Prefetch(relation, shows))
    return [[show.title for show in getattr(row, relation)] for row in rows]


async def test_the_first_rows_of_each_parent(clubs: None) -> None:
    shows = Show.objects
    with capture_queries() as queries:
        assert await titles(shows.order_by("-created")[:2]) == [["A4", "A3"], ["B4", "B3"], []]
    assert len(queries) == 2
    assert await titles(shows.order_by("stars")[1:3]) == [["A3", "A2"], ["B3", "B2"], []]
    assert await titles(shows.order_by("created")[3:]) == [["A3", "A4"], ["B3", "B4"], []]
    assert await titles(shows.order_by("created")[7:]) == [[], [], []]
    assert await titles(shows.all_rows()[:1]) == [["A0"], ["B0"], []]
    assert await titles(shows.filter(stars__gt=-3).order_by("-created")[:1]) == [["A2"], ["B2"], []]
    assert await titles(shows.none()[:3]) == [[], [], []]
    assert await titles(shows.order_by("created")[:0]) == [[], [], []]
    assert [len(each) for each in await titles(shows.order_by("?")[:3])] == [3, 3, 0]


async def test_with_joins_annotations_and_parts(clubs: None) -> None:
    counted = Show.objects.annotate(n=Count("guests"), club_name=F("club__name"))
    query = counted.order_by("-n", "-id").join("club").only("title", "club__name")[:2]
    rows = await Club.objects.order_by("id").prefetch(Prefetch("shows", query, to_attr="best"))
    shows = [[(s.title, s.n, s.club.name, s.club_name) for s in row.best] for row in rows]  # type: ignore[attr-defined]
    assert shows == [
        [("A3", 2, "A", "A"), ("A2", 2, "A", "A")],
        [("B4", 0, "B", "B"), ("B3", 0, "B", "B")],
        [],
    ]
    hidden = Show.objects.alias(n=Count("guests")).order_by("n", "id")[:1]
    assert await titles(hidden) == [["A4"], ["B0"], []]


async def test_over_a_through_table_and_nested(clubs: None) -> None:
    query = Show.objects.order_by("-created")
    assert await titles(query[:2], model=Guest) == [["A3", "A2"], ["A3", "A2"], []]
    assert await titles(query[1:2], model=Guest) == [["A2"], ["A2"], []]
    guests = Prefetch("guests", Guest.objects.order_by("-name")[:1])
    rows = await Club.objects.order_by("id").prefetch(Prefetch("shows", query.prefetch(guests)[:2]))
    shows = [[(s.title, [g.name for g in s.guests]) for s in row.shows] for row in rows]
    assert shows == [[("A4", []), ("A3", ["g2"])], [("B4", []), ("B3", [])], []]
    [club] = await Club.objects.filter(id=1)
    await prefetch_related([club], Prefetch("shows", query[:1]), Prefetch("shows__guests"))
    assert [show.title for show in club.shows] == ["A4"]


async def test_of_a_model_that_refers_to_itself(clubs: None) -> None:
    await Show.objects.filter(id__in=[11, 12, 13]).update(after_id=10)
    assert await Show.objects.filter(after=10).order_by("-id").values_list("id", flat=True) == [
        13,
        12,
        11,
    ]


async def test_only_fields_of_joined_rows(clubs: None) -> None:
    await Club.objects.filter(id=1).update(motto="loud")
    show = await Show.objects.only("title", "club__name").get(id=10)
    assert show.club is not None
    assert (show.title, show.club.name, show.club.id) == ("A0", "A", 1)
    with pytest.raises(FieldError, match=r"Club\.motto was not loaded"):
        _ = show.club.motto
    with pytest.raises(FieldError, match=r"Show\.stars was not loaded"):
        _ = show.stars
    await show.club.refresh(["motto"])
    assert show.club.motto == "loud"
    show.club.name = "new"
    await show.club.save()
    assert (await Club.objects.get(id=1)).motto == "loud"
    alone = await Show.objects.only("club__name").get(id=10)
    assert (alone.id, alone.club and alone.club.name) == (10, "new")
    deferred = await Show.objects.join("club").defer("club__motto", "stars").get(id=10)
    assert deferred.club is not None
    assert (deferred.title, deferred.club.name) == ("A0", "new")
    with pytest.raises(FieldError, match=r"Club\.motto was not loaded"):
        _ = deferred.club.motto
    whole = await Show.objects.join("club").defer("stars").get(id=10)
    assert whole.club is not None
    assert whole.club.motto == "loud"
    # Rows on the way are loaded with their keys.
    await Show.objects.filter(id=20).update(after_id=10)
    far = await Show.objects.only("after__club__name").get(id=20)
    assert far.after is not None
    assert far.after.club is not None
    assert far.after.club.name == "new"
    with pytest.raises(FieldError, match=r"Show\.title was not loaded"):
        _ = far.after.title
    assert (await Show.objects.only("title", "club__name").get(id=20)).club is not None
    lonely = await Show.objects.create(title="x", created=START)
    assert (await Show.objects.only("club__name").get(id=lonely.id)).club is None


@pytest.mark.databases("sqlite")
async def test_refused(clubs: None) -> None:
    with pytest.raises(FieldError, match="has many rows"):
        Show.objects.only("guests__name")
    with pytest.raises(FieldError, match="no field `nme`"):
        Show.objects.only("club__nme")
    with pytest.raises(FieldError, match="no field `club_name`"):
        Show.objects.defer("club_name")
    with pytest.raises(FieldError, match="takes no slice"):
        Show.objects.prefetch(Prefetch("club", Club.objects.order_by("id")[:2]))
    with pytest.raises(FieldError, match="neither distinct nor locked"):
        Prefetch("shows", Show.objects.for_update()[:2])
