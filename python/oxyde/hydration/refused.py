"""Stored rows that their model refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from oxyde.exceptions import RowValidationError
from oxyde.hydration.fields import validate_field

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta

__all__ = ["kept", "refusing"]

Refused = Callable[[dict[str, Any], BaseException], Any]

# Maximum number of errors in the message for one row.
_SHOWN = 5


def refusing(model: type[Any], fields: Iterable[str]) -> Refused:
    """A callback for a refused row and Pydantic's error, which raises an error that names the
    row."""
    meta: ModelMeta = model._db_meta
    loaded = set(fields)
    keys = meta.primary_key if loaded.issuperset(meta.primary_key) else ()

    def refuse(row: dict[str, Any], error: BaseException) -> object:
        if not isinstance(error, ValidationError):
            raise error
        key = {name: row[name] for name in keys}
        which = ", ".join(f"{name}={value!r:.80}" for name, value in key.items())
        row_of = f"the row of `{model.__name__}` with {which}" if key else _some(model)
        raise RowValidationError(
            f"{row_of} is not valid: {_faults(model, error)}",
            model=model,
            key=key,
            validation_error=error,
            hint="unvalidated() loads such rows for repair, and skip_invalid() leaves them out",
        ) from error

    return refuse


def _some(model: type[Any]) -> str:
    return f"a row of `{model.__name__}`"


def _faults(model: type[Any], error: ValidationError) -> str:
    shown: list[str] = []
    hidden = model.model_config.get("hide_input_in_errors", False)
    for fault in error.errors(include_url=False, include_context=False):
        where = ".".join(str(part) for part in fault["loc"])
        text = f"{where}: {fault['msg']}" if where else fault["msg"]
        if where and not hidden:
            text += f" (it holds {fault['input']!r:.80})"
        shown.append(text)
    more = len(shown) - _SHOWN
    return "; ".join(shown[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def kept(
    model: type[Any],
    present: Iterable[str],
    defaults: Mapping[str, Any],
    *,
    keeps_extra: bool,
    post_init: str | None,
) -> Refused:
    """A callback that builds an instance from a refused row: valid values are validated, invalid
    ones stay as stored.

    Args:
        present: the fields in the row.
        defaults: Pydantic's fields that are missing from the row and get a default.
    """
    given = frozenset(present)

    def make(row: dict[str, Any], error: BaseException) -> object:
        if not isinstance(error, ValidationError):
            raise error
        values: dict[str, Any] = {}
        for name in model.model_fields:
            if name in row:
                try:
                    values[name] = validate_field(model, name, row[name])
                except ValidationError:
                    values[name] = row[name]
            elif name in defaults:
                field = defaults[name]
                values[name] = field.get_default(call_default_factory=True, validated_data=values)
        instance: Any = object.__new__(model)
        object.__setattr__(instance, "__dict__", values)
        object.__setattr__(instance, "__pydantic_fields_set__", set(given))
        object.__setattr__(instance, "__pydantic_extra__", {} if keeps_extra else None)
        object.__setattr__(instance, "__pydantic_private__", None)
        if post_init is not None:
            getattr(instance, post_init)(None)
        return instance

    return make
