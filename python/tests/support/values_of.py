"""The values of instances: two stored ones are equal by their keys alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def values_of(rows: Any) -> Any:
    """All that an instance holds, or each of several."""
    if isinstance(rows, Iterable) and not hasattr(type(rows), "_db_meta"):
        return [vars(row) for row in rows]
    return vars(rows)
