"""The changed columns of an instance. Assignments are tracked as they happen. In-place changes
(`user.tags.append("x")`) are found by comparing the value in its stored form with the loaded one.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from oxyde.exceptions import FieldValueError

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta, ModelMeta
    from oxyde.hydration.state import State
    from oxyde.models.model import Model

__all__ = ["changed_fields", "loaded_columns", "originals_of"]


def changed_fields(instance: Model, meta: ModelMeta, state: State) -> set[str]:
    """The fields with a column that were assigned, or changed in place, since the row was read; all
    of them if it was read in a block that had written and was rolled back."""
    if state.seen_in is not None and state.seen_in.undone:
        return loaded_columns(instance, meta) | state.changed.intersection(meta.field_metadata)
    names = {name for name in state.changed if name in meta.field_metadata}
    for name in meta.mutable:
        if name in names or name not in instance.__dict__:
            continue
        field = meta.field_metadata[name]
        value = instance.__dict__[name]
        if name not in state.originals:
            if value is not None:
                names.add(name)
        elif not _same(meta, field, state.originals[name], value):
            names.add(name)
    return names


def loaded_columns(instance: Model, meta: ModelMeta) -> set[str]:
    """The loaded fields with a column that can be written, except the key."""
    return {
        name
        for name, field in meta.field_metadata.items()
        if name in instance.__dict__ and not field.primary_key and name not in meta.computed
    }


def originals_of(
    instance: Model, meta: ModelMeta, names: Iterable[str] | None = None
) -> dict[str, Any]:
    """`State.originals` for a row that was just written from this instance."""
    originals: dict[str, Any] = {}
    for name in meta.mutable:
        if name in instance.__dict__ and (names is None or name in names):
            field = meta.field_metadata[name]
            value = instance.__dict__[name]
            if value is None:
                originals[name] = None
            elif field.column_type == "json":
                originals[name] = json.dumps(_plain(field, value))
            else:
                originals[name] = list(_plain(field, value))
    return originals


def _same(meta: ModelMeta, field: FieldMeta, original: object, value: object) -> bool:
    """Whether a value in its stored form equals the loaded one."""
    if original is None or value is None:
        return original is value
    try:
        held = json.loads(original) if isinstance(original, str | bytes) else original
        now = _plain(field, value)
        if equal(held, now) or (held is original and equal(held, value)):
            return True
        if field.encode is None:
            return False
        # Validate and encode the loaded value again: keys that the model drops are ignored.
        model: Any = meta.model
        read = (
            _adapter(model, field.name).validate_python(held)
            if field.decode is None
            else field.decode(held)
        )
        return equal(_plain(field, read), now)
    except (ValueError, TypeError, RecursionError, FieldValueError):
        return False


def equal(one: object, other: object) -> bool:
    """Whether two plain values are the same, types included: 1, 1.0 and True all differ."""
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            pairs.extend((item, b[key]) for key, item in a.items())
        elif isinstance(a, list | tuple) and isinstance(b, list | tuple):
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif isinstance(a, str) and isinstance(b, str):
            if a != b:
                return False
        elif type(a) is not type(b) or not (a == b or (a != a and b != b)):
            return False
    return True


@functools.lru_cache(maxsize=512)
def _adapter(model: Hashable, name: str) -> TypeAdapter[Any]:
    fields: dict[str, Any] = model.__pydantic_fields__  # type: ignore[attr-defined]
    return TypeAdapter(fields[name].annotation)


def _plain(field: FieldMeta, value: object) -> Any:
    return value if field.encode is None else field.encode(value)
