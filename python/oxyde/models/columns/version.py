"""The field of `Meta.version`, checked when a class is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from oxyde._annotations import unwrap
from oxyde.exceptions import FieldError
from oxyde.hints import did_you_mean
from oxyde.models.columns.field import column_options

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["prepare_version"]

# What else would give the column its values, or make others depend on them.
_OTHERS = ("db_pk", "db_generated", "db_fk", "db_unique", "db_auto_increment")


def prepare_version(model: str, name: str, fields: Mapping[str, FieldInfo]) -> None:
    """Check the field that counts a row's updates, and let it begin at 1.

    Args:
        model: the class's name, for messages.
        name: the field's.
        fields: those of the model.

    Raises:
        FieldError: there is no such field, or it is not a plain integer.
    """
    info = fields.get(name)
    if info is None:
        raise FieldError(
            f"{model}.Meta.version names `{name}`, but {model} has no such field",
            hint=did_you_mean(name, fields) or f"declare it: {name}: int = 1",
        )
    where = f"{model}.{name} is its version (class Meta), and"
    bare = unwrap(info.annotation, info.metadata)
    if bare.core is not int or bare.nullable:
        raise FieldError(f"{where} is not an integer", hint=f"declare it: {name}: int = 1")
    options = column_options(info)
    for each in _OTHERS:
        if getattr(options, each):
            raise FieldError(f"{where} has {each}", hint=f"declare it: {name}: int = 1")
    if (options.db_type or "").upper().endswith("SERIAL"):
        raise FieldError(f"{where} is {options.db_type}, which counts up by itself")
    if info.default_factory is not None or not (
        info.is_required() or (type(info.default) is int and info.default >= 0)
    ):
        raise FieldError(f"{where} must begin with an integer", hint=f"declare it: {name}: int = 1")
    if info.is_required():
        info.default = 1
