"""Values by column type: which are valid, how they are bound, and the type of a plain value."""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from oxyde._column_types import ADDRESSES, SCALARS
from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.hydration.range import Range
from oxyde.hydration.registered import registered_as
from oxyde.queries.types.column_types import DECIMAL, bound_of, kind_of
from oxyde.queries.types.declared_types import CLASSES, KINDS

if TYPE_CHECKING:
    from oxyde._ir import ColumnType, ScalarType

__all__ = [
    "Misfit",
    "Tag",
    "accepted_types",
    "default_type",
    "fit",
    "fitting",
    "is_vector",
    "plain",
    "plain_tag",
    "tag_of",
]


# Classes whose values may not fit: a time zone decides, or there is text to check.
_CHECKED = (dt.datetime,)
_EXACT: dict[str, frozenset[type]] = {
    kind: frozenset({python, int}) if python in (float, Decimal) else frozenset({python})
    for kind, python in CLASSES.items()
    if python not in _CHECKED
}


def accepted_types(column_type: ColumnType) -> frozenset[type]:
    """The exact Python types whose values are bound unchanged to such a column."""
    return _EXACT.get(kind_of(column_type), frozenset())


class Misfit(Exception):
    """A value that does not fit a type. Internal: callers add the location."""

    def __init__(self, hint: str | None = None) -> None:
        super().__init__(hint)
        self.hint = hint


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    raise Misfit


def _double(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise Misfit
    return value


def _decimal(value: object) -> Decimal | int:
    if isinstance(value, bool):
        raise Misfit
    if isinstance(value, Decimal | int):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    raise Misfit


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Misfit


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value) if type(value) is not str else value
    raise Misfit


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise Misfit


