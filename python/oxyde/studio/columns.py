"""A column as a page shows it: its input, its choices, its lookups, and values from and to text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, time
from enum import Enum
from functools import cached_property
from typing import Any, Literal, get_args, get_origin

from pydantic import PydanticSchemaGenerationError, SecretBytes, SecretStr, TypeAdapter
from pydantic import ValidationError as PydanticError
from pydantic_core import to_jsonable_python

from oxyde._meta import FieldMeta
from oxyde.queries.lookups.table import fitting
from oxyde.queries.types.column_types import NUMBERS, kind_of

__all__ = ["Column"]

# The lookups that the page offers, in this order; a kind of column has some of them.
_OFFERED = {
    "exact": "=",
    "gt": ">",
    "gte": "≥",
    "lt": "<",
    "lte": "≤",
    "between": "between",
    "icontains": "contains",
    "istartswith": "starts with",
    "iendswith": "ends with",
    "in": "one of",
    "year": "in the year",
    "contains": "contains",
    "isnull": "is NULL",
}
_TEXTS = frozenset({"text", "varchar"})
_DOCUMENTS = frozenset({"json", "array", "vector", "range"})
# Kinds without an order of their own, or without an order that a page of rows can go on from.
_UNSORTED = frozenset({"json", "array", "vector", "bytes", "range"})
# Longer strings are edited in a field of several lines.
_LINE = 200
_MODULES = re.compile(r"\b(?:\w+\.)+(?=\w)")


class Column:
    """A column of a table.

    Attributes:
        field: its metadata.
        name: the field's name.
        kind: the kind of its type in the database.
        secret: whether its values are never shown, sorted or filtered by.
    """

    def __init__(self, field: FieldMeta) -> None:
        self.field = field
        self.name = field.name
        self.kind = kind_of(field.column_type)
        self.secret = _is_secret(field)

    # -- what it is --------------------------------------------------------------------------

    @property
    def is_text(self) -> bool:
        """Whether its values are any strings."""
        return self.kind in _TEXTS and not self.choices and self.field.python_type is str

    @property
    def takes_empty(self) -> bool:
        """Whether an empty input is a value."""
        return self.is_text or (self.kind == "bytes" and not self.field.nullable)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, which stand at the right."""
        referring = self.field.foreign_key is not None
        return self.kind in NUMBERS and not self.choices and not referring

    @property
    def sortable(self) -> bool:
        """Whether rows can be sorted by it."""
        return not self.secret and self.kind not in _UNSORTED

    @property
    def may_be_long(self) -> bool:
        """Whether a list of rows reads only the beginning of its values."""
        limit = self.field.max_length
        return self.is_text and not self.secret and (limit is None or limit > _LINE)

    @property
    def type_name(self) -> str:
        """The type, for people."""
        given = self.field.python_type
        plain = isinstance(given, type) and get_origin(given) is None
        name = self.field.db_type or _MODULES.sub("", given.__name__ if plain else str(given))
        limit = f"({self.field.max_length})" if self.field.max_length is not None else ""
        return f"{name}{limit}"

    @cached_property
    def choices(self) -> Mapping[str, object]:
        """The values to choose from, by their text; empty if there are too many to list."""
        kind = self.field.python_type
        if kind is bool:
            return {"true": True, "false": False}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {str(member.value): member for member in kind}
        if get_origin(kind) is Literal:
            return {str(value): value for value in get_args(kind)}
        return {}

    @cached_property
    def lookups(self) -> dict[str, str]:
        """The lookups that a URL may have: name → what it is called."""
        if self.secret:
            return {}
        known = set(fitting(self.kind))
        if self.choices:
            known &= {"exact", "in", "isnull"}
        elif self.kind in _DOCUMENTS:
            known &= {"contains", "isnull"}
        elif self.field.foreign_key is not None or self.kind in ("uuid", "bytes"):
            known &= {"exact", "in", "isnull"}
        elif self.kind in _TEXTS:
            known -= {"contains", "gt", "gte", "lt", "lte", "between"}
        if not self.field.nullable:
            known -= {"isnull"}
        # Strings are rarely known as a whole.
        offered = dict.fromkeys(["icontains", *_OFFERED] if self.kind in _TEXTS else _OFFERED)
        return {name: _OFFERED[name] for name in offered if name in known}

    @property
    def form_lookups(self) -> dict[str, str]:
        """The lookups of the filter form, whose input is for one value of the column's type."""
        if self.input_type == "text" and not self.choices:
            return self.lookups
        return {name: word for name, word in self.lookups.items() if name not in ("in", "year")}

    # -- inputs --------------------------------------------------------------------------------

    @property
    def widget(self) -> str:
        """The form's input: "select", "password", "document", "bytes", "lines", or a type of
        HTML's input element."""
        if self.choices:
            return "select"
        if self.secret:
            return "password"
        if self.kind in _DOCUMENTS:
            return "document"
        if self.kind == "bytes":
            return "bytes"
        if self.is_text and (self.field.max_length is None or self.field.max_length > _LINE):
            return "lines"
        return self.input_type

    @property
    def input_type(self) -> str:
        """The type of HTML's input element for one value."""
        kind = self.field.python_type
        if kind is int or kind is float:
            return "number"
        return {"date": "date", "date_time": "datetime-local", "time": "time"}.get(
            self.kind, "text"
        )

    @property
    def placeholder(self) -> str:
        """What a value looks like, where the input does not show it."""
        return {
            "date_time": "2026-01-31T14:30:00",
            "timestamp_tz": "2026-01-31T14:30:00+00:00",
            "time": "14:30:00",
            "interval": "PT90M",
            "uuid": "00000000-0000-0000-0000-000000000000",
            "bytes": "00ff…",
            "array": "[1, 2]",
            "vector": "[0.1, 0.2]",
            "json": "{}",
        }.get(self.kind, "")

    # -- values ----------------------------------------------------------------------------------

    @cached_property
    def _adapter(self) -> TypeAdapter[Any] | None:
        try:
            return TypeAdapter(self.field.python_type)
        except PydanticSchemaGenerationError:
            # A registered type: its model knows how to read it.
            return None

    def parse(self, text: str) -> object:
        """The value that an input stands for.

        Raises:
            ValueError: it stands for none; the message says why.
        """
        if self.choices:
            try:
                return self.choices[text]
            except KeyError:
                raise ValueError(f"Must be one of: {', '.join(self.choices)}") from None
        if self.kind in _DOCUMENTS:
            try:
                return json.loads(text)
            except ValueError as error:
                raise ValueError(f"Not valid JSON: {error}") from None
        if self.kind == "bytes" and self.field.python_type is bytes:
            try:
                return bytes.fromhex(text)
            except ValueError:
                raise ValueError("Must be hexadecimal digits, two for each byte") from None
        if self._adapter is None or self.secret:
            return text
        try:
            return self._adapter.validate_strings(text if self.is_text else text.strip())
        except PydanticError as error:
            raise ValueError(error.errors(include_url=False)[0]["msg"]) from None

    def text(self, value: object) -> str:
        """What an input shows for a value; `parse` reads it."""
        if value is None or self.secret:
            return ""
        if isinstance(value, Enum):
            return str(value.value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, time):
            return value.isoformat()
        if isinstance(value, str):
            return value
        plain = self._plain(value)
        if self.kind in _DOCUMENTS:
            return json.dumps(plain, ensure_ascii=False, indent=2 if self.kind == "json" else None)
        return str(plain)

    def _plain(self, value: object) -> Any:
        if self._adapter is not None and not isinstance(value, float):
            return self._adapter.dump_python(value, mode="json", warnings=False)
        return to_jsonable_python(value, fallback=str, inf_nan_mode="constants")


def _is_secret(field: FieldMeta) -> bool:
    kind = field.python_type
    if isinstance(kind, type) and issubclass(kind, SecretStr | SecretBytes):
        return True
    return bool(field.secret)
