"""Models: `Model`, `Field`, `Index`, `Check`, and the tables that are defined."""

from __future__ import annotations

from oxyde.models.constraint import Check, Index
from oxyde.models.field import Field
from oxyde.models.model import Model
from oxyde.models.registry import iter_tables, registered_tables

OxydeModel = Model

__all__ = [
    "Check",
    "Field",
    "Index",
    "Model",
    "OxydeModel",
    "iter_tables",
    "registered_tables",
]
