"""The key of an instance, and which instances are the same row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldValueError
from oxyde.hydration.state import is_stored

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.models.model import Model

__all__ = ["hash_of", "key_of", "same_row", "set_key"]


def key_of(instance: Model) -> Any:
    """The value of the primary key, or a tuple of the values of a composite one.

    Raises:
        AttributeError: the model has no primary key.
    """
    meta = _meta_of(instance)
    if meta is None or not meta.primary_key:
        raise AttributeError(f"{type(instance).__name__!r} has no primary key, so no `pk`")
    values = vars(instance)
    if len(meta.primary_key) == 1:
        return values.get(meta.primary_key[0])
    return tuple([values.get(name) for name in meta.primary_key])


def set_key(instance: Model, value: Any) -> None:
    """Assign the primary key.

    Raises:
        AttributeError: the model has no primary key.
        FieldValueError: not a tuple with a value for each field of a composite key.
    """
    meta = _meta_of(instance)
    if meta is None or not meta.primary_key:
        raise AttributeError(f"{type(instance).__name__!r} has no primary key, so no `pk`")
    names = meta.primary_key
    if len(names) == 1:
        setattr(instance, names[0], value)
        return
    if not isinstance(value, tuple | list) or len(value) != len(names):
        raise FieldValueError(
            f"{type(instance).__name__}.pk takes a tuple of {len(names)} values, not {value!r:.80}",
            hint=f"({', '.join(names)})",
        )
    for name, each in zip(names, value, strict=True):
        setattr(instance, name, each)


def same_row(one: Model, other: Model) -> bool | None:
    """Whether two stored instances are the same row: of one table, with the same key. None if that
    is not known, as one of them was never stored or has no key."""
    if not (is_stored(one) and is_stored(other)):
        return None
    mine, theirs = type(one)._db_meta, type(other)._db_meta
    if mine is not theirs and (mine.schema, mine.table_name, mine.primary_key) != (
        theirs.schema,
        theirs.table_name,
        theirs.primary_key,
    ):
        return None
    key = [vars(one).get(name) for name in mine.primary_key]
    if not key or None in key:
        return None
    return key == [vars(other).get(name) for name in mine.primary_key]


def hash_of(instance: Model) -> int:
    """The hash of an instance's table and key. Frozen models without one hash their fields.

    Raises:
        TypeError: the instance has no key.
    """
    frozen = type(instance).model_config.get("frozen")
    meta = _meta_of(instance)
    if meta is not None and meta.primary_key:
        key = tuple([vars(instance).get(name) for name in meta.primary_key])
        if None not in key or frozen:
            return hash((meta.schema, meta.table_name, key))
    elif frozen:
        return hash(tuple([vars(instance).get(name) for name in type(instance).model_fields]))
    name = type(instance).__name__
    if meta is None or not meta.primary_key:
        raise TypeError(f"unhashable type: {name!r}, since it has no primary key")
    raise TypeError(
        f"a {name} without a key has no hash, since the database has not given it one: save it "
        "before you put it into a set or a dict"
    )


def _meta_of(instance: Model) -> ModelMeta | None:
    cls = type(instance)
    return cls._db_meta if cls.__oxyde_options__.is_table else None
