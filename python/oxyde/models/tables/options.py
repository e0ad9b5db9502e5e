"""`class Meta` of a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from oxyde.exceptions import FieldError
from oxyde.hints import did_you_mean
from oxyde.models.naming import check_identifier
from oxyde.models.tables.constraint import Check, ForeignKey, Index, Unique

__all__ = ["MetaOptions", "options_of"]


Constraint = Check | Unique | ForeignKey


@dataclasses.dataclass(frozen=True, slots=True)
class MetaOptions:
    """The options of `class Meta`; those in `_NOT_INHERITED` are not inherited.

    Attributes:
        is_table: whether the model has a table.
        table_name: the table's name; the class name in lower case by default.
        schema: database schema (namespace).
        shares_table: the table belongs to another model (this one may have only some of its fields)
            or to another program: it is read and written, but never created or altered.
        managed: whether `create_tables`, `drop_tables` and migrations know the table. A view, or a
            table that another program owns, has False: foreign keys may refer to it, and it is
            never created, altered or dropped.
        read_only: the rows are only read. Such a model needs no primary key: it may be of a view,
            or of a table without a key.
        indexes: indexes over several columns, or with conditions.
        constraints: checks, and unique constraints and foreign keys with names of their own.
        unique_together: groups of fields that are unique together.
        ordering: the order of queries that have none: names and paths, ``"-created"`` for largest
            first. Groups, distinct and combined rows, counts and writes are not ordered by it.
        scope: the condition of the rows that queries read, on the model's own columns: a `Q`, or a
            function from the model to a condition. `Post.unscoped` also reads the others.
        unloaded: the result of accessing an unloaded relation: "none" (it reads as None), "raise",
            or "peers": it raises, and ``await load(row, "author")`` loads the relation for all rows
            of the same result.
        version: an integer field that counts the updates of a row: `save()` and `delete()` of an
            instance whose row was changed since it was read raise StaleObjectError.
        shard_by: the field by whose values a cluster (Citus) divides the rows over its nodes.
        reference: whether each node of a cluster has all rows, so that every table may refer to
            them.
        check_bounds: whether the table has CHECK constraints for the bounds of its fields.
    """

    is_table: bool = False
    table_name: str | None = None
    schema: str | None = None
    shares_table: bool = False
    managed: bool = True
    read_only: bool = False
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    ordering: tuple[str, ...] = ()
    scope: Any = dataclasses.field(default=None, compare=False)
    unloaded: str = "none"
    version: str | None = None
    shard_by: str | None = None
    reference: bool = False
    check_bounds: bool = False

    @property
    def unique_groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups of fields that are unique together, with and without a name."""
        named = [each.fields for each in self.constraints if isinstance(each, Unique)]
        return (*self.unique_together, *named)


_NAMES = tuple(option.name for option in dataclasses.fields(MetaOptions))
_DEFAULTS = {option.name: option.default for option in dataclasses.fields(MetaOptions)}
_NOT_INHERITED = ("is_table", "table_name", "shares_table")


def options_of(model: str, meta: type[Any] | None, inherited: Iterable[MetaOptions]) -> MetaOptions:
    """Read `class Meta`.

    Args:
        model: the class's name, for messages.
        meta: its `Meta`, if it has one.
        inherited: the options of its abstract bases, nearest first.

    Raises:
        FieldError: an unknown option, or an invalid value.
    """
    values: dict[str, Any] = {}
    for base in inherited:
        for name in _NAMES:
            if name not in _NOT_INHERITED and name not in values:
                value = getattr(base, name)
                # A condition cannot be compared.
                if value is not None if name == "scope" else value != _DEFAULTS[name]:
                    values[name] = value
    if meta is not None:
        for name in _given(meta):
            if name not in _NAMES:
                hint = did_you_mean(name, _NAMES) or f"available: {', '.join(_NAMES)}"
                raise FieldError(f"{model}.Meta has no option `{name}`", hint=hint)
            values[name] = _READERS[name](f"{model}.Meta.{name}", getattr(meta, name))
    options = MetaOptions(**values)
    if options.version is not None and options.read_only:
        raise FieldError(f"{model}.Meta has version and read_only: its rows are never updated")
    if options.shard_by is not None and options.reference:
        raise FieldError(
            f"{model}.Meta has shard_by and reference: each node has some of the rows, or all",
            hint="leave one of them out",
        )
    return options


