"""Which values factories have given to unique columns."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from oxyde._meta import FieldMeta, ModelMeta

__all__ = ["forget_used", "is_new_row", "narrow_groups", "next_number", "unique_groups"]

# Texts of so many random letters are not the same by chance.
_WIDE = 8

_used: defaultdict[tuple[type[Any], tuple[str, ...]], set[object]] = defaultdict(set)
_counters: dict[tuple[type[Any], str], Iterator[int]] = {}


def forget_used(model: type[Any] | None = None) -> None:
    """Forget the values, since the rows that had them are gone. Counted numbers go on.

    Args:
        model: those of this model only.
    """
    for known, group in list(_used):
        if model is None or known is model:
            del _used[known, group]


def next_number(model: type[Any], name: str) -> int:
    """A number that no other row of the model has got for this field."""
    return next(_counters.setdefault((model, name), itertools.count(1)))


def unique_groups(model: type[Any]) -> tuple[tuple[str, ...], ...]:
    """The fields that are unique alone or together, with the key."""
    meta: ModelMeta = model._db_meta
    groups: list[tuple[str, ...]] = [meta.primary_key, *meta.unique_together]
    groups += [(name,) for name, field in meta.field_metadata.items() if field.unique]
    for index in meta.indexes:
        if index.unique and index.condition is None:
            names = [meta.columns.get(text, "") for _, text in index.parts]
            groups.append(tuple(names) if all(names) else ())
    return tuple(dict.fromkeys([group for group in groups if group]))


def narrow_groups(model: type[Any]) -> list[tuple[str, ...]]:
    """The unique fields whose values are so few that a row of others may have the one made up."""
    return [
        group
        for group in unique_groups(model)
        if not any(_is_wide(model, name) for name in group)
        and not any(model._db_meta.field_metadata[name].generated for name in group)
    ]


def _is_wide(model: type[Any], name: str) -> bool:
    field: FieldMeta = model._db_meta.field_metadata[name]
    if field.python_type is str:
        given = model.model_fields[name].metadata
        has_pattern = any(getattr(each, "pattern", None) is not None for each in given)
        return not has_pattern and (field.max_length is None or field.max_length >= _WIDE)
    return field.python_type in (bytes, float, UUID, datetime)


def is_new_row(model: type[Any], values: Mapping[str, Any], made_up: frozenset[str]) -> bool:
    """Whether no other row has these values in the unique columns; notes them if so.

    Args:
        values: by field or relation.
        made_up: the fields whose values are; a group without one of them is only noted.
    """
    meta: ModelMeta = model._db_meta
    rows = {
        group: tuple([_comparable(meta.field_metadata[name], values) for name in group])
        for group in unique_groups(model)
    }
    for group, row in rows.items():
        if row in _used[model, group] and not made_up.isdisjoint(group):
            return False
    for group, row in rows.items():
        _used[model, group].add(row)
    return True


def _comparable(field: FieldMeta, values: Mapping[str, Any]) -> object:
    """A value as a member of a set: text whatever its case, as some collations compare it, and rows
    by their keys."""
    value = values.get(field.name)
    if value is None and field.relation is not None and field.foreign_key is not None:
        value = getattr(values.get(field.relation), field.foreign_key.target_field, None)
    return value.casefold() if isinstance(value, str) else repr(value)
