"""Checks of `auto_now` and `auto_now_add`, when a class is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.models.columns.field import ColumnOptions

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["check_auto_now"]

# What else would give the column its values.
_OTHERS = ("db_pk", "db_default", "db_generated", "db_fk")
_KINDS = frozenset({"timestamp_tz", "date_time", "date", "time"})


def check_auto_now(where: str, info: FieldInfo, options: ColumnOptions) -> None:
    """Check a field that gets the database's time.

    Args:
        where: model and field, for messages.

    Raises:
        FieldError: it is not a time, or gets its values from elsewhere, too.
    """
    name = "auto_now" if options.auto_now else "auto_now_add"
    for each in ("auto_now", "auto_now_add"):
        if not isinstance(getattr(options, each), bool):
            raise FieldError(f"{where}: {each} is True or False, not {getattr(options, each)!r}")
    if options.auto_now and options.auto_now_add:
        raise FieldError(
            f"{where} has both auto_now and auto_now_add",
            hint="auto_now sets the time of each write, auto_now_add that of the first one",
        )
    if info.default_factory is not None:
        _refuse(where, name, "default_factory")
    if not info.is_required() and info.default is not None:
        _refuse(where, name, "a default")
    for each in _OTHERS:
        if getattr(options, each):
            _refuse(where, name, each)
    # Imported here so that defining models reads annotations only where a field asks for it.
    from oxyde.models.columns.column_types import shape_of
    from oxyde.queries.types.column_types import kind_of

    shape = shape_of(
        info.annotation, info.metadata, where=where, enum_name="", db_type=options.db_type
    )
    if kind_of(shape.column_type) not in _KINDS:
        raise FieldError(
            f"{where} has {name}, and is not a time",
            hint="annotate datetime, AwareDatetime, date or time",
        )


def _refuse(where: str, name: str, other: str) -> None:
    raise FieldError(
        f"{where} has {name} and {other}: the database's time is its value",
        hint=f"leave {other} out; a value given to create() or assigned is taken",
    )
