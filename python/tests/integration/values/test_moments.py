"""Dates and times on SQLite, however other programs have written them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime
from support.servers import Server

from oxyde import F, Field, Max, Min, Model, create_tables, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError
from oxyde.queries import Count, RowNumber, Trunc, Window

pytestmark = pytest.mark.databases("sqlite")

UTC = dt.timezone.utc
MIDNIGHT = dt.datetime(2024, 1, 1)


class Event(Model):
    class Meta:
        is_table = True
        table_name = "moment_events"

    id: int | None = Field(default=None, db_pk=True)
    at: dt.datetime
    seen: AwareDatetime
    clock: dt.time
    other: dt.datetime | None = None


class Reading(Model):
    class Meta:
        is_table = True
        table_name = "moment_readings"

    at: dt.datetime = Field(db_pk=True)
    sensor: int = Field(db_pk=True)
    value: int = 0
    made: dt.datetime = Field(default=MIDNIGHT, db_index=True)


def spellings(moment: dt.datetime) -> Iterator[str]:
    """Texts that other programs write for a moment without a zone."""
    for separator in (" ", "T"):
        text = moment.isoformat(separator)
        yield text
        yield moment.isoformat(separator, "microseconds")
        if moment.microsecond % 1000 == 0:
            yield moment.isoformat(separator, "milliseconds")
        if moment.microsecond == 0 and moment.second == 0:
            yield moment.isoformat(separator, "minutes")
    if moment.time() == dt.time():
        yield moment.date().isoformat()


def zoned_spellings(moment: dt.datetime) -> Iterator[str]:
    """The same for a moment in UTC."""
    naive = moment.replace(tzinfo=None)
    for text in spellings(naive):
        if len(text) > 10:
            yield text
            yield f"{text}Z"
            yield f"{text}+00:00"
    for hours in (2, -5):
        shifted = moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))
        yield shifted.isoformat(" ")
        yield shifted.isoformat("T", "microseconds")


@pytest.fixture
async def tables(database: AsyncDatabase) -> None:
    """The tables."""
    await create_tables(models=[Event, Reading])


async def test_written_as_python_programs_do(server: Server, tables: None) -> None:
    seen = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    moments = (MIDNIGHT, MIDNIGHT.replace(microsecond=120))
    for moment, clock in zip(moments, (dt.time(1, 2), dt.time(1, 2, 3, 4)), strict=True):
        await Event.objects.create(at=moment, seen=seen, clock=clock)
    assert server.execute("SELECT at, seen, clock FROM moment_events ORDER BY id") == [
        ("2024-01-01 00:00:00", "2024-05-06 05:08:09+00:00", "01:02:00"),
        ("2024-01-01 00:00:00.000120", "2024-05-06 05:08:09+00:00", "01:02:03.000004"),
    ]
    later = F("at") + dt.timedelta(microseconds=-120)
    await Event.objects.filter(at__gt=MIDNIGHT).update(at=later, clock=dt.time(5))
    assert server.execute("SELECT at, clock FROM moment_events WHERE id = 2") == [
        ("2024-01-01 00:00:00", "05:00:00")
    ]
    await Event.objects.bulk_create(
        [Event(at=MIDNIGHT, seen=seen, clock=dt.time()) for _ in range(3)]
    )
    assert server.execute("SELECT DISTINCT at FROM moment_events") == [("2024-01-01 00:00:00",)]


async def _insert(*texts: tuple[str, str, str]) -> None:
    for at, seen, clock in texts:
        await execute_raw(
            "INSERT INTO moment_events (at, seen, clock) VALUES (?, ?, ?)", [at, seen, clock]
        )


@pytest.mark.parametrize("text", list(spellings(MIDNIGHT)))
async def test_each_spelling_is_the_moment(tables: None, text: str) -> None:
    seen = f"{text} 00:00Z" if len(text) == 10 else f"{text}Z"
    await _insert((text, seen, "00:00"))
    objects = Event.objects
    instant = MIDNIGHT.replace(tzinfo=UTC)
    for name, moment in (("at", MIDNIGHT), ("seen", instant), ("clock", dt.time())):
        found = {
            lookup: await objects.filter(**{f"{name}__{lookup}": moment}).count()
            for lookup in ("exact", "lt", "lte", "gt", "gte")
        }
        assert found == {"exact": 1, "lt": 0, "lte": 1, "gt": 0, "gte": 1}, name
        assert await objects.filter(**{f"{name}__in": [moment]}).count() == 1
        assert await objects.exclude(**{f"{name}__in": [moment]}).count() == 0
        assert await objects.filter(**{f"{name}__between": (moment, moment)}).count() == 1
        assert await objects.exclude(**{name: moment}).count() == 0
    read = await objects.get()
    assert (read.at, read.seen, read.clock) == (MIDNIGHT, instant, dt.time())
    for part, value in (("year", 2024), ("month", 1), ("day", 1), ("hour", 0), ("second", 0)):
        assert await objects.filter(**{f"at__{part}": value}).count() == 1
        assert await objects.filter(**{f"seen__{part}": value}).count() == 1
    assert await objects.filter(at__date=MIDNIGHT.date(), seen__date=MIDNIGHT.date()).count() == 1
    assert await objects.filter(at__time=dt.time(), seen__time=dt.time()).count() == 1
    assert await objects.filter(at__time__lte=dt.time()).count() == 1
    assert await objects.filter(at__lt=F("at") + dt.timedelta(microseconds=1)).count() == 1
    assert await objects.annotate(day=Trunc("at", "day")).values_list("day", flat=True) == [
        MIDNIGHT
    ]


moments = st.builds(
    lambda day, micros: MIDNIGHT + dt.timedelta(days=day, microseconds=micros),
    st.integers(-1, 1),
    st.sampled_from([0, 1, 1000, 500_000, 999_999, 60_000_000, 3_600_000_000, 86_399_999_999]),
)
texts = moments.flatmap(
    lambda moment: st.tuples(st.just(moment), st.sampled_from(list(spellings(moment))))
)
zoned = moments.map(lambda moment: moment.replace(tzinfo=UTC)).flatmap(
    lambda moment: st.tuples(st.just(moment), st.sampled_from(list(zoned_spellings(moment))))
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(st.tuples(texts, zoned), min_size=1, max_size=8), pick=st.data())
async def test_any_moments_in_any_spelling(
    tables: None, rows: list[tuple[Any, Any]], pick: st.DataObject
) -> None:
    await execute_raw("DELETE FROM moment_events")
    await _insert(*[(at[1], seen[1], "10:00") for at, seen in rows])
    objects = Event.objects
    for column, held in (
        ("at", [at[0] for at, _ in rows]),
        ("seen", [seen[0] for _, seen in rows]),
    ):
        limit, end = (pick.draw(st.sampled_from(held)) for _ in range(2))
        wanted = {
            "exact": sum(moment == limit for moment in held),
            "lt": sum(moment < limit for moment in held),
            "lte": sum(moment <= limit for moment in held),
            "gt": sum(moment > limit for moment in held),
            "gte": sum(moment >= limit for moment in held),
        }
        found = {
            lookup: await objects.filter(**{f"{column}__{lookup}": limit}).count()
            for lookup in wanted
        }
        assert found == wanted
        between = sum(limit <= moment <= end for moment in held)
        assert await objects.filter(**{f"{column}__between": (limit, end)}).count() == between
        among = sum(moment in (limit, end) for moment in held)
        assert await objects.filter(**{f"{column}__in": [limit, end]}).count() == among
        assert await objects.exclude(**{f"{column}__in": [limit, end]}).count() == len(held) - among
        ordered = await objects.order_by(column, "id").values_list(column, "id")
        ids = await objects.order_by("id").values_list("id", flat=True)
        assert ordered == sorted(zip(held, ids, strict=True))
        backwards = await objects.order_by(f"-{column}").values_list(column, flat=True)
        assert backwards == sorted(held, reverse=True)
        extremes = await objects.aggregate(low=Min(column), high=Max(column))
        assert extremes == {"low": min(held), "high": max(held)}
        assert await objects.distinct().values_list(column, flat=True).count() == len(set(held))
        different = await objects.aggregate(n=Count(column, distinct=True))
        assert different == {"n": len(set(held))}
        groups = await objects.values(column).annotate(n=Count("id")).values_list(column, "n")
        assert dict(groups) == {moment: held.count(moment) for moment in held}
        assert len(groups) == len(set(held))
        numbered = objects.annotate(n=Window(RowNumber(), partition_by=[column]))
        firsts = await numbered.values_list("n", flat=True)
        assert firsts.count(1) == len(set(held))
        union = objects.filter(id__gt=0).values_list(column).union(objects.values_list(column))
        assert len(await union.all()) == len(set(held))
        first = await objects.order_by(column, "id").first()
        assert first is not None
        assert getattr(first, column) == min(held)
        years = await objects.filter(**{f"{column}__year": 2023}).count()
        assert years == sum(moment.year == 2023 for moment in held)
        dates = await objects.filter(**{f"{column}__date": limit.date()}).count()
        assert dates == sum(moment.date() == limit.date() for moment in held)
        times = await objects.filter(**{f"{column}__time": limit.time()}).count()
        assert times == sum(moment.time() == limit.time() for moment in held)


async def test_columns_compared_with_each_other(tables: None) -> None:
    for one, other in itertools.product(spellings(MIDNIGHT), repeat=2):
        await execute_raw(
            "INSERT INTO moment_events (at, seen, clock, other) VALUES (?, ?, ?, ?)",
            [one, "2024-01-01", "10:00", other],
        )
    total = await Event.objects.count()
    assert await Event.objects.filter(at=F("other")).count() == total
    assert await Event.objects.filter(at__lt=F("other")).count() == 0
    assert await Event.objects.filter(at__in=Event.objects.values_list("other")).count() == total
    times = Event.objects.filter(clock__lte=dt.time(10), clock__gte=dt.time(10))
    assert await times.count() == total


async def test_keys_and_indexes(tables: None) -> None:
    """An index still finds the rows, whose keys an older Oxyde wrote with six zeros."""
    await execute_raw(
        "INSERT INTO moment_readings (at, sensor, value, made) VALUES "
        "('2024-01-01 00:00:00.000000', 1, 5, '2024-01-01 00:00:00.000000')"
    )
    reading = await Reading.objects.get(at=MIDNIGHT, sensor=1)
    reading.value = 6
    await reading.save()
    assert await Reading.objects.bulk_update([reading], ["value"], made=F("made")) == 1
    assert await Reading.objects.filter(at__gte=MIDNIGHT).update(value=F("value") + 1) == 1
    await reading.refresh()
    assert reading.value == 7
    for query in (
        Reading.objects.filter(made=MIDNIGHT),
        Reading.objects.filter(made__lt=MIDNIGHT),
        Reading.objects.filter(made__gte=MIDNIGHT),
        Reading.objects.filter(made__between=(MIDNIGHT, MIDNIGHT)),
        Reading.objects.filter(made__in=[MIDNIGHT]),
        Reading.objects.filter(at=MIDNIGHT, sensor=1),
    ):
        plan = str(await query.explain())
        assert "SEARCH" in plan, plan
        assert "INDEX" in plan, plan
    plan = str(await Reading.objects.order_by("-made").limit(5).explain())
    assert "USING INDEX moment_readings_made_idx" in plan
    assert await reading.delete() is not False
    assert await Reading.objects.count() == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "1704067200"),
        ("at", "2460310.5"),
        ("at", "'2024-01-01 00:00:00Z'"),
        ("at", "'yesterday'"),
        ("clock", "36000"),
        ("seen", "1704067200.5"),
    ],
)
async def test_what_is_no_moment_is_refused_by_name(tables: None, column: str, value: str) -> None:
    await _insert(("2024-01-01", "2024-01-01", "10:00"))
    await execute_raw(f"UPDATE moment_events SET {column} = {value}")
    with pytest.raises(OxydeError, match=f"`{column}`"):
        await Event.objects.all()


async def test_the_first_and_the_last_year(tables: None) -> None:
    for moment in (dt.datetime.min, dt.datetime.max):
        zoned = moment.replace(tzinfo=UTC)
        await Event.objects.create(at=moment, seen=zoned, clock=moment.time())
        assert await Event.objects.filter(at=moment, seen=zoned).count() == 1
        assert await Event.objects.filter(at__in=[moment]).count() == 1
    assert await Event.objects.filter(at__lte=dt.datetime.max).count() == 2
    assert await Event.objects.filter(at__gte=dt.datetime.min).count() == 2
    assert await Event.objects.filter(at__in=[dt.datetime.min, dt.datetime.max]).count() == 2
