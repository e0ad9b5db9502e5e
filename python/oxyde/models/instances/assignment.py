"""Assignments to fields: keeps `author` and `author_id` in sync, and tracks changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, FieldValueError
from oxyde.hydration.state import mark_changed, set_state, state_of
from oxyde.models.relations.foreign_key import Link

if TYPE_CHECKING:
    from oxyde.db.journal import Journal
    from oxyde.models.model import Model

__all__ = [
    "assign_linked",
    "mark_differences",
    "not_loaded",
    "note_database",
    "note_source",
    "note_updates",
]


def assign_linked(instance: Model, name: str, value: object) -> None:
    """Assign `author` or `author_id`, and update the other.

    Raises:
        FieldValueError: `author` is set to something that is not an instance of its model.
    """
    link: Link = type(instance).__oxyde_links__[name]
    if name == link.attribute:
        if value is not None and not isinstance(value, link.target):
            raise FieldValueError(
                f"{type(instance).__name__}.{name} takes a {link.target.__name__} or None, "
                f"not {type(value).__name__}",
                hint=f"assign the key to {link.column}",
            )
        key = None if value is None else vars(value).get(link.target_field)
        old = _set_both(instance, name, value, link.column, key)
        instance.__pydantic_fields_set__.add(link.column)
    else:
        other = vars(instance).get(link.attribute)
        if other is not None and vars(other).get(link.target_field) != value:
            old = vars(instance).get(name)
            _set_both(instance, name, value, link.attribute, None)
            instance.__pydantic_fields_set__.discard(link.attribute)
        else:
            old = vars(instance).get(name)
            instance._oxyde_set(name, value)
    mark_changed(instance, link.column, old)


def _set_both(instance: Model, name: str, value: object, also: str, its_value: object) -> object:
    """Assign two fields that belong together, or neither; return the old value of the second.

    The second is set first: a model that validates assignments compares the two.
    """
    missing = object()
    old = vars(instance).get(also, missing)
    vars(instance)[also] = its_value
    try:
        instance._oxyde_set(name, value)
    except BaseException:
        if old is missing:
            del vars(instance)[also]
        else:
            vars(instance)[also] = old
        raise
    return None if old is missing else old


def mark_differences(instance: Model, before: Mapping[str, Any], name: str) -> None:
    """Mark all fields that Pydantic's own assignment changed."""
    missing = object()
    for field, value in vars(instance).items():
        old = before.get(field, missing)
        if field == name or old is not value:
            mark_changed(instance, field, None if old is missing else old)


def note_updates(source: Model, copy: Model, update: Mapping[str, Any]) -> None:
    """Treat the updates of `model_copy` as assignments, which foreign keys follow."""
    for name in update:
        link = type(copy).__oxyde_links__.get(name)
        if link is None:
            if name in type(copy).__pydantic_fields__:
                mark_changed(copy, name, vars(source).get(name))
        elif link.attribute not in update or link.column not in update:
            value, vars(copy)[name] = vars(copy)[name], vars(source).get(name)
            assign_linked(copy, name, value)
        else:
            mark_changed(copy, link.column, vars(source).get(link.column))


def note_database(instance: Model, database: str) -> None:
    """Record the database of a row and of the rows loaded with it."""
    state = state_of(instance)
    if state is None or state.database is not None:
        return
    state = state.private()
    state.database = database
    set_state(instance, state)
    for name in type(instance)._db_meta.relations:
        related = vars(instance).get(name)
        for other in related if isinstance(related, list) else [related]:
            if other is not None:
                note_database(other, database)


def note_source(instance: Model, journal: Journal) -> None:
    """Record that a row, and the rows loaded with it, may contain a block's writes. (Rows of one
    result share a state, which belongs to that result only.)"""
    state = state_of(instance)
    if state is not None and state.seen_in is None:
        state.seen_in = journal
    for name in type(instance)._db_meta.relations:
        related = vars(instance).get(name)
        for other in related if isinstance(related, list) else [related]:
            if other is not None:
                note_source(other, journal)


def not_loaded(instance: Model, name: str) -> Exception:
    """The error for a field that was not loaded."""
    model = type(instance).__name__
    if state_of(instance) is None:
        return AttributeError(f"{model!r} object has no attribute {name!r}")
    relation = type(instance)._db_meta.relations.get(name)
    if relation is not None:
        how = f'prefetch("{name}")' if relation.many else f'join("{name}")'
        hint = f"query with {how}"
        if type(instance)._db_meta.unloaded == "peers":
            hint += f', or `await load(row, "{name}")`, which loads it for all rows of the result'
        return FieldError(f"{model}.{name} was not loaded", hint=hint)
    return FieldError(
        f"{model}.{name} was not loaded",
        hint=f'load it with the row, or call `await instance.refresh(["{name}"])`',
    )
