"""The first moment of a month or a day, and the first moment after it."""

from __future__ import annotations

import datetime as dt
from typing import Any

__all__ = ["period"]


def period(kind: str, numbers: tuple[int, ...]) -> tuple[Any, Any | None]:
    """The bounds of a month (year, month) or day (year, month, day): from, and before.

    The end is None for the last month or day that Python knows (of the year 9999).

    Args:
        kind: the kind of column the bounds are for; with a time zone they are in UTC.

    Raises:
        ValueError: there is no such month or day.
    """
    year, month = numbers[0], numbers[1]
    start = dt.date(year, month, numbers[2] if len(numbers) > 2 else 1)
    end: dt.date | None
    try:
        if len(numbers) > 2:
            end = start + dt.timedelta(days=1)
        else:
            end = dt.date(year + month // 12, month % 12 + 1, 1)
    except (OverflowError, ValueError):
        end = None
    if kind == "date":
        return start, end
    zone = dt.timezone.utc if kind == "timestamp_tz" else None
    midnight = dt.time(0, tzinfo=zone)
    after = None if end is None else dt.datetime.combine(end, midnight)
    return dt.datetime.combine(start, midnight), after
