"""Cursors: a place in an order as an opaque string.

A cursor is URL-safe base64 of a MessagePack array: version, side, fingerprint of model and order,
one value per term of the order. It is not signed, so a cursor is read like any other input of a
user: what it holds must have the types of the order's terms.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgpack

from oxyde.exceptions import CursorError
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde._ir import ColumnType

__all__ = ["PAGED_KINDS", "Place", "Side", "read_cursor", "write_cursor"]

# Which rows are asked for: those behind the place, those before it; `from` and `to` include it.
Side: TypeAlias = Literal["after", "before", "from", "to"]
_SIDES: tuple[Side, ...] = ("after", "before", "from", "to")

_VERSION = 1
_MICROSECOND = dt.timedelta(microseconds=1)
_BITS = {"small_int": 15, "integer": 31, "big_int": 63}
# PostgreSQL's NUMERIC has this many digits before the decimal point.
_MOST_DIGITS = 131_072


class Place(NamedTuple):
    """A place in an order.

    Attributes:
        side: which rows a page at the place has.
        values: a value per term of the order, as the database has it; None for NULL.
    """

    side: Side
    values: tuple[Any, ...]


class _Unreadable(Exception):
    """Internal: what is wrong with a value of a cursor."""


def _is(python: type[Any]) -> Callable[[Any, ColumnType], Any]:
    def read(value: Any, column_type: ColumnType) -> Any:
        if type(value) is not python:
            raise _Unreadable
        return value

    return read


def _whole(value: Any, column_type: ColumnType) -> int:
    if type(value) is not int:
        raise _Unreadable
    # A type in the user's SQL may be unsigned.
    bits = _BITS[column_type] if isinstance(column_type, str) else 64
    if not -(2**bits) <= value < 2**bits:
        raise _Unreadable
    return value


def _string(value: Any, column_type: ColumnType) -> str:
    if type(value) is not str or "\0" in value:
        raise _Unreadable
    return value


def _label(value: Any, column_type: ColumnType) -> str:
    while isinstance(column_type, dict) and "custom" in column_type:
        column_type = column_type["custom"]["base"]
    assert isinstance(column_type, dict)
    assert "enum" in column_type
    if type(value) is not str or value not in column_type["enum"]["values"]:
        raise _Unreadable
    return value


def _number(value: Any, column_type: ColumnType) -> Decimal:
    if type(value) is not str:
        raise _Unreadable
    number = Decimal(value)
    if number.is_finite() and abs(number.adjusted()) > _MOST_DIGITS:
        raise _Unreadable
    return number


def _moment(*, aware: bool) -> Callable[[Any, ColumnType], dt.datetime]:
    def read(value: Any, column_type: ColumnType) -> dt.datetime:
        moment = dt.datetime.fromisoformat(value)
        if (moment.utcoffset() is not None) is not aware:
            raise _Unreadable
        return moment

    return read


def _time(value: Any, column_type: ColumnType) -> dt.time:
    time = dt.time.fromisoformat(value)
    if time.tzinfo is not None:
        raise _Unreadable
    return time


def _span(value: Any, column_type: ColumnType) -> dt.timedelta:
    if type(value) is not int:
        raise _Unreadable
    return dt.timedelta(microseconds=value)


def _uuid(value: Any, column_type: ColumnType) -> uuid.UUID:
    if type(value) is not bytes:
        raise _Unreadable
    return uuid.UUID(bytes=value)


def _address(value: Any, column_type: ColumnType) -> str:
    if type(value) is not str:
        raise _Unreadable
    ipaddress.ip_interface(value)
    return value


def _iso(value: dt.date | dt.time) -> str:
    return value.isoformat()


def _same(value: object) -> object:
    return value


# Kind of column type → how a value is put into a cursor, and read from it.
_FORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, ColumnType], Any]]] = {
    "small_int": (int, _whole),
    "integer": (int, _whole),
    "big_int": (int, _whole),
    "double": (float, _is(float)),
    "decimal": (str, _number),
    "bool": (bool, _is(bool)),
    "text": (_same, _string),
    "varchar": (_same, _string),
    "bytes": (bytes, _is(bytes)),
    "date": (_iso, lambda value, column_type: dt.date.fromisoformat(value)),
    "time": (_iso, _time),
    "date_time": (_iso, _moment(aware=False)),
    "timestamp_tz": (_iso, _moment(aware=True)),
    "interval": (lambda value: value // _MICROSECOND, _span),
    "uuid": (lambda value: uuid.UUID(str(value)).bytes, _uuid),
    "inet": (str, _address),
    "enum": (_same, _label),
}
# The kinds of columns whose values a cursor can hold.
PAGED_KINDS = frozenset(_FORMS)


def write_cursor(place: Place, types: Sequence[ColumnType], fingerprint: bytes) -> str:
    """A place as a cursor.

    Args:
        place: the side, and the database's values.
        types: the types of the values.
        fingerprint: that of model and order.
    """
    values = [
        None if value is None else _FORMS[kind_of(column_type)][0](value)
        for value, column_type in zip(place.values, types, strict=True)
    ]
    message: Any = msgpack.packb([_VERSION, _SIDES.index(place.side), fingerprint, values])
    return base64.urlsafe_b64encode(message).rstrip(b"=").decode("ascii")


def read_cursor(cursor: str, types: Sequence[ColumnType], fingerprint: bytes, label: str) -> Place:
    """The place that a cursor stands for.

    Args:
        cursor: from a user.
        types: the types that its values must have.
        fingerprint: that of the query's model and order.
        label: the model's name, for errors.

    Raises:
        CursorError: it is damaged, or from another model or order.
    """
    message = _unpacked(cursor, label)
    if not isinstance(message, list) or len(message) != 4:
        raise _refused(label, "it is damaged")
    version, side, made_for, values = message
    if version != _VERSION:
        raise _refused(label, "its version is not known")
    if made_for != fingerprint:
        raise _refused(label, "it belongs to another model or another order_by()")
    if type(side) is not int or not 0 <= side < len(_SIDES):
        raise _refused(label, "it is damaged")
    if not isinstance(values, list) or len(values) != len(types):
        raise _refused(label, "it is damaged")
    found: list[Any] = []
    for value, column_type in zip(values, types, strict=True):
        try:
            read = _FORMS[kind_of(column_type)][1]
            found.append(None if value is None else read(value, column_type))
        except (_Unreadable, ValueError, TypeError, OverflowError, InvalidOperation):
            raise _refused(label, "its values do not have the types of the order") from None
    return Place(_SIDES[side], tuple(found))


def _unpacked(cursor: object, label: str) -> Any:
    if not isinstance(cursor, str):
        raise _refused(label, f"a cursor is a string, not {type(cursor).__name__}")
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        return msgpack.unpackb(packed)
    except (binascii.Error, ValueError, TypeError, RecursionError, MemoryError):
        raise _refused(label, "it is damaged") from None


def _refused(label: str, why: str) -> CursorError:
    return CursorError(
        f"the cursor does not fit this query of `{label}`: {why}",
        hint="begin at the first page: leave the cursor out",
    )
