"""Values compared with JSON: their kinds, and their form in a document."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pydantic
from pydantic_core import to_jsonable_python

from oxyde.queries.types.column_types import DECIMAL, INTEGERS, kind_of
from oxyde.queries.types.values import plain, tag_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.lookups.lookup import Resolved

__all__ = ["ORDER_LOOKUPS", "READ_AS", "SENT_AS", "as_decimal", "prepared", "wanted_beside"]

ORDER_LOOKUPS = frozenset({"gt", "gte", "lt", "lte", "between", "range"})

# The kinds of values, and the type that part of a document is read as for each. Numbers are
# compared as JSON, since they may have a fraction or any number of digits.
READ_AS: dict[str, _ir.ColumnType] = {
    "number": "json",
    "decimal": DECIMAL,
    "text": "text",
    "bool": "bool",
    "json": "json",
    "null": "json",
}
# The type that a value of each kind is sent as.
SENT_AS: dict[str, _ir.ColumnType] = {
    "number": "double",
    "decimal": DECIMAL,
    "text": "text",
    "bool": "bool",
    "json": "json",
}
# Number types that part of a document is not read as, since it may have a fraction.
_PLAIN_NUMBERS = INTEGERS | {"double"}
# Kinds that are strings in JSON and sort like strings.
_ORDERED = frozenset({"text", "date", "time", "date_time", "uuid"})


def prepared(resolved: Resolved, value: object) -> tuple[str, Any]:
    """The kind of a value, and the bound value.

    Raises:
        FieldLookupValueError: JSON has no such value, or no order of such values.
    """
    orders = resolved.spec.name in ORDER_LOOKUPS
    if isinstance(value, pydantic.BaseModel):
        value = value.model_dump(mode="json")
    tag = tag_of(value)
    value = plain(value)
    if isinstance(value, int | float | Decimal) and tag != "bool":
        if not math.isfinite(value):
            raise resolved.refuse(value, "JSON has no NaN and no infinity")
        return "decimal" if tag == "decimal" else "number", value
    if tag in ("bool", "null"):
        return tag, value
    if orders and (tag not in _ORDERED or getattr(value, "tzinfo", None) is not None):
        raise resolved.refuse(value, "JSON orders only numbers, strings and booleans")
    if tag == "text":
        return tag, str(value)
    if tag == "json":
        return tag, value
    return "text", to_jsonable_python(value)


def as_decimal(value: str | float | Decimal) -> Decimal:
    """A number as a Decimal."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def wanted_beside(
    scope: Scope, beside: _ir.ColumnType | None, value: Expression
) -> _ir.ColumnType | None:
    """The wanted type of a value that is compared with one of type `beside`. A number in JSON may
    have a fraction, so it is compared as JSON."""
    if beside is None or kind_of(beside) not in _PLAIN_NUMBERS or not value.is_json_part(scope):
        return beside
    return None
