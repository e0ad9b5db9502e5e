"""The column type for a Python type, where a user says what an expression gives."""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from decimal import Decimal
from typing import Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.columns import DECIMAL, JSON, hint_for

__all__ = ["output_type"]

_TYPES: dict[Any, _ir.ColumnType] = {
    bool: "bool",
    int: "big_int",
    float: "double",
    Decimal: DECIMAL,
    str: "text",
    bytes: "bytes",
    dt.date: "date",
    dt.time: "time",
    dt.datetime: "date_time",
    dt.timedelta: "interval",
    uuid.UUID: "uuid",
    dict: JSON,
    list: JSON,
    ipaddress.IPv4Address: "inet",
    ipaddress.IPv6Address: "inet",
}
_NAMES = frozenset(each for each in _TYPES.values() if isinstance(each, str)) | {
    "small_int",
    "integer",
    "timestamp_tz",
}

_WITH_PARTS = {
    "decimal": {"precision", "scale"},
    "varchar": {"length"},
    "array": {"item"},
    "enum": {"name", "values"},
    "custom": {"sql", "base"},
    "vector": {"dimensions"},
}


def output_type(output: Any) -> _ir.ColumnType:
    """The column type for a Python type, or for the name of a column type.

    Raises:
        FieldError: there is none.
    """
    if isinstance(output, str) and output in _NAMES:
        return output
    if isinstance(output, dict) and len(output) == 1:
        name, parts = next(iter(output.items()))
        known = _WITH_PARTS.get(name)
        if known is None or not isinstance(parts, dict) or parts.keys() != known:
            raise FieldError(f"{output!r:.80} is no column type", hint=_shown(name))
        return output
    try:
        found = _TYPES.get(output)
    except TypeError:
        found = None
    if found is None:
        raise FieldError(
            f"{output!r:.80} is no type of a value",
            hint=(hint_for(output, _NAMES) if isinstance(output, str) else None)
            or "give int, float, Decimal, str, bool, datetime, date, time, timedelta, UUID, "
            'bytes, dict, or "timestamp_tz"',
        )
    return found


def _shown(name: object) -> str | None:
    known = _WITH_PARTS.get(str(name))
    if known is None:
        return hint_for(str(name), _WITH_PARTS)
    return f"{{{name!r}: {{{', '.join(f'{each!r}: …' for each in sorted(known))}}}}}"
