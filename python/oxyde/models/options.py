"""`class Meta` of a model."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from typing import Any

from oxyde.exceptions import FieldError
from oxyde.models.constraint import Check, Index
from oxyde.models.naming import check_identifier

__all__ = ["MetaOptions", "options_of"]


@dataclasses.dataclass(frozen=True, slots=True)
class MetaOptions:
    """What `class Meta` says. All of it but `is_table` and `table_name` passes on from bases.

    Attributes:
        is_table: whether the model has a table.
        table_name: the table's name; the class name in lower case by default.
        schema: database schema (namespace).
        indexes: indexes over several columns, or with conditions.
        constraints: check constraints.
        unique_together: groups of fields that are unique together.
        unloaded: "none" or "raise": what touching an unloaded relation does.
    """

    is_table: bool = False
    table_name: str | None = None
    schema: str | None = None
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Check, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    unloaded: str = "none"


_NAMES = tuple(option.name for option in dataclasses.fields(MetaOptions))
_DEFAULTS = {option.name: option.default for option in dataclasses.fields(MetaOptions)}
_NOT_INHERITED = ("is_table", "table_name")


def options_of(model: str, meta: type[Any] | None, inherited: Iterable[MetaOptions]) -> MetaOptions:
    """Read `class Meta`.

    Args:
        model: the class's name, for messages.
        meta: its `Meta`, if it has one.
        inherited: the options of its bases that are not tables, nearest first.

    Raises:
        FieldError: an option that does not exist, or a value that it does not take.
    """
    values: dict[str, Any] = {}
    for base in inherited:
        for name in _NAMES:
            if name not in _NOT_INHERITED and name not in values:
                value = getattr(base, name)
                if value != _DEFAULTS[name]:
                    values[name] = value
    if meta is not None:
        for name in _given(meta):
            if name not in _NAMES:
                near = difflib.get_close_matches(name, _NAMES, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(_NAMES)}"
                raise FieldError(f"{model}.Meta has no option `{name}`", hint=hint)
            values[name] = _READERS[name](f"{model}.Meta.{name}", getattr(meta, name))
    return MetaOptions(**values)


def _given(meta: type[Any]) -> list[str]:
    names: dict[str, None] = {}
    for cls in reversed(meta.__mro__[:-1]):
        names.update(dict.fromkeys(name for name in vars(cls) if not name.startswith("__")))
    return list(names)


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FieldError(f"{where} is True or False, not {value!r}")
    return value


def _name(where: str, value: Any) -> str | None:
    return None if value is None else check_identifier(value, where)


def _items(where: str, value: Any, kind: type[Any]) -> tuple[Any, ...]:
    items = tuple(value) if isinstance(value, list | tuple) else (value,)
    for item in items:
        if not isinstance(item, kind):
            raise FieldError(
                f"{where} is a list of {kind.__name__}(…), not {type(item).__name__} {item!r}"
            )
    return items


def _indexes(where: str, value: Any) -> tuple[Index, ...]:
    return _items(where, value, Index)


def _checks(where: str, value: Any) -> tuple[Check, ...]:
    return _items(where, value, Check)


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


def _unloaded(where: str, value: Any) -> str:
    if value not in ("none", "raise"):
        raise FieldError(f'{where} is "none" or "raise", not {value!r}')
    return str(value)


_READERS = {
    "is_table": _flag,
    "table_name": _name,
    "schema": _name,
    "indexes": _indexes,
    "constraints": _checks,
    "unique_together": _groups,
    "unloaded": _unloaded,
}
