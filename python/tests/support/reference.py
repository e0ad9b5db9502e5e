"""What each lookup means, in plain Python: the databases' answers are held against it.

NULL fulfils no lookup but `isnull=True`; a negation is the complement. Texts fold their case letter
by letter (Unicode's simple lower-case), week days count from Sunday = 1, moments with a time zone
are looked at in UTC, and the seconds of a moment are whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

UTC = dt.timezone.utc


def fold(text: str) -> str:
    """The text in lower case."""
    return text.lower()


def _utc(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def week_day(value: dt.date) -> int:
    """1 (Sunday) to 7 (Saturday)."""
    return value.isoweekday() % 7 + 1


def quarter(value: dt.date) -> int:
    """1 to 4."""
    return (value.month + 2) // 3


PARTS: Mapping[str, Callable[[Any], Any]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "week_day": week_day,
    "quarter": quarter,
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "date": lambda value: value.date(),
    "time": lambda value: value.time(),
}

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, given: value == given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "in": lambda value, given: value in given,
    "between": lambda value, given: given[0] <= value <= given[1],
    "range": lambda value, given: given[0] <= value <= given[1],
}

TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "iexact": lambda value, given: fold(value) == fold(given),
    "contains": lambda value, given: given in value,
    "icontains": lambda value, given: fold(given) in fold(value),
    "startswith": lambda value, given: value.startswith(given),
    "istartswith": lambda value, given: fold(value).startswith(fold(given)),
    "endswith": lambda value, given: value.endswith(given),
    "iendswith": lambda value, given: fold(value).endswith(fold(given)),
    "regex": lambda value, given: re.search(given, value) is not None,
    "iregex": lambda value, given: re.search(given, value, re.IGNORECASE) is not None,
}


def _part(name: str, value: Any, given: Any) -> bool:
    if isinstance(given, tuple):  # month=(2024, 5), day=(2024, 5, 17)
        numbers = (value.year, value.month, value.day)
        return numbers[: len(given)] == given
    return bool(PARTS[name](value) == given)


def holds(lookup: str, value: Any, given: Any) -> bool:
    """Whether `field__lookup=given` finds a row whose field has the value.

    Args:
        lookup: one lookup, or a part of a date and a comparison: "year__gte".
        value: what is in the row.
        given: what the lookup was given.
    """
    if lookup == "isnull" or (lookup == "exact" and given is None):
        return (value is None) is (given if lookup == "isnull" else True)
    if value is None:
        return False
    value, given = _utc(value), _utc(given)
    if "__" in lookup:
        part, lookup = lookup.split("__")
        value = PARTS[part](value)
    elif lookup in PARTS:
        return _part(lookup, value, given)
    known = COMPARISONS.get(lookup) or TEXTS[lookup]
    return known(value, given)


def json_contains(value: Any, given: Any, *, items: bool = False) -> bool:
    """Whether one JSON document holds another.

    Args:
        value: the document.
        given: what may be in it.
        items: whether a list holds its own items (``[1, 2]`` holds ``1``), as MySQL's and MariaDB's
            JSON_CONTAINS has it; PostgreSQL's `@>` has it not.
    """
    if isinstance(value, dict) and isinstance(given, dict):
        return all(
            key in value and json_contains(value[key], item, items=items)
            for key, item in given.items()
        )
    if isinstance(value, list) and isinstance(given, list):
        return all(any(json_contains(have, item, items=items) for have in value) for item in given)
    if items and isinstance(value, list):
        return any(json_contains(have, given, items=items) for have in value)
    return json_equal(value, given)


def json_equal(value: Any, given: Any) -> bool:
    """Whether two JSON documents are equal: a truth value is no number."""
    if isinstance(value, bool) or isinstance(given, bool):
        return value is given
    if isinstance(value, dict) and isinstance(given, dict):
        return value.keys() == given.keys() and all(
            json_equal(value[key], given[key]) for key in value
        )
    if isinstance(value, list) and isinstance(given, list):
        return len(value) == len(given) and all(map(json_equal, value, given))
    return bool(value == given)
