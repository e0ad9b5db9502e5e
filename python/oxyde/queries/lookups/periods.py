"""The start of a year, month or day, and the start of the next one."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeAlias

__all__ = ["Period", "moment", "period", "year", "year_of_weeks"]

# The first day, and the first day after; None where Python knows none: after the year 9999.
Period: TypeAlias = "tuple[dt.date, dt.date | None]"


def period(numbers: tuple[int, ...]) -> Period:
    """The bounds of a month (year, month) or a day (year, month, day).

    Raises:
        ValueError: there is no such month or day.
    """
    year, month = numbers[0], numbers[1]
    start = _date(year, month, numbers[2] if len(numbers) > 2 else 1)
    try:
        if len(numbers) > 2:
            return start, start + dt.timedelta(days=1)
        return start, dt.date(year + month // 12, month % 12 + 1, 1)
    except (OverflowError, ValueError):
        return start, None


def year(number: int) -> Period:
    """The bounds of a year.

    Raises:
        ValueError: Python knows no such year.
    """
    start = _date(number, 1, 1)
    return start, None if number == dt.MAXYEAR else dt.date(number + 1, 1, 1)


def _date(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except OverflowError:
        raise ValueError("a number of the date is out of range") from None


def year_of_weeks(number: int) -> Period:
    """The bounds of a year of whole weeks (ISO 8601).

    Raises:
        ValueError: Python knows no such year.
    """
    start = dt.date.fromisocalendar(number, 1, 1)
    return start, None if number == dt.MAXYEAR else dt.date.fromisocalendar(number + 1, 1, 1)


def moment(kind: str, day: dt.date) -> Any:
    """The begin of a day as a value of a kind of column; with a time zone it is in UTC."""
    if kind == "date":
        return day
    zone = dt.timezone.utc if kind == "timestamp_tz" else None
    return dt.datetime.combine(day, dt.time(0, tzinfo=zone))
