"""Many instances of one model, inserted together: what Rust needs to know to read and fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.models.saving import stored
from oxyde.models.state import UNTOUCHED, whole_row

if TYPE_CHECKING:
    from oxyde._core import Inserting
    from oxyde.db.meta import ModelMeta

__all__ = ["all_stored", "inserting_of"]


def inserting_of(meta: ModelMeta, columns: tuple[str, ...]) -> Inserting | None:
    """How instances that give these columns become rows; None where each must be asked.

    That is so where None in a column that the database fills in may be meant.
    """
    from oxyde._core import Inserting

    fields = meta.field_metadata
    if any(fields[name].nullable for name in meta.generated):
        return None
    return Inserting(
        meta.model,
        [(name, fields[name].encode, fields[name].generated) for name in columns],
        [name for name in fields if name not in columns],
        [
            (name, relation.column)
            for name, relation in meta.relations.items()
            if relation.column is not None
        ],
    )


def all_stored(
    inserting: Inserting | None,
    instances: list[Any],
    database: str | None,
    names: tuple[str, ...],
    rows: list[Any],
) -> None:
    """Note that instances were written; `rows` holds what the database filled into the fields
    `names`."""
    if inserting is None or instances[0]._db_meta.mutable:
        for instance, row in zip(instances, rows, strict=True):
            stored(instance, database, dict(zip(names, row, strict=True)))
    else:
        inserting.stored(instances, names, rows, whole_row(database), UNTOUCHED)
