"""Models from a schema: what `inspectdb` prints, and what data steps are given."""

from __future__ import annotations

import sys
import types
from typing import Any

from oxyde import _core
from oxyde.models import registry

__all__ = ["models_of", "models_source"]

_MODULE = "oxyde.codegen.generated"


def models_source(schema: bytes, dialect: str) -> str:
    """Python source with a model for each table.

    Args:
        schema: a schema as MessagePack.
        dialect: the SQL dialect that defaults are written in.
    """
    return _core.models_source(schema, dialect)


def models_of(schema: bytes, dialect: str) -> dict[str, type[Any]]:
    """Model classes for a schema, by table. They are not registered beside the project's own.

    Args:
        schema: a schema as MessagePack.
        dialect: the SQL dialect that defaults are written in.
    """
    module = types.ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    try:
        with registry.separate_registry():
            exec(compile(models_source(schema, dialect), _MODULE, "exec"), module.__dict__)
            return registry.tables_by_name()
    finally:
        del sys.modules[_MODULE]
