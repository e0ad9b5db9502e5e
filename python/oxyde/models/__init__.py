"""Models: `Model`, `Field`, `Index`, `Check`, `Vector`, and the tables that are defined."""

from __future__ import annotations

from oxyde.models.constraint import Check, Index
from oxyde.models.field import Field
from oxyde.models.model import Model
from oxyde.models.registry import iter_tables, registered_tables
from oxyde.models.vector import Vector

OxydeModel = Model

__all__ = [
    "Check",
    "Field",
    "Index",
    "Model",
    "OxydeModel",
    "Vector",
    "iter_tables",
    "registered_tables",
]
