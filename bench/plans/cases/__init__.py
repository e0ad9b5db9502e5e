"""The cases by topic."""

from bench.plans.case import Case
from bench.plans.cases import (
    aggregates,
    conditions,
    documents,
    keys,
    order,
    prefetch,
    relations,
    subqueries,
    texts,
    writes,
    writes_many,
)

ROOMS = (
    keys,
    conditions,
    relations,
    order,
    aggregates,
    subqueries,
    documents,
    texts,
    prefetch,
    writes,
    writes_many,
)
CASES: tuple[Case, ...] = tuple(case for room in ROOMS for case in room.CASES)
