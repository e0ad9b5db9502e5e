"""For a project's own tests: a pytest plugin, queries that are counted, factories, migrations that
are reversed. docs/testing.md tells how.

Names are imported when they are first used, so that the plugin costs nothing where it is not.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from oxyde.testing.factories import ModelFactory
    from oxyde.testing.outside import unmanaged
    from oxyde.testing.queries import CapturedQueries, assert_num_queries, capture_queries
    from oxyde.testing.round_trip import migration_round_trip

__all__ = [
    "CapturedQueries",
    "ModelFactory",
    "assert_num_queries",
    "capture_queries",
    "migration_round_trip",
    "unmanaged",
]

_HOMES = {
    "CapturedQueries": "queries",
    "ModelFactory": "factories",
    "assert_num_queries": "queries",
    "capture_queries": "queries",
    "migration_round_trip": "round_trip",
    "unmanaged": "outside",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'oxyde.testing' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"oxyde.testing.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
