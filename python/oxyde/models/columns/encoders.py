"""Encoders from a field's value to the bound value. They are never called with None."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from pydantic import TypeAdapter

from oxyde.exceptions import FieldValueError

__all__ = [
    "each",
    "from_metadata",
    "ip_text",
    "label",
    "number",
    "plain_int",
    "plain_str",
    "secret",
    "whole_decimal",
    "zone_name",
]


def label(value: object) -> object:
    """The label of an enum member (a Literal is its own)."""
    return value.value if isinstance(value, Enum) else value


def number(value: object) -> object:
    """The number of an enum member (a Literal is its own)."""
    if isinstance(value, Enum):
        value = value.value
    return int(value) if isinstance(value, int) and type(value) is not bool else value


def plain_str(value: object) -> object:
    """The plain str of an instance of a subclass."""
    return str.__str__(value) if isinstance(value, str) else value


def plain_int(value: object) -> object:
    """The plain int of an instance of a subclass."""
    return int(value) if isinstance(value, int) and type(value) is not bool else value


def whole_decimal(value: object) -> object:
    """An integer of any size as a decimal."""
    return Decimal(value) if isinstance(value, int) and type(value) is not bool else value


def secret(value: object) -> object:
    """The hidden value of a SecretStr, SecretBytes or Secret."""
    reveal = getattr(value, "get_secret_value", None)
    return value if reveal is None else reveal()


def zone_name(value: object) -> object:
    """The name of a time zone.

    Raises:
        FieldValueError: it has no name, since it was read from a file.
    """
    name = getattr(value, "key", value)
    if name is None:
        raise FieldValueError(f"the time zone {value!r} has no name that could be stored")
    return name


def ip_text(value: object) -> str:
    """An address or network as text.

    Raises:
        FieldValueError: an IPv6 address with a zone ("%eth0"), which no database stores.
    """
    text = str(value)
    if "%" in text:
        raise FieldValueError(
            f"{text} has a zone, which the database does not store", hint="store the zone apart"
        )
    return text


def each(encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The encoder of a list, given the encoder of its items."""

    def encode_items(values: Iterable[Any]) -> list[Any]:
        return [encode(value) for value in values]

    return encode_items


def from_metadata(core: object, metadata: list[Any]) -> Callable[[Any], Any] | None:
    """The encoder for metadata of `Annotated`: `Base64Str` and similar types store the encoded
    form."""
    for item in metadata:
        if type(item).__name__ in ("EncodedBytes", "EncodedStr"):
            return _Encoded(Annotated[core, item])
    return None


class _Encoded:
    """Pydantic decodes these on validation, so the encoded form is stored."""

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation

    @functools.cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._annotation)

    def __call__(self, value: object) -> object:
        return self._adapter.dump_python(value)
