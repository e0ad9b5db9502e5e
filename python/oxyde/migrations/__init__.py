"""Migrations from Python: the `oxyde` command, and `migrate()` for a running event loop.

Rust does the work; this package imports the models and runs the functions of ``run_python``
steps. Its modules are imported on first use, so that the command starts quickly.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oxyde.migrations.run import MigrationError, create_tenant, migrate
    from oxyde.migrations.steps import Models

__all__ = ["MigrationError", "Models", "create_tenant", "migrate"]

_HOMES = {
    "MigrationError": "oxyde.migrations.run",
    "Models": "oxyde.migrations.steps",
    "create_tenant": "oxyde.migrations.run",
    "migrate": "oxyde.migrations.run",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
