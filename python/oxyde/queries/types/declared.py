"""The column type for a Python type, for `output=` arguments."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeGuard

from oxyde._column_types import SCALARS
from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.types.column_types import DECIMAL, JSON
from oxyde.queries.types.declared_types import NAMES, PARTS

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["check_numbers", "output_type"]

_WITH_NUMBERS = re.compile(
    r"(decimal|numeric|varchar) ?\( ?(\d{1,9}) ?(?:, ?(\d{1,9}) ?)?\)", re.IGNORECASE | re.ASCII
)
# The most digits that each database can hold, those after the point among them.
_MOST_DIGITS, _MOST_PLACES = 65, 30

_TYPES: dict[Any, _ir.ColumnType] = {
    **SCALARS,
    Decimal: DECIMAL,
    dict: JSON,
    list: JSON,
    ipaddress.IPv4Address: "inet",
    ipaddress.IPv6Address: "inet",
}


def output_type(output: object) -> _ir.ColumnType:
    """The column type for a Python type, or for the name of a column type.

    Raises:
        FieldError: there is no such type.
    """
    if isinstance(output, str) and output in NAMES:
        return NAMES[output]
    numbered = _WITH_NUMBERS.fullmatch(output) if isinstance(output, str) else None
    if numbered is not None:
        return _with_numbers(*numbered.groups())
    if _has_parts(output):
        return output
    try:
        found = _TYPES.get(output)
    except TypeError:
        found = None
    if found is None:
        raise FieldError(
            f"{output!r:.80} is not a supported output type",
            hint=(hint_for(output, NAMES) if isinstance(output, str) else None)
            or "give int, float, Decimal, str, bool, datetime, date, time, timedelta, UUID, "
            'bytes, dict, or "timestamp_tz"',
        )
    return found


def _with_numbers(name: str, first: str, second: str | None) -> _ir.ColumnType:
    if name.lower() == "varchar":
        if second is not None:
            raise FieldError(f"varchar takes one length, not ({first}, {second})")
        return {"varchar": {"length": int(first)}}
    return {"decimal": {"precision": int(first), "scale": int(second or 0)}}


def check_numbers(column_type: _ir.ColumnType) -> None:
    """Check the digits of a decimal, or the length of a string.

    Raises:
        FieldError: not every database has such a type.
    """
    if isinstance(column_type, str):
        return
    if "decimal" in column_type:
        digits, places = column_type["decimal"]["precision"], column_type["decimal"]["scale"]
        if digits is None:
            return
        places = places or 0
        if not 1 <= digits <= _MOST_DIGITS or not 0 <= places <= min(digits, _MOST_PLACES):
            raise FieldError(
                f"a decimal has 1 to {_MOST_DIGITS} digits, of which up to {_MOST_PLACES} are "
                f"after the point, not ({digits}, {places})"
            )
    elif "varchar" in column_type and column_type["varchar"]["length"] < 1:
        raise FieldError("the length of a string must be at least 1")


def _has_parts(output: object) -> TypeGuard[_ir.ColumnType]:
    """Whether it is a column type with arguments.

    Raises:
        FieldError: it looks like one but is invalid.
    """
    if not isinstance(output, dict) or len(output) != 1:
        return False
    name, parts = next(iter(output.items()))
    known = PARTS.get(name)
    if known is None or not isinstance(parts, dict) or parts.keys() != known:
        raise FieldError(f"{output!r:.80} is not a column type", hint=_shown(name))
    return True


def _shown(name: object) -> str | None:
    known = PARTS.get(str(name))
    if known is None:
        return hint_for(str(name), PARTS)
    return f"{{{name!r}: {{{', '.join(f'{each!r}: …' for each in sorted(known))}}}}}"
