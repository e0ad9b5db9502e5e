"""Models: `Model`, `Field`, `Index`, `Check`, `Unique`, `ForeignKey`, `Range`, `Vector`,
`register_type`, and the tables.

The names in `__all__` are public, and so is `registry.separate_registry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.db.schema import Tables, implement_tables
from oxyde.hydration.range import Range
from oxyde.hydration.vector import Vector
from oxyde.models.columns.field import Field
from oxyde.models.model import Model
from oxyde.models.registry import iter_tables, registered_tables
from oxyde.models.relations.advice import advice_for
from oxyde.models.tables.constraint import Check, ForeignKey, Index, Unique
from oxyde.models.type_registration import register_type
from oxyde.observe.repeats import advise_by

if TYPE_CHECKING:
    from oxyde.models.payloads.payload import schema_fields
    from oxyde.models.soft_delete import SoftDelete

OxydeModel = Model


def _creation() -> Tables:
    # Imported here so that defining models loads neither MessagePack nor the extension.
    from oxyde.models.tables import creation

    return creation


implement_tables(_creation)
advise_by(advice_for)


def __getattr__(name: str) -> Any:
    if name == "SoftDelete":
        # Imported here since few models have it.
        from oxyde.models.soft_delete import SoftDelete

        return SoftDelete
    if name != "schema_fields":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Imported here so that defining models loads nothing that is only for requests and responses.
    from oxyde.models.payloads.payload import schema_fields

    return schema_fields


__all__ = [
    "Check",
    "Field",
    "ForeignKey",
    "Index",
    "Model",
    "OxydeModel",
    "Range",
    "SoftDelete",
    "Unique",
    "Vector",
    "iter_tables",
    "register_type",
    "registered_tables",
    "schema_fields",
]
