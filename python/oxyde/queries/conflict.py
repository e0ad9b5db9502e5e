"""The upsert clause: which key must clash, and what happens then."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.expressions import Computed
from oxyde.queries.names import Names
from oxyde.queries.scope import Scope, Typed, column

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["Conflict", "Inserted", "conflict_of", "key_among"]


class Inserted(Computed):
    """In the `update` of an upsert, the value that was to be inserted:
    ``upsert(code="a", hits=3, update={"hits": F("hits") + Inserted("hits")})``.

    Args:
        name: a field of the model.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its name."""
        return ("inserted", self.name)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column of the new row."""
        field = scope.names.field(self.name)
        return Typed(column("excluded", field), field.column_type, field)

    def __repr__(self) -> str:
        return f"Inserted({self.name!r})"


class Conflict:
    """What to do about rows that are there already.

    Attributes:
        target: the fields of the key that must clash; None for any key.
        update: the fields that take the new row's values; empty for "leave it".
    """

    __slots__ = ("target", "update")

    def __init__(self, target: tuple[str, ...] | None, update: tuple[str, ...]) -> None:
        self.target = target
        self.update = update

    @property
    def shape(self) -> tuple[Any, ...]:
        """What belongs to the shape."""
        return ("conflict", self.target, self.update)

    def build(self, names: Names, assignments: Sequence[_ir.Assignment] = ()) -> _ir.Conflict:
        """The clause of the IR."""
        fields = names.meta.field_metadata
        target: _ir.ConflictTarget = "any"
        if self.target is not None:
            target = {"columns": [fields[name].db_column for name in self.target]}
        action: _ir.ConflictAction = "nothing"
        if self.update or assignments:
            action = {
                "update": {
                    "columns": [fields[name].db_column for name in self.update],
                    "assignments": list(assignments),
                    "filter": None,
                }
            }
        return {"target": target, "action": action}


def conflict_of(
    names: Names,
    *,
    ignore: bool,
    update: bool,
    update_fields: Iterable[str] | None,
    unique_fields: Iterable[str] | None,
    given: Iterable[str],
) -> Conflict | None:
    """What a user asked for in bulk_create().

    Raises:
        OxydeError: `ignore_conflicts` together with `update_conflicts`.
        FieldError: an unknown name.
    """
    update = update or update_fields is not None
    if ignore and update:
        raise OxydeError("ignore_conflicts and update_conflicts exclude each other")
    if not ignore and not update:
        return None
    target = None if unique_fields is None else unique_key(names, unique_fields)
    if ignore:
        return Conflict(target, ())
    columns = tuple(given)
    if target is None:
        target = key_among(names, columns)
    if update_fields is None:
        changed = tuple(
            [name for name in columns if name not in target and name not in names.primary_key]
        )
    else:
        changed = _fields(names, update_fields)
    return Conflict(target, changed)


def _fields(names: Names, wanted: Iterable[str]) -> tuple[str, ...]:
    listed = [wanted] if isinstance(wanted, str) else wanted
    return tuple([names.field(name).name for name in listed])


def unique_key(names: Names, wanted: Iterable[str]) -> tuple[str, ...]:
    """Fields that together are a unique key.

    Raises:
        FieldError: an unknown name, or they are none.
    """
    key = _fields(names, wanted)
    if set(key) not in [set(each) for each in _keys(names)]:
        raise FieldError(
            f"`{names.label}` has no unique key of {', '.join(key)}",
            hint="; ".join(", ".join(each) for each in _keys(names)) + " would do",
        )
    return key


def _keys(names: Names) -> list[tuple[str, ...]]:
    """The primary key, and the other unique keys."""
    meta = names.meta
    keys: list[tuple[str, ...]] = [names.primary_key]
    keys += [(name,) for name, field in meta.field_metadata.items() if field.unique]
    keys += [tuple(group) for group in meta.unique_together]
    columns = {field.db_column: name for name, field in meta.field_metadata.items()}
    for index in meta.indexes:
        if index.unique and index.condition is None:
            parts = [columns.get(column) for kind, column in index.parts if kind != "expression"]
            if len(parts) == len(index.parts) and all(parts):
                keys.append(tuple([part for part in parts if part]))
    return keys


def key_among(names: Names, given: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    """The unique key all of whose fields are given: the primary key, or else the only other one.

    Raises:
        FieldError: there is none, or there are several.
    """
    if all(name in given for name in names.primary_key):
        return names.primary_key
    keys = _keys(names)
    usable = list(dict.fromkeys(key for key in keys if all(name in given for name in key)))
    if len(usable) == 1:
        return usable[0]
    raise FieldError(
        f"which unique key of `{names.label}` must clash is not clear",
        hint="name its fields: unique_fields=[…]",
    )
