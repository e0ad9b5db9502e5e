"""Parts and truncations of moments in a time zone, around the changes of its clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from pydantic import AwareDatetime

from oxyde import Count, Field, Model, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, FieldError, UnsupportedFeatureError
from oxyde.queries import Extract, Trunc

UTC = dt.timezone.utc


class Event(Model):
    class Meta:
        is_table = True
        table_name = "zones_event"

    id: int = Field(db_pk=True)
    at: AwareDatetime
    local: dt.datetime


# Clocks go forward at 01:00 UTC on the last Sunday of March, and back in October: 02:30 in Oslo is
# then two moments.
MOMENTS = [
    dt.datetime(2024, 3, 31, 0, 30, tzinfo=UTC),
    dt.datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
    dt.datetime(2024, 10, 27, 0, 30, 5, 7, tzinfo=UTC),
    dt.datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    dt.datetime(2023, 12, 31, 23, 30, tzinfo=UTC),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]
ZONES = ["Europe/Oslo", "America/New_York", "Asia/Kolkata"]


def truncated(moment: dt.datetime, unit: str, zone: str) -> dt.datetime:
    """The start of the unit by the clock of the zone, as a moment."""
    here = moment.astimezone(ZoneInfo(zone))
    beyond = {
        "hour": dt.timedelta(minutes=here.minute, seconds=here.second),
        "minute": dt.timedelta(seconds=here.second),
        "second": dt.timedelta(),
    }.get(unit)
    if beyond is not None:
        return moment - beyond - dt.timedelta(microseconds=here.microsecond)
    start = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "week":
        start -= dt.timedelta(days=here.weekday())
    elif unit != "day":
        start = start.replace(day=1)
        if unit == "quarter":
            start = start.replace(month=(here.month - 1) // 3 * 3 + 1)
        elif unit == "year":
            start = start.replace(month=1)
    return start.astimezone(UTC)


async def refusal(flavour: str) -> type[Exception] | None:
    """How the server refuses a zone by its name, if it does: SQLite knows none, and MySQL those
    that were loaded."""
    if flavour == "sqlite":
        return UnsupportedFeatureError
    if flavour == "postgres":
        return None
    (row,) = await execute_raw("SELECT CONVERT_TZ('2024-01-01', '+00:00', 'Europe/Oslo') AS known")
    return DatabaseError if row["known"] is None else None


async def test_the_clock_of_a_zone(database: AsyncDatabase, flavour: str) -> None:
    await db.create_tables(models=[Event])
    await Event.objects.bulk_create(
        [
            {"id": number, "at": moment, "local": moment.replace(tzinfo=None)}
            for number, moment in enumerate(MOMENTS, 1)
        ]
    )
    refused = await refusal(flavour)
    every = Event.objects.order_by("id")
    for zone in ZONES:
        for unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second"):
            query = every.annotate(x=Trunc("at", unit, zone=zone)).values_list("x", flat=True)
            if refused is not None:
                with pytest.raises(refused, match="time zone"):
                    await query.all()
                continue
            assert await query.all() == [truncated(each, unit, zone) for each in MOMENTS], unit
        hours = every.annotate(x=Extract("at", "hour", zone=zone)).values_list("x", flat=True)
        if refused is not None:
            with pytest.raises(refused, match="time zone"):
                await hours.all()
            continue
        assert await hours == [each.astimezone(ZoneInfo(zone)).hour for each in MOMENTS]
        days = Event.objects.annotate(day=Extract("at", "date", zone=zone)).group_by("day")
        assert len(await days.annotate(n=Count("*")).all()) == len(
            {each.astimezone(ZoneInfo(zone)).date() for each in MOMENTS}
        )


async def test_hours_in_utc(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Event])
    for number, moment in enumerate(MOMENTS, 1):
        await Event.objects.create(id=number, at=moment, local=moment.replace(tzinfo=None))
    for unit in ("year", "month", "week", "day", "hour", "minute", "second"):
        rows = (
            await Event.objects.order_by("id")
            .annotate(x=Trunc("at", unit), y=Trunc("local", unit))
            .values_list("x", "y")
        )
        right = [truncated(each, unit, "UTC") for each in MOMENTS]
        assert rows == [(each, each.replace(tzinfo=None)) for each in right]


def test_zones_that_are_none() -> None:
    with pytest.raises(FieldError, match="did you mean `Europe/Oslo`"):
        Trunc("at", "day", zone="Europe/Olso")
    with pytest.raises(FieldError, match="IANA"):
        Extract("at", "hour", zone="+02:00")
    with pytest.raises(FieldError, match=r"`Event`: a zone is for moments"):
        Event.objects.annotate(x=Trunc("local", "day", zone="Europe/Oslo"))
