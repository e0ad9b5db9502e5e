"""CHECK constraints for the bounds of a model's fields (`Meta.check_bounds`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

from oxyde._meta import CheckMeta, FieldMeta, ModelMeta
from oxyde.hydration.fields import core_of
from oxyde.queries.types.column_types import INTEGERS, kind_of
from oxyde.queries.writes.bounds import Bound, bounds_of

__all__ = ["bound_checks"]

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "min_length": ">=", "max_length": "<="}


def bound_checks(meta: ModelMeta) -> list[CheckMeta]:
    """The checks of a table's fields, one per field with bounds that a database can check."""
    checks: list[CheckMeta] = []
    bounds = bounds_of(meta.model)
    names = {column: name for name, column in meta.bound_checks.items()}
    for name, field in meta.field_metadata.items():
        column = '"' + field.db_column.replace('"', '""') + '"'
        conditions = [
            condition
            for bound in bounds.get(name, ())
            if (condition := _condition(column, field, bound)) is not None
        ]
        conditions += _choices(column, meta, field)
        if conditions:
            checks.append(
                CheckMeta(names[field.db_column], " AND ".join(conditions), portable=True)
            )
    return checks


def _condition(column: str, field: FieldMeta, bound: Bound) -> str | None:
    if bound.rule == "multiple_of":
        whole = kind_of(field.column_type) in INTEGERS
        return f"{column} % {bound.limit} = 0" if whole else None
    if bound.rule in ("min_length", "max_length"):
        return f"length({column}) {_SIGNS[bound.rule]} {bound.limit}"
    if kind_of(field.column_type) == "decimal":
        column = f"number({column})"
    limit = _literal(bound.limit)
    return None if limit is None else f"{column} {_SIGNS[bound.rule]} {limit}"


def _literal(limit: object) -> str | None:
    """The limit in SQL; None if its syntax differs between databases."""
    if isinstance(limit, Decimal):
        return f"{limit:f}"
    if isinstance(limit, int | float):
        return repr(limit)
    if isinstance(limit, dt.datetime):
        return None if limit.tzinfo is not None else f"'{limit}'"
    if isinstance(limit, dt.date | dt.time):
        return f"'{limit}'"
    return None


def _choices(column: str, meta: ModelMeta, field: FieldMeta) -> Iterator[str]:
    """The check that a column holds one of the numbers of an enum; strings of an enum have a type
    of their own."""
    if kind_of(field.column_type) not in INTEGERS:
        return
    schema = core_of(meta.model, field.name)
    values: list[Any] = []
    if schema is not None and schema["type"] == "literal":
        values = list(schema["expected"])
    elif schema is not None and schema["type"] == "enum" and schema.get("missing") is None:
        values = [member.value for member in schema["members"] if isinstance(member, Enum)]
    if values and all(type(value) is int for value in values):
        yield f"{column} IN ({', '.join(map(str, values))})"
