"""Column types as Python sees them: kinds, the values each takes, the type of a lone value."""

from __future__ import annotations

import datetime as dt
import difflib
import ipaddress
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from oxyde._ir import ColumnType
from oxyde.exceptions import FieldError

__all__ = [
    "BIG_INT",
    "BOOL",
    "DECIMAL",
    "DOUBLE",
    "JSON",
    "TEXT",
    "accepted_types",
    "default_type",
    "fit",
    "hint_for",
    "is_vector",
    "kind_of",
    "tag_of",
    "type_name",
]

BIG_INT: ColumnType = "big_int"
BOOL: ColumnType = "bool"
DOUBLE: ColumnType = "double"
TEXT: ColumnType = "text"
JSON: ColumnType = "json"
DECIMAL: ColumnType = {"decimal": {"precision": None, "scale": None}}

INTEGERS = frozenset({"small_int", "integer", "big_int"})
NUMBERS = INTEGERS | {"double", "decimal"}
TEXTS = frozenset({"text", "varchar"})
MOMENTS = frozenset({"date_time", "timestamp_tz"})

_IP = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
)


def kind_of(column_type: ColumnType) -> str:
    """The name of a type without its arguments; for a type of the user's own, that of its base."""
    if isinstance(column_type, str):
        return column_type
    name = next(iter(column_type))
    if name == "custom":
        return kind_of(column_type["custom"]["base"])
    return name


def type_name(annotation: Any) -> str:
    """How an annotation is called in messages: `int`, `str | None`."""
    if isinstance(annotation, type) and not hasattr(annotation, "__origin__"):
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def hint_for(name: str, candidates: Iterable[str]) -> str | None:
    """A `did you mean …?`, or the names that there are when none is near."""
    known = sorted(set(candidates))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if known and len(known) <= 40:
        return f"there are: {', '.join(known)}"
    return None


_EXACT: dict[str, frozenset[type]] = {
    "small_int": frozenset({int}),
    "integer": frozenset({int}),
    "big_int": frozenset({int}),
    "double": frozenset({float, int}),
    "decimal": frozenset({Decimal, int}),
    "bool": frozenset({bool}),
    "text": frozenset({str}),
    "varchar": frozenset({str}),
    "bytes": frozenset({bytes}),
    "date": frozenset({dt.date}),
    "time": frozenset({dt.time}),
    "interval": frozenset({dt.timedelta}),
    "uuid": frozenset({uuid.UUID}),
}


def accepted_types(column_type: ColumnType) -> frozenset[type]:
    """The exact Python types whose values go to such a column as they are."""
    return _EXACT.get(kind_of(column_type), frozenset())


class Misfit(Exception):
    """A value that does not fit a type. Internal: callers say where."""

    def __init__(self, hint: str | None = None) -> None:
        super().__init__(hint)
        self.hint = hint


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    raise Misfit


