"""What a column takes, as constraints of Pydantic's.

The models themselves do not have them: rows that other programs wrote would be refused, and reading
would be slower. Input from outside is checked where it comes in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

if TYPE_CHECKING:
    from oxyde._ir import ColumnType

__all__ = ["FitsColumn"]

_BITS = {"small_int": 15, "integer": 31, "big_int": 63}
_LENGTH = re.compile(r"N?(?:VAR)?CHAR(?:ACTER)?(?:\s+VARYING)?\s*\(\s*(\d+)\s*\)", re.IGNORECASE)
# Schemas around that of the value, which have it under `schema`.
_AROUND = frozenset({"nullable", "default"})


class FitsColumn:
    """Metadata of an annotation: values fit a column of this type.

    Integers have the column's range, strings its length and no NUL, floats are finite, datetimes
    naive or aware. What the field itself declares is kept where it is narrower.
    """

    __slots__ = ("_column_type",)

    def __init__(self, column_type: ColumnType) -> None:
        self._column_type: ColumnType = column_type

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _fitted(handler(source), self._column_type)

    def __repr__(self) -> str:
        return f"FitsColumn({self._column_type!r})"


def _fitted(schema: CoreSchema, column_type: ColumnType) -> CoreSchema:
    kind: str = schema["type"]
    if kind in _AROUND:
        inner = _fitted(cast("Any", schema)["schema"], column_type)
        return _with(schema, {"schema": inner})
    if kind == "list" and not isinstance(column_type, str) and "array" in column_type:
        items: CoreSchema = cast("Any", schema).get("items_schema", core_schema.any_schema())
        return _with(schema, {"items_schema": _fitted(items, column_type["array"]["item"])})
    if kind == "int" and isinstance(column_type, str) and column_type in _BITS:
        return _whole(schema, _BITS[column_type])
    if kind == "float":
        return _with(schema, {"allow_inf_nan": schema.get("allow_inf_nan", False)})
    if kind == "str":
        return _string(schema, column_type)
    if kind == "decimal":
        return _decimal(schema, column_type)
    if kind == "datetime" and column_type in ("date_time", "timestamp_tz"):
        zone = "naive" if column_type == "date_time" else "aware"
        return _with(schema, {"tz_constraint": schema.get("tz_constraint", zone)})
    if kind == "time" and column_type == "time":
        return _with(schema, {"tz_constraint": "naive"})
    return schema


def _with(schema: CoreSchema, values: Mapping[str, object]) -> CoreSchema:
    return cast("CoreSchema", {**schema, **values})


def _whole(schema: CoreSchema, bits: int) -> CoreSchema:
    least, most = -(2**bits), 2**bits - 1
    values = cast("dict[str, Any]", schema)
    narrowed: dict[str, int] = {}
    if max(values.get("ge", least), values.get("gt", least)) <= least:
        narrowed["ge"] = least
    if min(values.get("le", most), values.get("lt", most)) >= most:
        narrowed["le"] = most
    return _with(schema, narrowed)


def _string(schema: CoreSchema, column_type: ColumnType) -> CoreSchema:
    length = _length_of(column_type)
    if length is not None:
        own: int | None = cast("Any", schema).get("max_length")
        schema = _with(schema, {"max_length": length if own is None else min(own, length)})
    return core_schema.no_info_after_validator_function(_without_nul, schema)


def _length_of(column_type: ColumnType) -> int | None:
    if isinstance(column_type, str):
        return None
    if "varchar" in column_type:
        return column_type["varchar"]["length"]
    if "custom" in column_type:
        found = _LENGTH.match(column_type["custom"]["sql"])
        return None if found is None else int(found[1])
    return None


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("string_nul", "String should not contain the character NUL")
    return value


def _decimal(schema: CoreSchema, column_type: ColumnType) -> CoreSchema:
    if isinstance(column_type, str) or "decimal" not in column_type:
        return schema
    digits, places = column_type["decimal"]["precision"], column_type["decimal"]["scale"]
    values = cast("dict[str, Any]", schema)
    narrowed: dict[str, int] = {}
    if digits is not None and values.get("max_digits") is None:
        narrowed["max_digits"] = digits
    if digits is not None and values.get("decimal_places") is None:
        narrowed["decimal_places"] = places or 0
    return _with(schema, narrowed)
