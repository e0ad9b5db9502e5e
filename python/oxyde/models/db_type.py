"""`db_type`: the type that the user spelled."""

from __future__ import annotations

import re
from typing import Any

from oxyde.exceptions import FieldError

__all__ = ["typed_by_user"]

ColumnType = dict[str, Any] | str

_INTEGERS = frozenset({"small_int", "integer", "big_int"})
_TEXTS = frozenset({"text", "varchar"})
_MOMENTS = frozenset({"date_time", "timestamp_tz"})

# SQL name → (families it is for, the type in the words of no database, counts up).
_KNOWN: dict[str, tuple[frozenset[str], str, bool]] = {
    "SMALLINT": (_INTEGERS, "small_int", False),
    "INT2": (_INTEGERS, "small_int", False),
    "INTEGER": (_INTEGERS, "integer", False),
    "INT": (_INTEGERS, "integer", False),
    "INT4": (_INTEGERS, "integer", False),
    "BIGINT": (_INTEGERS, "big_int", False),
    "INT8": (_INTEGERS, "big_int", False),
    "SMALLSERIAL": (_INTEGERS, "small_int", True),
    "SERIAL": (_INTEGERS, "integer", True),
    "BIGSERIAL": (_INTEGERS, "big_int", True),
    "TEXT": (_TEXTS, "text", False),
    "DOUBLE PRECISION": (frozenset({"double"}), "double", False),
    "DOUBLE": (frozenset({"double"}), "double", False),
    "BOOLEAN": (frozenset({"bool"}), "bool", False),
    "BOOL": (frozenset({"bool"}), "bool", False),
    "TIMESTAMPTZ": (_MOMENTS, "timestamp_tz", False),
    "TIMESTAMP WITH TIME ZONE": (_MOMENTS, "timestamp_tz", False),
    "TIMESTAMP": (_MOMENTS, "date_time", False),
    "TIMESTAMP WITHOUT TIME ZONE": (_MOMENTS, "date_time", False),
    "DATETIME": (_MOMENTS, "date_time", False),
    "DATE": (frozenset({"date"}), "date", False),
    "TIME": (frozenset({"time"}), "time", False),
    "INTERVAL": (frozenset({"interval"}), "interval", False),
    "UUID": (frozenset({"uuid"}), "uuid", False),
    "JSONB": (frozenset({"json", "array"}), "json", False),
    "JSON": (frozenset({"json", "array"}), "json", False),
    "BYTEA": (frozenset({"bytes"}), "bytes", False),
    "BLOB": (frozenset({"bytes"}), "bytes", False),
    "INET": (frozenset({"inet"}), "inet", False),
}

_VARCHAR = re.compile(r"(?:VARCHAR|CHARACTER VARYING)\s*\(\s*(\d+)\s*\)")
_DECIMAL = re.compile(r"(?:NUMERIC|DECIMAL)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
_SPELLING = re.compile(r"[A-Za-z_][\w ]*(?:\([\w ,.'\"-]*\))?[\w ]*(?:\[\])*", re.ASCII)


def typed_by_user(db_type: str, base: ColumnType, where: str) -> tuple[ColumnType, bool]:
    """The column type for a `db_type`.

    A usual SQL name becomes the type that it means on every database; anything else stands in
    the DDL as it was written, and values travel as `base`.

    Args:
        db_type: the SQL.
        base: the type that the annotation asks for.
        where: model and field, for messages.

    Returns:
        The type, and whether it counts up (SERIAL).

    Raises:
        FieldError: the text is no type, or is a type that cannot hold the annotation's values.
    """
    if not _SPELLING.fullmatch(db_type.strip()):
        raise FieldError(f"{where}: db_type={db_type!r} is no SQL type")
    family = base if isinstance(base, str) else next(iter(base))
    name = " ".join(db_type.upper().split())
    known = _KNOWN.get(name)
    if known is not None:
        families, column_type, serial = known
        if family in families:
            return column_type, serial
        if family != "enum" and column_type != "text":
            raise FieldError(
                f"{where}: db_type={db_type!r} does not hold the values of the annotation",
                hint="change the annotation or leave db_type out",
            )
    if family == "array" and name.startswith("VECTOR"):
        raise FieldError(
            f"{where}: db_type={db_type!r} is told by the annotation",
            hint="annotate it Annotated[list[float], Vector(384)], without a db_type",
        )
    if family in _TEXTS and (match := _VARCHAR.fullmatch(name)):
        return {"varchar": {"length": int(match[1])}}, False
    if family == "decimal" and (match := _DECIMAL.fullmatch(name)):
        return {"decimal": {"precision": int(match[1]), "scale": int(match[2] or 0)}}, False
    if family == "enum" and name.isidentifier() and known is None:
        return base, False
    return {"custom": {"sql": db_type.strip(), "base": base}}, False
