"""How a column becomes the value of its field. Derived from the model's pydantic-core schema. If
the schema shows that every value of the column is valid unchanged, Rust creates the value itself,
and checks simple bounds, too. Everything else goes through the field's own validator.

A cell is the tuple that `oxyde._core.Recipe` reads: `(step, argument, check, nullable, mutable)`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import PydanticUserError, TypeAdapter
from pydantic_core import CoreConfig, CoreSchema, SchemaError, SchemaValidator, core_schema

from oxyde._column_types import INTEGERS, TEXTS
from oxyde.hydration.fields import CoreNode
from oxyde.hydration.vector import is_checked

__all__ = ["ANY_CELL", "Cell", "FieldReader", "needs_row", "typed_cell"]

Check = tuple[str, Mapping[str, Any]]
Cell = tuple[str, Any, Check | None, bool, bool]

ANY_CELL: Final[Cell] = ("plain", None, None, True, False)

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_TEXTS = TEXTS | {"enum"}
_BOUNDS = ("ge", "gt", "le", "lt")
_LISTS = ("array", "vector")

# Keys of a core schema that do not constrain values.
_SILENT = frozenset(
    ("type", "strict", "ref", "metadata", "serialization", "microseconds_precision")
)
_TEXT_CONFIG = (
    "str_strip_whitespace",
    "str_to_lower",
    "str_to_upper",
    "str_max_length",
    "str_min_length",
)
# Schemas with fields of their own: their contents do not see the outer row.
_OWN_FIELDS = frozenset(("model", "typed-dict", "dataclass", "arguments", "definitions"))


def kind_of(column_type: Mapping[str, Any] | str) -> tuple[str, Any]:
    """Name and details of a column type; a custom type counts as its base."""
    while not isinstance(column_type, str):
        name, details = next(iter(column_type.items()))
        if name != "custom":
            return name, details
        column_type = details["base"]
    return column_type, None


class FieldReader:
    """Makes the cells of one model.

    Args:
        config: the model's core config.
        definitions: core schemas by their `ref`, for recursive types.
    """

    def __init__(self, config: CoreConfig, definitions: Mapping[str, Any]) -> None:
        self._config = config
        self._definitions = definitions

    def decoded_cell(
        self, schema: CoreSchema, decode: Callable[[Any], Any], *, mutable: bool
    ) -> Cell:
        """The cell of a field with this core schema whose values are decoded first."""
        validate = self._lax(schema)
        return "convert", lambda stored: validate(decode(stored)), None, True, mutable

    def cell(
        self, schema: CoreSchema, column_type: Mapping[str, Any] | str, *, mutable: bool
    ) -> Cell:
        """The cell of a field with this core schema, in a column of this type."""
        inner = self._resolved(schema)
        nullable = False
        while inner["type"] in ("default", "nullable"):
            if inner["type"] == "default" and inner.get("on_error", "raise") != "raise":
                return self._validated(schema, mutable)
            nullable = nullable or inner["type"] == "nullable"
            inner = self._resolved(inner["schema"])
        if inner["type"] == "json":
            # The column's value is the parsed document, not its text.
            held = inner.get("schema", core_schema.any_schema())
            if nullable:
                held = core_schema.nullable_schema(held)
            return self.cell(held, column_type, mutable=mutable)
        name, details = kind_of(column_type)
        found = _READERS.get(inner["type"], _unknown)(inner, self._config, name, details)
        if found is None and inner["type"] == "list":
            found = self._list(inner, name, details)
        if found is None:
            return self._validated(schema, mutable)
        step, argument, check = found
        return step, argument, check, nullable or inner["type"] == "any", mutable

    def _resolved(self, schema: CoreNode) -> CoreNode:
        while schema["type"] == "definition-ref":
            schema = self._definitions[schema["schema_ref"]]
        return schema

    def _list(self, schema: CoreNode, name: str, details: Any) -> _Found | None:
        items = schema.get("items_schema")
        if _rest(schema, "items_schema"):
            return None
        if name == "json":
            plain = items is None or self._resolved(items)["type"] == "any"
            return ("plain", None, ("json_array", {})) if plain else None
        if name != "array" or items is None:
            return None
        cell = self.cell(items, details["item"], mutable=False)
        if cell[0] == "plain" and cell[2] is None and not cell[3]:
            return "plain", None, ("no_null_items", {})
        return None

    def _validated(self, schema: CoreSchema, mutable: bool) -> Cell:
        if self._config.get("strict") or is_strict(schema):
            # Columns have fewer types than Python: a value stored as text or as a list must be
            # converted back.
            return "convert", self._lax(schema), None, True, mutable
        return "validate", self._validator(schema).validate_python, None, True, mutable

    def _lax(self, schema: CoreSchema) -> Callable[[Any], Any]:
        return functools.partial(self._validator(schema).validate_python, strict=False)

    def _validator(self, schema: CoreSchema) -> SchemaValidator:
        whole: CoreSchema = schema
        if self._definitions:
            whole = core_schema.definitions_schema(schema, list(self._definitions.values()))
        return SchemaValidator(whole, self._config)


_Found = tuple[str, Any, Check | None]
_Reader = Callable[[CoreNode, CoreConfig, str, object], _Found | None]


def _rest(schema: CoreNode, *known: str) -> bool:
    """Whether a schema has constraints other than the known ones."""
    return any(
        key not in _SILENT and key not in known and schema[key] is not None for key in schema
    )


def _unknown(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    return None


def _any(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    return "plain", None, None


def _int(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if name not in INTEGERS or _rest(schema, *_BOUNDS, "multiple_of"):
        return None
    limits = {key: schema.get(key) for key in (*_BOUNDS, "multiple_of")}
    if not _given(limits):
        return "plain", None, None
    for limit in _given(limits):
        if type(limit) is not int or not _SMALLEST <= limit <= _LARGEST:
            return None
    return "plain", None, ("int", limits)


def _float(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if name != "double" or _rest(schema, *_BOUNDS, "allow_inf_nan"):
        return None
    limits: dict[str, Any] = {key: schema.get(key) for key in _BOUNDS}
    finite = not schema.get("allow_inf_nan", config.get("allow_inf_nan", True))
    if not _given(limits) and not finite:
        return "plain", None, None
    if any(type(limit) not in (int, float) for limit in _given(limits)):
        return None
    if any(limit != float(limit) for limit in _given(limits)):
        return None
    return "plain", None, ("float", {**limits, "finite": finite})


def _str(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if name not in _TEXTS or _rest(schema, "max_length", "min_length"):
        return None
    if any(config.get(key) for key in _TEXT_CONFIG):
        return None
    limits = {key: schema.get(key) for key in ("min_length", "max_length")}
    return "plain", None, ("str", limits) if _given(limits) else None


def _decimal(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if name != "decimal" or _rest(schema, "max_digits", "decimal_places", "allow_inf_nan"):
        return None
    limits = {key: schema.get(key) for key in ("max_digits", "decimal_places")}
    if schema.get("allow_inf_nan", config.get("allow_inf_nan", False)):
        return None if _given(limits) else ("plain", None, None)
    return "plain", None, ("decimal", limits)


def _bool(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    return None if name != "bool" or _rest(schema) else ("plain", None, None)


def _as_stored(*columns: str) -> _Reader:
    """Unconstrained types whose columns return values of the type."""

    def read(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
        return ("plain", None, None) if name in columns and not _rest(schema) else None

    return read


def _datetime(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if name not in ("date_time", "timestamp_tz") or _rest(schema, "tz_constraint"):
        return None
    fits = {"date_time": (None, "naive"), "timestamp_tz": (None, "aware")}[name]
    return ("plain", None, None) if schema.get("tz_constraint") in fits else None


def _enum(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if schema.get("missing") is not None:
        return None
    return _lookup((member.value, member) for member in schema["members"])


def _literal(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    return _lookup((value, value) for value in schema["expected"])


def _lookup(pairs: Iterable[tuple[Any, Any]]) -> _Found | None:
    table = {}
    for value, meant in pairs:
        if type(value) not in (str, int) or value in table:
            return None
        table[value] = meant
    return "lookup", table, None


def _dict(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    if name != "json" or _rest(schema, "keys_schema", "values_schema"):
        return None
    keys, values = schema.get("keys_schema"), schema.get("values_schema")
    plain_keys = (
        keys is None
        or keys["type"] == "any"
        or (
            keys["type"] == "str"
            and not _rest(keys)
            and not any(config.get(key) for key in _TEXT_CONFIG)
        )
    )
    if not plain_keys or (values is not None and values["type"] != "any"):
        return None
    return "plain", None, ("json_object", {})


def _vector(schema: CoreNode, config: CoreConfig, name: str, details: object) -> _Found | None:
    return ("plain", None, None) if name == "vector" and is_checked(schema) else None


def _given(limits: Mapping[str, Any]) -> list[Any]:
    return [limit for limit in limits.values() if limit is not None]


_READERS: Final[Mapping[str, _Reader]] = {
    "any": _any,
    "bool": _bool,
    "bytes": _as_stored("bytes"),
    "date": _as_stored("date"),
    "datetime": _datetime,
    "decimal": _decimal,
    "dict": _dict,
    "enum": _enum,
    "float": _float,
    "function-wrap": _vector,
    "int": _int,
    "literal": _literal,
    "str": _str,
    "time": _as_stored("time"),
    "timedelta": _as_stored("interval"),
    "uuid": _as_stored("uuid"),
}


def _walk(schema: object) -> Iterator[CoreNode]:
    """A schema and those inside it that validate the same input."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "type" in node:
                yield node
                if node["type"] in _OWN_FIELDS:
                    continue
            waiting.extend(value for key, value in node.items() if key != "metadata")
        elif isinstance(node, list | tuple):
            waiting.extend(node)