def _double(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise Misfit
    return value


def _decimal(value: Any) -> Any:
    if isinstance(value, bool):
        raise Misfit
    if isinstance(value, Decimal | int):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    raise Misfit


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Misfit


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return str(value) if type(value) is not str else value
    raise Misfit


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise Misfit


def _date(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        raise Misfit("compare the date: value.date()")
    if isinstance(value, dt.date):
        return value
    raise Misfit


def _time(value: Any) -> Any:
    if isinstance(value, dt.time):
        return value
    raise Misfit


def _naive(value: Any) -> Any:
    if not isinstance(value, dt.datetime):
        hint = "use `__date`, or a datetime" if isinstance(value, dt.date) else None
        raise Misfit(hint)
    if value.tzinfo is not None:
        raise Misfit("the column has no time zone: annotate it `pydantic.AwareDatetime`")
    return value


def _aware(value: Any) -> Any:
    if not isinstance(value, dt.datetime):
        hint = "use `__date`, or a datetime" if isinstance(value, dt.date) else None
        raise Misfit(hint)
    if value.tzinfo is None:
        raise Misfit("the column has a time zone: give the datetime a tzinfo")
    return value


def _interval(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return value
    raise Misfit


def _uuid(value: Any) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    if isinstance(value, str):
        try:
            return uuid.UUID(value)
        except ValueError:
            raise Misfit("it is no UUID") from None
    raise Misfit


def _inet(value: Any) -> str:
    if isinstance(value, _IP):
        return str(value)
    if isinstance(value, str):
        try:
            ipaddress.ip_interface(value)
        except ValueError:
            raise Misfit("it is no IP address") from None
        return value
    raise Misfit


def _json(value: Any) -> Any:
    return value


def _vector(value: Any) -> Any:
    if not is_vector(value):
        raise Misfit("give a list of numbers")
    return value


def is_vector(value: Any) -> bool:
    """Whether a value may be a vector: a list, or an array (numpy's, say), which the core reads."""
    return isinstance(value, list | tuple) or hasattr(value, "tolist")


_FIT: dict[str, Callable[[Any], Any]] = {
    "small_int": _integer,
    "integer": _integer,
    "big_int": _integer,
    "double": _double,
    "decimal": _decimal,
    "bool": _bool,
    "text": _text,
    "varchar": _text,
    "bytes": _bytes,
    "date": _date,
    "time": _time,
    "date_time": _naive,
    "timestamp_tz": _aware,
    "interval": _interval,
    "uuid": _uuid,
    "inet": _inet,
    "json": _json,
}


def fit(column_type: ColumnType, value: Any) -> Any:
    """The value as it is bound to such a type: the same one, or an exact equal of it.

    Raises:
        Misfit: the value is of another type.
    """
    if isinstance(value, Enum) and not isinstance(value, int | str):
        value = value.value
    if isinstance(column_type, str):
        return _FIT[column_type](value)
    name, detail = next(iter(column_type.items()))
    if name == "enum":
        label = value.value if isinstance(value, Enum) else value
        if not isinstance(label, str):
            raise Misfit
        if label not in detail["values"]:
            raise Misfit(hint_for(label, detail["values"]))
        return label
    if name == "array":
        if isinstance(value, str | bytes) or not isinstance(value, list | tuple | set | frozenset):
            raise Misfit("give a list")
        return [None if item is None else fit(detail["item"], item) for item in value]
    if name == "custom":
        return fit(detail["base"], value)
    if name == "vector":
        return _vector(value)
    return _FIT[name](value)


_TAGS: dict[type, str] = {
    bool: "bool",
    int: "big_int",
    float: "double",
    Decimal: "decimal",
    str: "text",
    bytes: "bytes",
    dt.date: "date",
    dt.time: "time",
    dt.timedelta: "interval",
    uuid.UUID: "uuid",
    dict: "json",
    list: "json",
    tuple: "json",
}


def tag_of(value: Any) -> str:
    """What a lone value is, as part of the shape: a kind of column type, or `null`.

    Raises:
        FieldError: no database type holds such a value.
    """
    if value is None:
        return "null"
    known = _TAGS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Enum):
        return tag_of(value.value)
    if isinstance(value, dt.datetime):
        return "date_time" if value.tzinfo is None else "timestamp_tz"
    if isinstance(value, _IP):
        return "inet"
    for parent, tag in _TAGS.items():
        if isinstance(value, parent):
            return tag
    if isinstance(value, bytearray | memoryview):
        return "bytes"
    raise FieldError(
        f"{type(value).__name__} is no type of value for a query: {value!r:.80}",
        hint="give a number, text, date, UUID, bytes, list, dict or an expression",
    )


def plain(value: Any) -> Any:
    """A lone value as it is bound."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _IP):
        return str(value)
    return value


def default_type(tag: str) -> ColumnType:
    """The column type for a tag of `tag_of`, where nothing around it says another."""
    return DECIMAL if tag == "decimal" else tag
