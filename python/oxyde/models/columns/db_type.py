"""`db_type`: a column type in the user's SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oxyde._column_types import INTEGERS, MOMENTS, TEXTS
from oxyde.exceptions import FieldError

if TYPE_CHECKING:
    from oxyde._ir import ColumnType

__all__ = ["collated", "counts_up", "is_huge", "typed_by_user"]

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
_COLLATION = re.compile(r"[A-Za-z_][\w.@-]*", re.ASCII)
# Those whose names PostgreSQL does not fold, and those of SQLite.
_PLAIN_COLLATION = re.compile(r"[a-z_][a-z0-9_]*|(?i:NOCASE|RTRIM|BINARY)")
# A name is plain words or in double quotes, and may have a schema: `pg_catalog.json`.
_NAME = r"(?:[A-Za-z_][\w ]*|\"[^\"\x00]+\")"
_SPELLING = re.compile(rf"(?:{_NAME}\.)?{_NAME}(?:\([\w ,.'\"-]*\))?[\w ]*(?:\[\])*", re.ASCII)
_ZONED = re.compile(r"TIMESTAMPTZ(?:\(\d\))?|TIMESTAMP ?(?:\(\d\))? WITH TIME ZONE")
_COUNTED = re.compile(r"(?:TINY|SMALL|MEDIUM|BIG)?INT(?:EGER)?(?:\(\d+\))?(?: UNSIGNED| ZEROFILL)*")


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
    if name == "PG_CATALOG.JSON" and family in ("json", "array"):
        return {"custom": {"sql": db_type.strip(), "base": "json"}}, False
    if name == "INET" and family in TEXTS:
        return {"custom": {"sql": "INET", "base": base}}, False
    if known is not None:
        families, column_type, serial = known
        if family in families:
            return column_type, serial
        if family != "enum" and column_type != "text":
            raise FieldError(
                f"{where}: db_type={db_type!r} cannot hold the values of the annotation",
                hint="change the annotation or leave db_type out",
            )
    if _is_zoned(name, base):
        return {"custom": {"sql": db_type.strip(), "base": _with_zone(base)}}, False
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


def collated(column_type: ColumnType, collation: object, where: str) -> ColumnType:
    """The column type with a collation.

    Raises:
        FieldError: it is not a type of text, has a collation already, or the name is not one.
    """
    if not isinstance(collation, str) or not _COLLATION.fullmatch(collation):
        raise FieldError(
            f"{where}: db_collation must be the name of a collation, not {collation!r:.80}",
            hint='without quotes: db_collation="de-x-icu", db_collation="utf8mb4_general_ci"',
        )
    base = column_type
    if isinstance(base, dict) and "custom" in base:
        base = base["custom"]["base"]
    if base != "text" and not (isinstance(base, dict) and "varchar" in base):
        raise FieldError(f"{where} has db_collation, and is not a column of text")
    sql = _sql(column_type)
    if _COLLATED.fullmatch(sql):
        raise FieldError(
            f"{where} has db_collation, and a collation in db_type", hint="leave one of them out"
        )
    plain = _PLAIN_COLLATION.fullmatch(collation) is not None
    name = collation if plain else f'"{collation}"'
    return {"custom": {"sql": f"{sql} COLLATE {name}", "base": base}}


def counts_up(column_type: ColumnType) -> bool:
    """Whether a key of this type can auto-increment: the integers of every database, and those that
    only MySQL has ("INT UNSIGNED")."""
    if isinstance(column_type, str):
        return column_type in INTEGERS
    if "custom" not in column_type or column_type["custom"]["base"] not in INTEGERS:
        return False
    name = " ".join(column_type["custom"]["sql"].upper().split())
    return _COUNTED.fullmatch(name) is not None


def is_huge(column_type: ColumnType) -> bool:
    """Whether a column has numbers that 64 bits with a sign do not hold."""
    if not isinstance(column_type, dict) or "custom" not in column_type:
        return False
    words = column_type["custom"]["sql"].upper().split()
    return words[-1:] == ["UNSIGNED"] and words[0].startswith("BIGINT")


def _is_zoned(name: str, base: ColumnType) -> bool:
    if isinstance(base, dict) and "array" in base:
        return name.endswith("[]") and _is_zoned(name[:-2], base["array"]["item"])
    return base == "date_time" and _ZONED.fullmatch(name) is not None


def _with_zone(base: ColumnType) -> ColumnType:
    if isinstance(base, dict) and "array" in base:
        return {"array": {"item": _with_zone(base["array"]["item"])}}
    return "timestamp_tz"


def _sql(column_type: ColumnType) -> str:
    """A type of text as SQL."""
    if isinstance(column_type, str):
        return column_type.upper()
    if "varchar" in column_type:
        return f"VARCHAR({column_type['varchar']['length']})"
    assert "custom" in column_type
    return column_type["custom"]["sql"]
