"""Parts of random dates and times: the ranges that Oxyde makes of them, against the functions that
give the parts, and against Python.

The values lie around the bounds of years, weeks and days, around changes of clocks, and in the
first and the last year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime
from support.examples import examples
from support.reference import UTC, holds

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldLookupValueError
from oxyde.queries import Extract

Row = dict[str, Any]


class Event(Model):
    class Meta:
        is_table = True
        table_name = "parts_event"

    id: int = Field(db_pk=True)
    day: dt.date | None = None
    local: dt.datetime | None = None
    seen: AwareDatetime | None = None
    due: dt.date
    begun: dt.datetime
    sent: AwareDatetime
    found: bool = False


class Visit(Model):
    class Meta:
        is_table = True
        table_name = "parts_visit"

    id: int = Field(db_pk=True)
    event: Event | None = None


# --- values -----------------------------------------------------------------------------------

_TICK = dt.timedelta(microseconds=1)
_EDGES = [
    dt.datetime.min,
    dt.datetime(1, 1, 2),
    dt.datetime(2, 1, 1),
    dt.datetime(1969, 12, 31),
    dt.datetime(1970, 1, 1),
    # Years of weeks begin on Mondays.
    dt.datetime(2018, 12, 31),
    dt.datetime(2021, 1, 1),
    dt.datetime(2021, 1, 4),
    dt.datetime(2024, 1, 1),
    dt.datetime(2024, 2, 29),
    dt.datetime(2024, 3, 1),
    # Clocks change in New York and in Berlin.
    dt.datetime(2024, 3, 10, 7),
    dt.datetime(2024, 3, 31, 1),
    dt.datetime(2024, 10, 27, 1),
    dt.datetime(2024, 11, 3, 6),
    # Midnights there.
    dt.datetime(2023, 12, 31, 23),
    dt.datetime(2024, 1, 1, 5),
    dt.datetime(2025, 1, 1),
    dt.datetime(9998, 12, 31),
    dt.datetime(9999, 1, 1),
    dt.datetime.max,
]
_ZONES: list[dt.tzinfo] = [
    UTC,
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kathmandu"),
    dt.timezone(dt.timedelta(hours=14)),
    dt.timezone(dt.timedelta(hours=-12)),
]


def _moved(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


_MOMENTS = st.builds(
    _moved,
    st.sampled_from(_EDGES) | st.datetimes(),
    st.sampled_from([dt.timedelta(), dt.timedelta(), -_TICK, _TICK, dt.timedelta(minutes=-90)]),
)


def _in_zone(moment: dt.datetime, zone: dt.tzinfo, fold: int, by_clock: bool) -> dt.datetime:
    """A moment of UTC, or the time on a clock of the zone, which may be two moments or none; in UTC
    where the zone has no such year."""
    try:
        if by_clock:
            found = moment.replace(tzinfo=zone, fold=fold)
            found.astimezone(UTC)
            return found
        return moment.replace(tzinfo=UTC).astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


_AWARE = st.builds(_in_zone, _MOMENTS, st.sampled_from(_ZONES), st.integers(0, 1), st.booleans())
_DAYS = _MOMENTS.map(dt.datetime.date)
_YEARS = _MOMENTS.map(lambda moment: moment.year) | st.sampled_from(
    [-(2**63), -(2**31) - 1, -1, 0, 1, 2, 9998, 9999, 10_000, 2**31, 2**63 - 1]
)
_OF_COLUMN: dict[str, st.SearchStrategy[Any]] = {
    "day": _DAYS,
    "local": _MOMENTS,
    "seen": _AWARE,
    "due": _DAYS,
    "begun": _MOMENTS,
    "sent": _AWARE,
}
_OPTIONAL = ("day", "local", "seen")
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            name: st.none() | values if name in _OPTIONAL else values
            for name, values in _OF_COLUMN.items()
        }
    ),
    min_size=1,
    max_size=8,
)

# --- conditions -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """`column__part__comparison=value`."""

    column: str
    part: str
    comparison: str
    value: Any

    def lookup(self, path: str = "") -> Row:
        words = (path, self.column, self.part, self.comparison.replace("exact", ""))
        return {"__".join(filter(None, words)): self.value}

    def by_function(self) -> Any:
        """The rows by the value of a function, which no range replaces."""
        if self.part in ("month", "day") and isinstance(self.value, tuple):
            parts = dict(zip(("year", "month", "day"), self.value, strict=False))
            computed = {f"its_{part}": Extract(self.column, part) for part in parts}
            return Event.objects.annotate(**computed).filter(
                **{f"its_{part}": number for part, number in parts.items()}
            )
        computed = {"computed": Extract(self.column, self.part)}
        return Event.objects.annotate(**computed).filter(
            **{f"computed__{self.comparison}": self.value}
        )

    def holds(self, row: Row) -> bool:
        value, given = _in_utc(row[self.column]), _in_utc(self.value)
        if value is not None and self.part == "iso_year":
            return holds(self.comparison, value.isocalendar().year, given)
        if isinstance(given, tuple) and self.part in ("month", "day"):
            return holds(self.part, value, given)
        return holds("__".join(filter(None, (self.part, self.comparison))), value, given)


def _in_utc(value: Any) -> Any:
    """Moments in UTC: times that two clocks show at once are equal to none in another zone."""
    if isinstance(value, list | tuple):
        return type(value)(map(_in_utc, value))
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def _compared(value: st.SearchStrategy[Any]) -> Iterator[tuple[list[str], st.SearchStrategy[Any]]]:
    yield ["exact", "gt", "gte", "lt", "lte"], value
    yield ["in"], st.lists(value, max_size=5)
    yield ["between"], st.tuples(value, value)


def _conditions() -> Iterator[st.SearchStrategy[Condition]]:
    for column, values in _OF_COLUMN.items():
        parts = {"": values, "year": _YEARS, "iso_year": _YEARS}
        if column not in ("day", "due"):
            parts["date"] = _DAYS
        for part, value in parts.items():
            for names, each in _compared(value):
                yield st.builds(
                    Condition, st.just(column), st.just(part), st.sampled_from(names), each
                )
        for part, length in (("month", 2), ("day", 3)):
            period = _DAYS.map(lambda day, n=length: (day.year, day.month, day.day)[:n])
            yield st.builds(Condition, st.just(column), st.just(part), st.just("exact"), period)


# --- laws -------------------------------------------------------------------------------------


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Event, Visit])
    return database


async def _store(rows: list[Row]) -> None:
    """Put the events in place of those before; two visits are of each, and one of none."""
    await Visit.objects.delete()
    await Event.objects.delete()
    await Event.objects.bulk_create([{"id": n, **row} for n, row in enumerate(rows, 1)])
    visits = [{"id": n, "event_id": (n + 1) // 2} for n in range(1, 2 * len(rows) + 1)]
    await Visit.objects.bulk_create([{"id": 1000, "event_id": None}, *visits])


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


@examples(15)
@given(rows=_ROWS, conditions=st.lists(st.one_of(*_conditions()), min_size=8, max_size=8))
async def test_a_part_is_what_its_function_gives(
    tables: AsyncDatabase, rows: list[Row], conditions: list[Condition]
) -> None:
    await _store(rows)
    every = range(1, len(rows) + 1)
    for condition in conditions:
        expected = [n for n in every if condition.holds(rows[n - 1])]
        others = [n for n in every if n not in expected]
        lookup = condition.lookup()
        assert await _ids(Event.objects.filter(**lookup)) == expected, condition
        assert await _ids(Event.objects.exclude(**lookup)) == others, condition
        if condition.part:
            assert await _ids(condition.by_function()) == expected, condition
        of_event = condition.lookup("event")
        visits = [visit for n in expected for visit in (2 * n - 1, 2 * n)]
        assert await _ids(Visit.objects.filter(**of_event)) == visits, condition
        assert await Visit.objects.exclude(**of_event).count() == 2 * len(others) + 1, condition
    condition = conditions[0]
    expected = [n for n in every if condition.holds(rows[n - 1])]
    changed = Event.objects.filter(**condition.lookup())
    assert await changed.update(found=True) == len(expected), condition
    assert await _ids(Event.objects.filter(found=True)) == expected, condition
    await Visit.objects.delete()
    assert await changed.delete() == len(expected), condition
    assert await _ids(Event.objects) == [n for n in every if n not in expected], condition


async def test_periods_that_are_none(tables: AsyncDatabase) -> None:
    conditions: list[Row] = [
        {"local__year": 2**63},
        {"local__year__gt": -(2**70)},
        {"seen__iso_year": 2**64},
        {"day__month": (2**31, 1)},
        {"day__month": (2024, 2**70)},
        {"seen__day": (2024, 2, 30)},
        {"seen__month": (0, 1)},
        {"local__month": (10_000, 1)},
    ]
    for condition in conditions:
        with pytest.raises(FieldLookupValueError, match=r"`Event\."):
            await Event.objects.filter(**condition).all()