def needs_row(schema: CoreSchema) -> bool:
    """Whether a field's validators can read earlier fields (`info.data`)."""
    return any(node["type"] == "with-info" for node in _walk(schema))


def is_strict(schema: CoreSchema) -> bool:
    """Whether a field, or a part of it, is strict."""
    return any(node.get("strict") is True for node in _walk(schema))


@functools.lru_cache(maxsize=1024)
def typed_cell(python_type: Any, kind: str) -> Cell:
    """The cell of a value outside an instance (`values()`), by its Python type alone.

    Args:
        python_type: the annotation, without None.
        kind: name of the column's type.
    """
    if python_type in (Any, object) or get_origin(python_type) is Literal:
        return ANY_CELL
    if isinstance(python_type, type) and issubclass(python_type, Enum):
        found = _lookup((member.value, member) for member in python_type)
        if found is not None:
            return found[0], found[1], None, True, False
    try:
        adapter = TypeAdapter(python_type)
        schema = adapter.core_schema
        plain: _Found | None = None
        if schema["type"] in _READERS:
            plain = _READERS[schema["type"]](schema, {}, kind, None)
        elif schema["type"] == "list" and kind in _LISTS and get_args(python_type):
            items = schema.get("items_schema")
            if items is not None and items["type"] in ("int", "str", "float", "bool", "uuid"):
                plain = ("plain", None, None)
        if plain is not None:
            return plain[0], plain[1], None, True, False
        return "validate", adapter.validator.validate_python, None, True, False
    except (PydanticUserError, SchemaError, NameError):
        # A type that Pydantic can resolve only inside its model.
        return ANY_CELL
