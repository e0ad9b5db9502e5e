"""Bounds of fields for values that the database computes. No validator sees such values. A
statement that writes one to a field with bounds checks them itself, and fails at the first value
outside, so that every written row can be read.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from oxyde.hydration.fields import CoreNode, core_of
from oxyde.queries.compile.refusal import Guard
from oxyde.queries.ir.nodes import Typed, all_of, column
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import DECIMAL, INTEGERS, kind_of
from oxyde.queries.writes.insert import encoded

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta

__all__ = ["Bound", "bounds_of", "guarded", "limits_of"]


class Bound(NamedTuple):
    """One bound.

    Attributes:
        rule: "ge", "gt", "le", "lt", "multiple_of", "min_length" or "max_length".
        limit: a stored value; for lengths, a number of characters.
        said: the bound as the model declares it.
    """

    rule: str
    limit: Any
    said: Any


_LOOKUPS = {
    "ge": "gte",
    "gt": "gt",
    "le": "lte",
    "lt": "lt",
    "min_length": "gte",
    "max_length": "lte",
}
_ORDERS = ("ge", "gt", "le", "lt")
_LENGTHS = ("min_length", "max_length")
# Kinds of columns that store values unchanged, and the checked rules, by type of core schema.
_STORED: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "int": (INTEGERS, (*_ORDERS, "multiple_of")),
    "float": (frozenset({"double"}), _ORDERS),
    "decimal": (frozenset({"decimal"}), (*_ORDERS, "multiple_of")),
    "str": (frozenset({"text", "varchar"}), _LENGTHS),
    "date": (frozenset({"date"}), _ORDERS),
    "datetime": (frozenset({"date_time", "timestamp_tz"}), _ORDERS),
    "time": (frozenset({"time"}), _ORDERS),
    "timedelta": (frozenset({"interval"}), _ORDERS),
}


def bounds_of(model: type[Any]) -> dict[str, tuple[Bound, ...]]:
    """The bounds of a model's fields with columns, by field."""
    known: dict[str, tuple[Bound, ...]] | None = model.__dict__.get("_oxyde_bounds")
    if known is None:
        known = {}
        if not model.__pydantic_complete__:
            model.model_rebuild(raise_errors=True)
        for name, field in model._db_meta.field_metadata.items():
            schema = core_of(model, name)
            bounds = () if schema is None else tuple(_bounds(field, schema))
            if bounds:
                known[name] = bounds
        type.__setattr__(model, "_oxyde_bounds", known)
    return known


def _bounds(field: FieldMeta, schema: CoreNode) -> Iterator[Bound]:
    if schema["type"] not in _STORED:
        return
    columns, rules = _STORED[schema["type"]]
    if field.encode is not None or kind_of(field.column_type) not in columns:
        return
    for rule in rules:
        said = schema.get(rule)
        if said is None or (rule == "max_length" and kind_of(field.column_type) == "varchar"):
            # VARCHAR has a length of its own.
            continue
        limit = _limit(schema["type"], rule, said)
        if limit is not None:
            yield Bound(rule, limit, said)


def _limit(kind: str, rule: str, said: Any) -> object:
    """The limit as a stored value; None if the column cannot hold it."""
    if kind == "int" and not isinstance(said, int):
        if rule == "multiple_of" or not math.isfinite(said):
            return None
        said = math.ceil(said) if rule in ("ge", "lt") else math.floor(said)
    elif kind == "decimal":
        said = said if isinstance(said, Decimal) else Decimal(str(said))
        return said if said.is_finite() else None
    elif kind == "float":
        return float(said) if math.isfinite(said) else None
    if kind == "int" and not -(2**63) <= said < 2**63:
        return None
    if kind == "datetime" and not isinstance(said, dt.datetime):
        return None
    return said


def limits_of(field: FieldMeta, bounds: tuple[Bound, ...]) -> tuple[Any, ...]:
    """The values that `guarded` binds, in order."""
    return tuple([encoded(field, bound.limit) for bound in bounds if not _is_literal(bound)])


def _is_literal(bound: Bound) -> bool:
    return type(bound.limit) is int


def guarded(
    scope: Scope, field: FieldMeta, bounds: tuple[Bound, ...], value: Typed, *, keyed: bool
) -> _ir.Expr:
    """The value, or an error if it is out of bounds; NULL is always allowed.

    Args:
        keyed: whether the error can report the row's key.
    """
    if value.type is None:
        return value.ir
    tested: _ir.Expr = value.ir
    kind = kind_of(field.column_type)
    if kind == "decimal":
        # Rounded as it will be stored.
        tested = {"cast": {"operand": tested, "type": field.column_type}}
    if any(bound.rule in _LENGTHS for bound in bounds):
        tested = {"function": {"name": "length", "arguments": [tested], "type": "big_int"}}
    builder = scope.builder
    conditions: list[_ir.Predicate] = []
    for bound in bounds:
        limit: _ir.Expr
        if _is_literal(bound):
            limit = {"literal": {"int": bound.limit}}
        else:
            label = f"{field.name} ({bound.rule})"
            limit = builder.param(field.column_type, label, lookup=False)
        conditions.append(_condition(bound, tested, limit, field))
    number = len(builder.guards)
    rules = ", ".join(f"{bound.rule}={bound.said}" for bound in bounds)
    builder.guards.append(Guard(field, rules))
    refused: list[_ir.Expr] = [{"literal": {"int": number}}, tested]
    key = scope.names.primary_key
    if keyed and len(key) == 1:
        refused.append(column(scope.alias, scope.names.meta.field_metadata[key[0]]))
    refuse: _ir.Expr = {"function": {"name": "refuse", "arguments": refused, "type": "bool"}}
    return {
        "case": {
            "whens": [
                {"condition": all_of(conditions), "then": value.ir},
                {"condition": {"expr": refuse}, "then": {"literal": "null"}},
            ],
            "otherwise": None,
            "type": value.type,
        }
    }


def _condition(bound: Bound, tested: _ir.Expr, limit: _ir.Expr, field: FieldMeta) -> _ir.Predicate:
    if bound.rule != "multiple_of":
        name = _LOOKUPS[bound.rule]
        return {"lookup": {"name": name, "operand": tested, "arguments": [limit]}}
    number: _ir.ColumnType = DECIMAL if kind_of(field.column_type) == "decimal" else "big_int"
    rest: _ir.Expr = {"binary": {"op": "modulo", "left": tested, "right": limit, "type": number}}
    zero: _ir.Expr = {"literal": {"int": 0}}
    if number == DECIMAL:
        # SQLite stores decimals as text, which never equals a number.
        zero = {"cast": {"operand": zero, "type": DECIMAL}}
    return {"lookup": {"name": "exact", "operand": rest, "arguments": [zero]}}
