"""The columns that annotations make on each database, and the lookups that they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from oxyde._core import LOOKUPS, create_tables_sql, features
from oxyde.exceptions import OxydeError
from oxyde.models.registry import separate_registry
from oxyde.models.tables.schema import packed, schema_of

DIALECTS = {"postgres": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL", "mariadb": "MariaDB"}
# The annotation as it is written, and the lookups' family of its column.
ANNOTATIONS = {
    "int": "int",
    'int, db_type="SMALLINT"': "int",
    "float": "float",
    "Decimal, max_digits=10, decimal_places=2": "decimal",
    "bool": "bool",
    "str": "text",
    "str, max_length=50": "text",
    "bytes": "bytes",
    "date": "date",
    "time": "time",
    "datetime": "date_time",
    "AwareDatetime": "date_time",
    "timedelta": "interval",
    "UUID": "uuid",
    "dict[str, Any]": "json",
    "list[int]": "array",
    "list[str]": "array",
    "Color": "enum",
    'Literal["a", "b"]': "enum",
    "IPv4Address": "inet",
    "EmailStr": "text",
    "HttpUrl": "text",
    "SecretStr": "text",
    "Annotated[list[float], Vector(3)]": "vector",
    "Range[int]": "range",
    "Range[date]": "range",
}
PROGRAM = """
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal
from uuid import UUID
from pydantic import AwareDatetime, EmailStr, HttpUrl, SecretStr
from oxyde import Field, Model, Range, Vector

class Color(Enum):
    RED = "red"
    BLUE = "blue"

class Sample(Model):
    class Meta:
        is_table = True
    id: int | None = Field(default=None, db_pk=True)
    value: {annotation} = Field({options})
"""
FAMILIES = {
    "int": "whole numbers",
    "float": "floats",
    "decimal": "decimals",
    "bool": "booleans",
    "text": "strings",
    "bytes": "bytes",
    "date": "dates",
    "time": "times",
    "date_time": "datetimes",
    "interval": "durations",
    "uuid": "UUIDs",
    "json": "JSON",
    "inet": "addresses",
    "array": "lists",
    "enum": "enums",
    "vector": "vectors",
    "range": "ranges",
}
VALUES = {
    "same": "as the field",
    "text": "a string",
    "int": "a whole number",
    "date": "a date",
    "time": "a time",
    "item": "a bound",
    "same_or_item": "a range or a value",
}


def column(annotation: str, options: str, dialect: str) -> str:
    """The type of a column in DDL; a dash if the database has none."""
    names: dict[str, Any] = {"__name__": "reference.sample"}
    with separate_registry():
        source = PROGRAM.format(annotation=annotation, options=options)
        # Without the annotations of this file, which are strings.
        exec(compile(source, "sample", "exec", dont_inherit=True), names)
        schema = packed(schema_of([names["Sample"]]))
        try:
            statements = create_tables_sql(schema, features(dialect), [])
        except OxydeError:
            return "–"
    body = next(each for each in statements if each.startswith("CREATE TABLE"))
    definition = re.split(r"[`\"]value[`\"] ", body, maxsplit=1)[1]
    kept = re.split(r" NOT NULL| CHECK| CONSTRAINT|, CONSTRAINT|, PRIMARY|,? ?\n|\)$", definition)[
        0
    ]
    kept = re.sub(r" (?:CHARACTER SET|COLLATE) \S+", "", kept)
    return f"`{kept.rstrip(', ')}`"


def types() -> str:
    """The table of annotations and column types."""
    lines = [f"| Annotation | {' | '.join(DIALECTS.values())} |", "|---|---|---|---|---|"]
    for written in ANNOTATIONS:
        annotation, _, options = written.partition(", ") if "=" in written else (written, "", "")
        shown = f"`{annotation}`" + (f" with `{options}`" if options else "")
        cells = (column(annotation, options, dialect) for dialect in DIALECTS)
        lines.append(f"| {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def value(lookup: dict[str, Any]) -> str:
    """What stands on the right side."""
    if lookup["shape"] == "flag":
        return "`True` or `False`"
    takes = VALUES.get(str(lookup["takes"]), str(lookup["takes"]))
    several: dict[str, Callable[[str], str]] = {
        "list": lambda one: f"a list ({one})",
        "two": lambda one: f"two bounds ({one})",
    }
    written: str = several.get(lookup["shape"], str)(takes)
    return written


def lookups() -> str:
    """The table of lookups by name, value and kinds of fields."""
    lines = ["| Lookup | Value | Fields |", "|---|---|---|"]
    for lookup in LOOKUPS:
        missing = [name for name in FAMILIES if name not in lookup["families"]]
        kinds = ", ".join(FAMILIES[name] for name in lookup["families"])
        if not missing:
            kinds = "all"
        elif len(missing) <= 3:
            kinds = "all but " + ", ".join(FAMILIES[name] for name in missing)
        lines.append(f"| `{lookup['name']}` | {value(lookup)} | {kinds} |")
    return "\n".join(lines)
