"""Frequently used column types, and the kinds of types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde._column_types import INTEGERS, MOMENTS, TEXTS

if TYPE_CHECKING:
    from oxyde._ir import ColumnType

__all__ = [
    "BIG_INT",
    "BOOL",
    "DECIMAL",
    "DOUBLE",
    "INTEGERS",
    "JSON",
    "MOMENTS",
    "NUMBERS",
    "TEXT",
    "TEXTS",
    "bound_of",
    "item_of",
    "kind_of",
]

BIG_INT: ColumnType = "big_int"
BOOL: ColumnType = "bool"
DOUBLE: ColumnType = "double"
TEXT: ColumnType = "text"
JSON: ColumnType = "json"
DECIMAL: ColumnType = {"decimal": {"precision": None, "scale": None}}

NUMBERS = INTEGERS | {"double", "decimal"}


def kind_of(column_type: ColumnType) -> str:
    """The name of a type without its arguments; for a custom type, the name of its base."""
    if isinstance(column_type, str):
        return column_type
    if "custom" in column_type:
        return kind_of(column_type["custom"]["base"])
    return next(iter(column_type))


def item_of(column_type: ColumnType) -> ColumnType | None:
    """The item type of an array; None for other types."""
    if isinstance(column_type, str):
        return None
    if "custom" in column_type:
        return item_of(column_type["custom"]["base"])
    return column_type["array"]["item"] if "array" in column_type else None


def bound_of(column_type: ColumnType | None) -> ColumnType | None:
    """The type of the bounds of a range; None where the type is not one."""
    if column_type is None or isinstance(column_type, str):
        return None
    if "custom" in column_type:
        return bound_of(column_type["custom"]["base"])
    if "range" not in column_type:
        return None
    item = column_type["range"]["item"]
    return DECIMAL if item == "decimal" else item