def _given(meta: type[Any]) -> list[str]:
    names: dict[str, None] = {}
    for cls in reversed(meta.__mro__[:-1]):
        names.update(dict.fromkeys(name for name in vars(cls) if not name.startswith("__")))
    return list(names)


def _flag(where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError(f"{where} is True or False, not {value!r}")
    return value


def _name(where: str, value: object) -> str | None:
    return None if value is None else check_identifier(value, where)


def _items(where: str, value: object, kind: Any, name: str) -> tuple[Any, ...]:
    items = tuple(value) if isinstance(value, list | tuple) else (value,)
    for item in items:
        if not isinstance(item, kind):
            raise FieldError(f"{where} is a list of {name}(…), not {type(item).__name__} {item!r}")
    return items


def _indexes(where: str, value: object) -> tuple[Index, ...]:
    return _items(where, value, Index, "Index")


def _constraints(where: str, value: object) -> tuple[Constraint, ...]:
    items: tuple[Constraint, ...] = _items(where, value, Constraint, "Check, Unique or ForeignKey")
    return items


def _groups(where: str, value: Any) -> tuple[tuple[str, ...], ...]:
    groups = tuple(value) if isinstance(value, list | tuple) else (value,)
    if groups and all(isinstance(name, str) for name in groups):
        groups = (groups,)
    for group in groups:
        if (
            not isinstance(group, list | tuple)
            or not group
            or not all(isinstance(name, str) for name in group)
        ):
            raise FieldError(
                f"{where} is a list of groups of field names, not {value!r}",
                hint='unique_together = [("first_name", "last_name")]',
            )
    return tuple(tuple(group) for group in groups)


def _ordering(where: str, value: object) -> tuple[str, ...]:
    given: tuple[object, ...] = tuple(value) if isinstance(value, list | tuple) else (value,)
    names = tuple([name for name in given if isinstance(name, str) and name.lstrip("-")])
    if len(names) < len(given):
        raise FieldError(
            f"{where} is a list of names of fields, not {value!r:.80}",
            hint='ordering = ["-created", "id"]',
        )
    return names


def _scope(where: str, value: object) -> object:
    # What a condition is, the queries know, which are not loaded yet.
    if value is None or (not isinstance(value, type) and (callable(value) or _is_condition(value))):
        return value
    raise FieldError(
        f"{where} is a condition on the model's columns, not {value!r:.80}",
        hint="scope = Q(deleted_at=None), or a function: scope = lambda post: ~post.is_hidden",
    )


def _is_condition(value: object) -> bool:
    return hasattr(value, "resolve") or hasattr(value, "build")


def _version(where: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise FieldError(
            f"{where} is the name of a field, not {value!r:.80}", hint='version = "version"'
        )
    return value


def _shard_by(where: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise FieldError(
            f"{where} is the name of a field, not {value!r:.80}", hint='shard_by = "tenant_id"'
        )
    return value


def _unloaded(where: str, value: object) -> str:
    if value not in ("none", "raise", "peers"):
        raise FieldError(f'{where} is "none", "raise" or "peers", not {value!r}')
    return str(value)


_READERS = {
    "is_table": _flag,
    "table_name": _name,
    "schema": _name,
    "shares_table": _flag,
    "managed": _flag,
    "read_only": _flag,
    "indexes": _indexes,
    "constraints": _constraints,
    "unique_together": _groups,
    "ordering": _ordering,
    "scope": _scope,
    "unloaded": _unloaded,
    "version": _version,
    "shard_by": _shard_by,
    "reference": _flag,
    "check_bounds": _flag,
}
