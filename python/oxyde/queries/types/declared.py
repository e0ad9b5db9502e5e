"""The column type for a Python type, for `output=` arguments."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeGuard

from oxyde._column_types import SCALARS
from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.types.column_types import DECIMAL, JSON
from oxyde.queries.types.declared_types import NAMES, PARTS

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["output_type"]

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
