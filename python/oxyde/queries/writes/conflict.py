"""The upsert clause: conflict target and action."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.expressions.operators import Computed
from oxyde.queries.ir.nodes import Typed, column
from oxyde.queries.ir.scope import Scope
from oxyde.queries.names import Names
from oxyde.queries.writes.automatic import assignments_of
from oxyde.queries.writes.insert import insert_column

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context

__all__ = ["Conflict", "Inserted", "conflict_of", "key_among", "unique_key", "unique_keys"]


class Inserted(Computed):
    """In the `update` of an upsert, the value of the row that was to be inserted:
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
    """The handling of existing rows.

    Attributes:
        target: the fields of the conflict target; None for any unique key.
        update: the fields that take the new row's values; empty to leave the row unchanged.
        touch: whether an unchanged row counts as written, so that it is returned.
    """

    __slots__ = ("target", "touch", "update")

    def __init__(
        self, target: tuple[str, ...] | None, update: tuple[str, ...], *, touch: bool = False
    ) -> None:
        self.target = target
        self.update = update
        self.touch = touch

    @property
    def shape(self) -> tuple[Any, ...]:
        """What belongs to the shape."""
        return ("conflict", self.target, self.update, self.touch)

    def writes(self, changes: Sequence[Any] = ()) -> bool:
        """Whether an existing row is written."""
        return bool(self.update or self.touch or changes)

    def build(self, names: Names, assignments: Sequence[_ir.Assignment] = ()) -> _ir.Conflict:
        """The clause of the IR."""
        fields = names.meta.field_metadata
        target: _ir.ConflictTarget = "any"
        if self.target is not None:
            target = {"columns": [fields[name].db_column for name in self.target]}
        action: _ir.ConflictAction = "nothing"
        if self.writes(assignments):
            action = {
                "update": {
                    "columns": [fields[name].db_column for name in self.update],
                    "assignments": self._assignments(names, assignments),
                    "filter": None,
                }
            }
        return {"target": target, "action": action}

    def _assignments(self, names: Names, given: Sequence[_ir.Assignment]) -> list[_ir.Assignment]:
        meta = names.meta
        if not self.update and not given:
            return self._touching(names)
        if not meta.automatic:
            return list(given)
        written = {meta.columns[item["column"]["name"]] for item in given}.union(self.update)
        return [*given, *assignments_of(meta, meta.table_name, written)]

    def _touching(self, names: Names) -> list[_ir.Assignment]:
        field = names.meta.field_metadata[(self.target or names.primary_key)[0]]
        return [
            {"column": insert_column(field), "value": column(names.meta.table_name, field)},
        ]


def conflict_of(
    names: Names,
    *,
    ignore: bool,
    update: bool,
    update_fields: Iterable[str] | None,
    unique_fields: Iterable[str] | None,
    given: Iterable[str],
) -> Conflict | None:
    """The conflict clause for the arguments of bulk_create().

    Raises:
        OxydeError: `ignore_conflicts` together with `update_conflicts`.
        FieldError: an unknown name, or a field without a value.
    """
    update = update or update_fields is not None
    if ignore and update:
        raise OxydeError("ignore_conflicts and update_conflicts exclude each other")
    if not ignore and not update:
        return None
    target = None if unique_fields is None else unique_key(names, unique_fields)
    columns = tuple(given)
    if target is not None:
        _check_given(names, target, columns, "bulk_create()")
    if ignore:
        return Conflict(target, ())
    if target is None:
        target = key_among(names, columns)
    if update_fields is None:
        kept = {*target, *names.primary_key, names.meta.version}
        changed = tuple([name for name in columns if name not in kept])
    else:
        changed = updated_fields(names, update_fields, columns, "bulk_create()")
    return Conflict(target, changed, touch=not changed)


def _check_given(names: Names, target: tuple[str, ...], given: Sequence[str], where: str) -> None:
    """Refuse a conflict target without values: the conflicting row would be unknown. (A generated
    key conflicts with nothing.)"""
    for name in target:
        if name not in given and name not in names.primary_key:
            raise FieldError(
                f"{where}: the key `{names.label}.{name}` has no value",
                hint=f"give each row its {name}, or name other unique_fields",
            )


def updated_fields(
    names: Names, wanted: Iterable[str], given: Iterable[str], where: str
) -> tuple[str, ...]:
    """The fields that an existing row takes from the new one.

    Raises:
        FieldError: an unknown name, or a generated key without a value in the new row.
    """
    listed = _fields(names, wanted)
    names.meta.check_not_computed(listed, f"{where}: update_fields")
    held = set(given)
    for name in listed:
        if name not in held and names.meta.field_metadata[name].auto_increment:
            raise FieldError(
                f"{where}: `{names.label}.{name}` is in update_fields, and the new row has no "
                "value for it",
                hint="give a value, or leave it out of update_fields",
            )
    return listed


def _fields(names: Names, wanted: Iterable[str]) -> tuple[str, ...]:
    listed = [wanted] if isinstance(wanted, str) else wanted
    return tuple([names.field(name).name for name in listed])


def unique_key(names: Names, wanted: Iterable[str]) -> tuple[str, ...]:
    """Check that the fields together are a unique key.

    Raises:
        FieldError: an unknown name, or they are not a unique key.
    """
    key = _fields(names, wanted)
    if set(key) not in [set(each) for each in unique_keys(names)]:
        refuse_live(names, key)
        raise FieldError(
            f"`{names.label}` has no unique key of {', '.join(key)}",
            hint="; ".join(", ".join(each) for each in unique_keys(names)) + " are unique",
        )
    return key


def refuse_live(names: Names, given: Iterable[str]) -> None:
    """Refuse a key that is unique only among the rows that are not marked as deleted: a statement
    cannot name it as what a new row conflicts with.

    Raises:
        FieldError: the fields are such a key.
    """
    wanted = set(given)
    for key in names.meta.unique_together:
        computed = set(key).intersection(names.meta.computed)
        fields = [name for name in key if name not in computed]
        if computed and names.meta.soft_delete is not None and wanted.issuperset(fields):
            listed = ", ".join(f"{name}=…" for name in fields)
            raise FieldError(
                f"`{names.label}` has no unique key of {', '.join(fields)} over all rows, only "
                "over those that are not deleted",
                hint=f"use {names.label}.objects.update_or_create({listed}, defaults={{…}})",
            )


def unique_keys(names: Names) -> list[tuple[str, ...]]:
    """The primary key and the unique keys without conditions."""
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
    """The unique key whose fields are all given: the primary key, or else the only other one.

    Raises:
        FieldError: there is no such key, or there are several.
    """
    if all(name in given for name in names.primary_key):
        return names.primary_key
    keys = unique_keys(names)
    usable = list(dict.fromkeys(key for key in keys if all(name in given for name in key)))
    if len(usable) == 1:
        return usable[0]
    refuse_live(names, given)
    raise FieldError(
        f"cannot tell which unique key of `{names.label}` is the conflict target",
        hint="name its fields: unique_fields=[…]",
    )
