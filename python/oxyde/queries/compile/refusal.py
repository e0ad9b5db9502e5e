"""What errors of a statement mean: it checks the bounds of a field itself, or a value that it
computes is out of range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from oxyde.exceptions import (
    CheckViolationError,
    DatabaseConnectionError,
    DatabaseError,
    IntegrityError,
    UniqueViolationError,
)

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta, ModelMeta

__all__ = ["Guard", "name_computed", "name_scope", "name_size", "raise_refused"]

# Bytes of values that some server refuses, by an error or by closing the connection.
_LARGE = 1_000_000

# The codes of errors about computed values that are out of range.
_OUT_OF_RANGE = frozenset(
    {
        "22003",
        "22007",
        "22008",
        "22012",
        "22P02",
        "2201E",
        "2201F",
        "25",
        "1264",
        "1292",
        "1441",
        "1690",
        "1916",
        "3141",
    }
)


class Guard(NamedTuple):
    """A field and its bounds ("ge=0, le=100")."""

    field: FieldMeta
    rules: str


# The output of the function `refuse`: number of the guard, key of the row, value.
_REFUSED = re.compile(r"oxyde\|(\d+)\|(.*?)\|([^|'\"]*)", re.DOTALL)


def name_computed(error: DatabaseError, computed: Sequence[str], model: type[Any] | None) -> None:
    """Name the functions and operators of the statement in an error about a value's range."""
    of_integers = error.args and error.args[0] == "integer overflow"
    if not computed or not (error.code in _OUT_OF_RANGE or of_integers):
        return
    label = "" if model is None else f"`{model.__name__}`: "
    what = computed[0] if len(computed) == 1 else f"one of {', '.join(computed)}"
    error.args = (f"{label}a result of {what} is out of range: {error.args[0]}",)
    error.hint = "leave out such rows with filter(), or compute with Cast(…, float) or Decimal"


def name_scope(error: UniqueViolationError, model: type[Any]) -> None:
    """Say that the row with the same key may be one that queries of the model do not read."""
    meta: ModelMeta = model._db_meta
    if "is_live" in error.columns and meta.soft_delete is not None:
        # It is a key of rows that queries read.
        return
    if meta.scope is not None and error.hint is None:
        label = model.__name__
        error.hint = (
            f"the row with this key may be outside of the scope of `{label}`: {label}.unscoped "
            "finds it"
        )


def name_size(error: DatabaseError, values: Sequence[object]) -> None:
    """Name the size of a statement's values in the error of a connection that was lost with it."""
    if not isinstance(error, DatabaseConnectionError):
        return
    size = sum(map(_bytes_of, values))
    if size >= _LARGE:
        error.hint = (
            f"the values of the statement have about {size} bytes; MySQL and MariaDB close the "
            "connection at max_allowed_packet: raise it, or send less at a time"
        )


def _bytes_of(value: object) -> int:
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    return sum(map(_bytes_of, value)) if isinstance(value, list | tuple) else 8


def raise_refused(
    error: IntegrityError | DatabaseError, guards: Sequence[Guard], model: type[Any] | None
) -> None:
    """Raise the meaning of an error that comes from a guard.

    Raises:
        CheckViolationError: it does.
    """
    found = _REFUSED.search(str(error.args[0])) if error.args else None
    if found is not None and int(found[1]) < len(guards):
        _raise(error, guards[int(found[1])], found[2], found[3], model)


def _raise(
    error: IntegrityError | DatabaseError,
    guard: Guard,
    key: str,
    value: str,
    model: type[Any] | None,
) -> NoReturn:
    label = guard.field.name if model is None else f"{model.__name__}.{guard.field.name}"
    meta: ModelMeta | None = None if model is None else model._db_meta
    row = f" in the row with the key {key}" if key else ""
    would = f"have {value} characters" if "_length" in guard.rules else f"be {value}"
    raise CheckViolationError(
        f"`{label}` would {would}{row}, and its model says {guard.rules}: nothing was written",
        model=model,
        table=None if meta is None else meta.table_name,
        columns=(guard.field.db_column,),
        code=error.code,
        hint="leave out the rows whose values would not fit: filter(…)",
    ) from error
