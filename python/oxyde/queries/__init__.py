"""Queries: what `Model.objects` can do, and the expressions that go into it."""

from __future__ import annotations

from oxyde.queries.aggregates import (
    ArrayAgg,
    Avg,
    Count,
    JsonAgg,
    Max,
    Min,
    StringAgg,
    Sum,
)
from oxyde.queries.expressions import Cast, F, Value
from oxyde.queries.manager import QueryManager
from oxyde.queries.ordering import asc, desc
from oxyde.queries.q import Q
from oxyde.queries.query import Query
from oxyde.queries.raw import RawSQL, execute_raw

__all__ = [
    "ArrayAgg",
    "Avg",
    "Cast",
    "Count",
    "F",
    "JsonAgg",
    "Max",
    "Min",
    "Q",
    "Query",
    "QueryManager",
    "RawSQL",
    "StringAgg",
    "Sum",
    "Value",
    "asc",
    "desc",
    "execute_raw",
]
