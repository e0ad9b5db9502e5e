"""Relations without a column of their own: lists, and the reverse side of a one-to-one. `save()`
and `create()` write one row. Rows assigned to such a relation would look stored, so they are
refused before anything is written; the relation's manager writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde.hydration.related_list import RelatedList, no_column, same_rows
from oxyde.hydration.state import state_of, touched

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.hydration.state import State
    from oxyde.models.model import Model

__all__ = ["check_far_rows", "empty_far_rows", "forget_far_rows", "restore_far_rows"]


def check_far_rows(instance: Model, meta: ModelMeta, *, new: bool) -> None:
    """Refuse related rows that are not stored.

    Args:
        new: whether a row is inserted, to which no other row can refer yet.

    Raises:
        FieldError: a relation differs from the database.
    """
    state = state_of(instance)
    for name in meta.far:
        held = vars(instance).get(name)
        if held or not new:
            if _is_stored(instance, held, name, state):
                continue
            raise no_column(meta.model.__name__, meta.relations[name])


def _is_stored(instance: Model, held: object, name: str, state: State | None) -> bool:
    if state is None:
        # A loaded and deleted row may be inserted again.
        if not held:
            return True
        loaded = isinstance(held, RelatedList) and held.is_as_stored()
        return loaded and name not in touched(instance)
    if name not in state.changed:
        if isinstance(held, RelatedList):
            return held.is_as_stored()
        return not held or not isinstance(held, list)
    before = state.originals.get(name)
    if isinstance(before, RelatedList):
        return isinstance(held, list) and same_rows(held, before.stored)
    if held is None or before is None or isinstance(held, list):
        return held is before
    return same_rows([held], [before])


def empty_far_rows(instance: Model, meta: ModelMeta) -> None:
    """Set the relations of a new row to empty: no other row refers to it."""
    held = vars(instance)
    for name in meta.far:
        rows = held.get(name)
        if isinstance(rows, list):
            held[name] = RelatedList()
        elif rows is not None:
            held[name] = None


def forget_far_rows(instance: Model, meta: ModelMeta, before: Mapping[str, Any]) -> None:
    """Remove the related rows of an instance whose key differs from `before`: they belong to
    another row."""
    held = vars(instance)
    if any(held.get(name) != value for name, value in before.items()):
        for name in meta.far:
            if held.get(name):
                del held[name]


def restore_far_rows(instance: Model, meta: ModelMeta, state: State) -> None:
    """Discard assignments to relations, and changes of loaded lists."""
    held = vars(instance)
    for name in meta.far:
        many = meta.relations[name].many
        if name in state.changed:
            before = state.originals.get(name)
            if before is None and many:
                held.pop(name, None)
            else:
                held[name] = before
        rows = held.get(name)
        if isinstance(rows, RelatedList):
            held[name] = type(rows)(rows.stored)
        elif many and rows:
            held[name] = []
