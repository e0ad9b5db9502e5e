"""`db_type`: a column type in the user's SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oxyde._column_types import INTEGERS, MOMENTS, TEXTS
from oxyde.exceptions import FieldError

if TYPE_CHECKING:
    from oxyde._ir import ColumnType

__all__ = ["typed_by_user"]

_RANGES = frozenset({"range of big_int"})

# SQL name → (families it can hold, the portable type, whether it auto-increments).
_KNOWN: dict[str, tuple[frozenset[str], ColumnType, bool]] = {
    "SMALLINT": (INTEGERS, "small_int", False),
    "INT2": (INTEGERS, "small_int", False),
    "INTEGER": (INTEGERS, "integer", False),
    "INT": (INTEGERS, "integer", False),
    "INT4": (INTEGERS, "integer", False),
    "BIGINT": (INTEGERS, "big_int", False),
    "INT8": (INTEGERS, "big_int", False),
    "SMALLSERIAL": (INTEGERS, "small_int", True),
    "SERIAL": (INTEGERS, "integer", True),
    "BIGSERIAL": (INTEGERS, "big_int", True),
    "TEXT": (TEXTS, "text", False),
    "DOUBLE PRECISION": (frozenset({"double"}), "double", False),
    "DOUBLE": (frozenset({"double"}), "double", False),
    "BOOLEAN": (frozenset({"bool"}), "bool", False),
    "BOOL": (frozenset({"bool"}), "bool", False),
    "TIMESTAMPTZ": (MOMENTS, "timestamp_tz", False),
    "TIMESTAMP WITH TIME ZONE": (MOMENTS, "timestamp_tz", False),
    "TIMESTAMP": (MOMENTS, "date_time", False),
    "TIMESTAMP WITHOUT TIME ZONE": (MOMENTS, "date_time", False),
    "DATETIME": (MOMENTS, "date_time", False),
    "DATE": (frozenset({"date"}), "date", False),
    "TIME": (frozenset({"time"}), "time", False),
    "INTERVAL": (frozenset({"interval"}), "interval", False),
    "UUID": (frozenset({"uuid"}), "uuid", False),
    "JSONB": (frozenset({"json", "array"}), "json", False),
    "JSON": (frozenset({"json", "array"}), "json", False),
    "BYTEA": (frozenset({"bytes"}), "bytes", False),
    "BLOB": (frozenset({"bytes"}), "bytes", False),
    "INET": (frozenset({"inet"}), "inet", False),
    "INT4RANGE": (_RANGES, {"range": {"item": "integer"}}, False),
    "INT8RANGE": (_RANGES, {"range": {"item": "big_int"}}, False),
}

_VARCHAR = re.compile(r"(?:VARCHAR|CHARACTER VARYING)\s*\(\s*(\d+)\s*\)")
_DECIMAL = re.compile(r"(?:NUMERIC|DECIMAL)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
_COLLATED = re.compile(r"(.*\S)\s*\bCOLLATE\s+(\w+)", re.IGNORECASE)
_SPELLING = re.compile(r"[A-Za-z_][\w ]*(?:\([\w ,.'\"-]*\))?[\w ]*(?:\[\])*", re.ASCII)


def typed_by_user(db_type: str, base: ColumnType, where: str) -> tuple[ColumnType, bool]:
    """The column type for a `db_type`. A standard SQL name becomes the portable type; anything else
    is used in the DDL unchanged, and values are bound as `base`.

    Args:
        db_type: the SQL.
        base: the type for the annotation.
        where: model and field, for messages.

    Returns:
        The type, and whether it auto-increments (SERIAL).

    Raises:
        FieldError: the string is not a type, or the type cannot hold the annotation's values.
    """
    if not _SPELLING.fullmatch(db_type.strip()):
        raise FieldError(f"{where}: db_type={db_type!r} is not an SQL type")
    family = base if isinstance(base, str) else next(iter(base))
    if isinstance(base, dict) and "range" in base:
        family = f"range of {base['range']['item']}"
    if family in TEXTS and (match := _COLLATED.fullmatch(db_type.strip())):
        inner, _ = typed_by_user(match[1], base, where)
        return {"custom": {"sql": f"{_sql(inner)} COLLATE {match[2]}", "base": inner}}, False
    name = " ".join(db_type.upper().split())
    known = _KNOWN.get(name)
    if known is not None:
        families, column_type, serial = known
        if family in families:
            return column_type, serial
        if family != "enum" and column_type != "text":
            raise FieldError(
                f"{where}: db_type={db_type!r} cannot hold the values of the annotation",
                hint="change the annotation or leave db_type out",
            )
    if family == "array" and name.startswith("VECTOR"):
        raise FieldError(
            f"{where}: db_type={db_type!r} is determined by the annotation",
            hint="annotate it Annotated[list[float], Vector(384)], without a db_type",
        )
    if family in TEXTS and (match := _VARCHAR.fullmatch(name)):
        return {"varchar": {"length": int(match[1])}}, False
    if family == "decimal" and (match := _DECIMAL.fullmatch(name)):
        return {"decimal": {"precision": int(match[1]), "scale": int(match[2] or 0)}}, False
    if family == "enum" and name.isidentifier() and known is None:
        return base, False
    return {"custom": {"sql": db_type.strip(), "base": base}}, False


def _sql(column_type: ColumnType) -> str:
    """A type of text as SQL."""
    if isinstance(column_type, str):
        return column_type.upper()
    if "varchar" in column_type:
        return f"VARCHAR({column_type['varchar']['length']})"
    assert "custom" in column_type
    return column_type["custom"]["sql"]
