"""What each lookup takes: the argument's form, and the kinds of column.

The core renders them (`_core.LOOKUPS`); a test holds this table to that one.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["PARTS", "SPECS", "Spec", "part_type"]

Takes = Literal[
    "value",
    "text",
    "list",
    "pair",
    "flag",
    "number",
    "date",
    "time",
    "key",
    "keys",
    "json",
    "items",
]

_NUMBERS = frozenset({"small_int", "integer", "big_int", "double", "decimal"})
_TEXTS = frozenset({"text", "varchar"})
_DATES = frozenset({"date", "date_time", "timestamp_tz"})
_TIMES = frozenset({"time", "date_time", "timestamp_tz"})
_ORDERED = (
    _NUMBERS | _TEXTS | _DATES | _TIMES | {"interval", "uuid", "bytes", "inet", "enum", "bool"}
)
_ALL = _ORDERED | {"json", "array", "vector"}


class Spec(NamedTuple):
    """A lookup: its name, what its argument is, and which kinds of column it is for."""

    name: str
    takes: Takes
    kinds: frozenset[str]


_TEXTUAL = _TEXTS | {"enum", "uuid", "inet"}
_MOMENTS = frozenset({"date_time", "timestamp_tz"})

_TABLE: Final = [
    Spec("exact", "value", _ALL),
    Spec("isnull", "flag", _ALL),
    Spec("in", "list", _ORDERED),
    *(Spec(name, "value", _ORDERED) for name in ("gt", "gte", "lt", "lte")),
    *(Spec(name, "pair", _ORDERED) for name in ("between", "range")),
    *(
        Spec(name, "text", _TEXTUAL)
        for name in (
            "iexact",
            "icontains",
            "startswith",
            "istartswith",
            "endswith",
            "iendswith",
            "regex",
            "iregex",
        )
    ),
    Spec("contains", "text", _TEXTUAL | {"json", "array"}),
    Spec("search", "text", _TEXTS),
    *(
        Spec(name, "number", _DATES)
        for name in (
            "year",
            "iso_year",
            "quarter",
            "month",
            "week",
            "day",
            "week_day",
            "iso_week_day",
        )
    ),
    *(Spec(name, "number", _TIMES) for name in ("hour", "minute", "second")),
    Spec("date", "date", _MOMENTS),
    Spec("time", "time", _MOMENTS),
    Spec("has_key", "key", frozenset({"json"})),
    Spec("has_keys", "keys", frozenset({"json"})),
    Spec("has_any_keys", "keys", frozenset({"json"})),
    Spec("contained_by", "json", frozenset({"json", "array"})),
    Spec("overlap", "items", frozenset({"array"})),
    Spec("len", "number", frozenset({"array"})),
]

SPECS: Final[dict[str, Spec]] = {spec.name: spec for spec in _TABLE}

# Parts that may be followed by a comparison (`created__year__gte`), and the functions for them.
PARTS: Final[dict[str, str]] = {
    **{
        spec.name: f"extract_{spec.name}"
        for spec in _TABLE
        if spec.takes in ("number", "date", "time") and spec.name != "len"
    },
    "len": "array_length",
}


def part_type(part: str) -> str:
    """The column type of a part."""
    return part if part in ("date", "time") else "big_int"
