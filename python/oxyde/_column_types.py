"""The column type for each Python class whose values a column stores as they are.

Without the core, which is loaded when it is first used: `oxyde.queries.types.declared_types` has
what the core declares about its types.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from oxyde._ir import ScalarType

__all__ = ["ADDRESSES", "BY_CLASS", "INTEGERS", "MOMENTS", "SCALARS", "TEXTS"]

# A subclass before its base.
SCALARS: Final[dict[type[Any], ScalarType]] = {
    bool: "bool",
    int: "big_int",
    float: "double",
    str: "text",
    bytes: "bytes",
    dt.datetime: "date_time",
    dt.date: "date",
    dt.time: "time",
    dt.timedelta: "interval",
    uuid.UUID: "uuid",
}
BY_CLASS: Final[dict[type[Any], str]] = {**SCALARS, Decimal: "decimal"}

# The classes of `inet`.
ADDRESSES: Final = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
)

# Families of several types.
INTEGERS: Final = frozenset({"small_int", "integer", "big_int"})
TEXTS: Final = frozenset({"text", "varchar"})
MOMENTS: Final = frozenset({"date_time", "timestamp_tz"})