def _date(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        raise Misfit("compare the date: value.date()")
    if isinstance(value, dt.date):
        return value
    raise Misfit


def _time(value: object) -> dt.time:
    if isinstance(value, dt.time):
        return value
    raise Misfit


def _naive(value: object) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        hint = "use `__date`, or a datetime" if isinstance(value, dt.date) else None
        raise Misfit(hint)
    if value.tzinfo is not None:
        raise Misfit("the column has no time zone: annotate it `pydantic.AwareDatetime`")
    return value


def _aware(value: object) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        hint = "use `__date`, or a datetime" if isinstance(value, dt.date) else None
        raise Misfit(hint)
    if value.tzinfo is None:
        raise Misfit("the column has a time zone: pass a datetime with a tzinfo")
    return value


def _interval(value: object) -> dt.timedelta:
    if isinstance(value, dt.timedelta):
        return value
    raise Misfit


def _uuid(value: object) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    if isinstance(value, str):
        try:
            return uuid.UUID(value)
        except ValueError:
            raise Misfit("it is not a UUID") from None
    raise Misfit


def _inet(value: object) -> str:
    if isinstance(value, ADDRESSES):
        return str(value)
    if isinstance(value, str):
        try:
            ipaddress.ip_interface(value)
        except ValueError:
            raise Misfit("it is not an IP address") from None
        return value
    raise Misfit


def _json(value: object) -> object:
    return value


def _vector(value: object) -> object:
    if not is_vector(value):
        raise Misfit("give a list of numbers")
    return value


def is_vector(value: object) -> bool:
    """Whether a value may be a vector: a list or an array (such as numpy's), which the core
    reads."""
    return isinstance(value, list | tuple) or hasattr(value, "tolist")


_OF_FAMILY: dict[str, Callable[[object], object]] = {
    "int": _integer,
    "float": _double,
    "decimal": _decimal,
    "bool": _bool,
    "text": _text,
    "bytes": _bytes,
    "date": _date,
    "time": _time,
    "interval": _interval,
    "uuid": _uuid,
    "inet": _inet,
    "json": _json,
}
_FIT: dict[str, Callable[[object], object]] = {
    **{kind: of for family, of in _OF_FAMILY.items() for kind in KINDS[family]},
    "date_time": _naive,
    "timestamp_tz": _aware,
}


def fit(column_type: ColumnType, value: object) -> object:
    """The value as bound to such a type: the same object, or an exactly equal one.

    Raises:
        Misfit: the value is of another type.
    """
    if isinstance(value, Enum) and not isinstance(value, int | str):
        value = value.value
    if isinstance(column_type, str):
        return _FIT[column_type](value)
    if "enum" in column_type:
        labels = column_type["enum"]["values"]
        label = value.value if isinstance(value, Enum) else value
        if not isinstance(label, str):
            raise Misfit
        if label not in labels:
            raise Misfit(hint_for(label, labels))
        return label
    if "array" in column_type:
        if isinstance(value, str | bytes) or not isinstance(value, list | tuple | set | frozenset):
            raise Misfit("give a list")
        item_type = column_type["array"]["item"]
        return [None if item is None else fit(item_type, item) for item in value]
    if "custom" in column_type:
        return fit(column_type["custom"]["base"], value)
    if "vector" in column_type:
        return _vector(value)
    if "range" in column_type:
        return _range(column_type, value)
    return _FIT[next(iter(column_type))](value)


def _range(column_type: ColumnType, value: object) -> Range[Any]:
    if not isinstance(value, Range):
        raise Misfit("pass a Range(lower, upper)")
    if value.empty:
        return value
    bound_type = bound_of(column_type)
    assert bound_type is not None
    lower, upper = [
        None if bound is None else fit(bound_type, bound) for bound in (value.lower, value.upper)
    ]
    return Range(lower, upper, value.bounds)


# A kind of column type, or `null`.
Tag: TypeAlias = "ScalarType | Literal['decimal', 'null']"

_TAGS: dict[type, Tag] = {
    **{python: name for python, name in SCALARS.items() if python not in _CHECKED},
    Decimal: "decimal",
    dict: "json",
    list: "json",
    tuple: "json",
}


def plain_tag(value: object) -> Tag | None:
    """The kind of a value that is bound as it is, by its exact type; None for others."""
    return _TAGS.get(type(value))


def tag_of(value: object) -> Tag:
    """The kind of a plain value, for the shape: a kind of column type, or `null`.

    Raises:
        FieldError: no database type holds such a value.
    """
    if value is None:
        return "null"
    known = _TAGS.get(type(value))
    if known is not None:
        return known
    registered = registered_as(type(value))
    if registered is not None:
        return tag_of(registered.bound(value, "the query"))
    if isinstance(value, Enum):
        return tag_of(value.value)
    if isinstance(value, dt.datetime):
        return "date_time" if value.tzinfo is None else "timestamp_tz"
    if isinstance(value, ADDRESSES):
        return "inet"
    for parent, tag in _TAGS.items():
        if isinstance(value, parent):
            return tag
    if isinstance(value, bytearray | memoryview):
        return "bytes"
    raise FieldError(
        f"{type(value).__name__} cannot be used as a value in a query: {value!r:.80}",
        hint="pass a number, string, date, UUID, bytes, list, dict or expression",
    )


def plain(value: object) -> object:
    """A plain value in its bound form."""
    registered = registered_as(type(value))
    if registered is not None:
        return registered.bound(value, "the query")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, ADDRESSES):
        return str(value)
    return value


def default_type(tag: Tag) -> ColumnType:
    """The default column type for a tag of `tag_of`."""
    if tag == "decimal":
        return DECIMAL
    assert tag != "null"
    return tag


_COMPATIBLE = {
    "big_int": frozenset({"small_int", "integer", "big_int", "decimal", "double"}),
    "double": frozenset({"double"}),
    "decimal": frozenset({"decimal"}),
    "text": frozenset({"text", "varchar", "enum", "uuid", "inet", "json"}),
    "json": frozenset({"json", "array", "vector"}),
}


def fitting(tag: Tag, want: ColumnType | None) -> ColumnType:
    """The type that a plain value is sent as beside an expression of type `want`."""
    if want is not None:
        kind = kind_of(want)
        if kind == tag or kind in _COMPATIBLE.get(tag, ()):
            if kind in ("small_int", "integer"):
                return "big_int"
            if kind == "varchar":
                return "text"
            if kind == "decimal":
                return default_type("decimal")
            return want
    return default_type(tag)
