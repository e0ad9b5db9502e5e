"""Models from a schema: what `inspectdb` prints, and what data steps are given."""

from __future__ import annotations

import sys
import types
from typing import Any

__all__ = ["models_of", "models_source"]

_MODULE = "oxyde.codegen.generated"


def models_source(schema: bytes, flavour: str) -> str:
    """Python source with a model for each table.

    Args:
        schema: a schema as MessagePack.
        flavour: the SQL flavour that defaults are written in.
    """
    from oxyde._core import models_source as source

    return source(schema, flavour)


def models_of(schema: bytes, flavour: str) -> dict[str, type[Any]]:
    """Model classes for a schema, by table. They are not registered beside the project's own.

    Args:
        schema: a schema as MessagePack.
        flavour: the SQL flavour that defaults are written in.
    """
    from oxyde.models import registry

    module = types.ModuleType(_MODULE)
    kept = registry.registered_tables()
    sys.modules[_MODULE] = module
    registry.clear_registry()
    try:
        exec(compile(models_source(schema, flavour), _MODULE, "exec"), module.__dict__)
        return registry.registered_tables()
    finally:
        registry.clear_registry()
        for model in kept.values():
            registry.register_table(model)
        del sys.modules[_MODULE]
