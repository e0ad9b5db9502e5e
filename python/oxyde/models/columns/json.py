"""JSON columns: which annotations they can hold exactly, and the plain value that is stored.

JSON has strings, numbers, booleans, null, arrays and objects. Pydantic converts other types to
these and back. Where the round trip may not give the same value (an `Any`, a custom serializer, an
alias), each value is checked when it is written.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import functools
import reprlib
import types
import typing
import uuid
from collections import abc
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import typing_extensions
from pydantic import BaseModel, JsonValue, TypeAdapter

from oxyde._annotations import describe, unwrap
from oxyde._column_types import ADDRESSES
from oxyde.exceptions import FieldError, FieldValueError

__all__ = ["JsonColumn", "json_column"]

_EXACT = (
    str,
    int,
    bool,
    float,
    bytes,
    Decimal,
    dt.datetime,
    dt.date,
    dt.time,
    uuid.UUID,
    types.NoneType,
    *ADDRESSES,
)
_PLAIN = (dict, list, JsonValue)
_COLLECTIONS = (list, set, frozenset, tuple, collections.deque)
_LOOSE_COLLECTIONS = (abc.Sequence, abc.Set, abc.MutableSet, abc.MutableSequence)
_MAPPINGS = (
    dict,
    collections.defaultdict,
    collections.OrderedDict,
    abc.Mapping,
    abc.MutableMapping,
)
_KEYS = (str, int, uuid.UUID, dt.date, Decimal)
# More items than any database accepts in a document; also stops at cyclic documents.
_MOST_ITEMS = 20_000_000
# Pydantic's limit for values of any type.
_TOO_DEEP = "it contains itself, or is nested deeper than 255 levels"
_NEVER = (abc.Callable, abc.Iterator, abc.Generator, abc.Iterable, type, complex)


@dataclasses.dataclass(frozen=True, slots=True)
class JsonColumn:
    """How values of an annotation are stored as JSON.

    Attributes:
        encode: returns the plain value.
        nullable: whether None is one of the values.
    """

    encode: Callable[[Any], Any]
    nullable: bool


def json_column(annotation: object, where: str) -> JsonColumn:
    """How to store an annotation as JSON.

    Raises:
        FieldError: it cannot be stored exactly.
    """
    if annotation in _PLAIN or _is_plain(annotation):
        return JsonColumn(_PlainEncoder(where), annotation is JsonValue)
    if get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            if _is_scalar(member):
                raise FieldError(
                    f"{where} has the type {describe(annotation)}: a column has one type",
                    hint="use one type, two fields, or a model or dict that is stored as JSON",
                )
    exact = _Walk(where).exact(annotation)
    return JsonColumn(_Encoder(annotation, where, checked=not exact), nullable=False)


def _is_plain(annotation: object) -> bool:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return arguments[0] is str and arguments[1] in (Any, JsonValue)
    return origin is list and arguments[0] in (Any, JsonValue)


def _is_scalar(annotation: object) -> bool:
    core = unwrap(annotation).core
    return core in _EXACT or (isinstance(core, type) and issubclass(core, Enum))


class _Walk:
    """Walks through an annotation. Results: True if exact, False if values must be checked."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.seen: set[Any] = set()

    def refuse(self, annotation: object, hint: str) -> FieldError:
        return FieldError(
            f"{self.where} has the type {describe(annotation)}, which cannot be stored exactly",
            hint=hint,
        )

    def exact(self, annotation: object) -> bool:
        bare = unwrap(annotation)
        core, origin = bare.core, get_origin(bare.core)
        marked = any(_converts(item) for item in bare.metadata)
        if core is Any:
            return False
        if core is JsonValue:
            return not marked
        if isinstance(core, TypeVar):
            raise self.refuse(core, "make a concrete class with its own Meta")
        if core in _EXACT or core is None:
            return not marked
        if origin in (Literal, typing_extensions.Literal):
            return not marked
        if origin in (Union, types.UnionType):
            # Pydantic decides which union member a value is read back as.
            for member in get_args(core):
                self.exact(member)
            return False
        kind = origin or core
        if kind in _NEVER:
            raise self.refuse(core, "store what it is made from")
        if kind in _MAPPINGS:
            return self._mapping(core, origin) and kind in (dict, abc.Mapping) and not marked
        if kind in _COLLECTIONS or kind in _LOOSE_COLLECTIONS:
            arguments = [each for each in get_args(core) if each is not Ellipsis]
            answers = [self.exact(each) for each in arguments]
            return bool(arguments) and all(answers) and kind in _COLLECTIONS and not marked
        if isinstance(kind, type):
            return self._class(core, kind) and not marked
        return False

    def _mapping(self, core: object, origin: object) -> bool:
        arguments = get_args(core)
        if not arguments:
            return False
        key = unwrap(arguments[0])
        keyed = get_origin(key.core) or key.core
        if keyed is not Any and not (
            keyed in (Literal, typing_extensions.Literal)
            or (isinstance(keyed, type) and issubclass(keyed, (*_KEYS, Enum)))
        ):
            raise self.refuse(core, "keys of a JSON object are strings: use dict[str, …]")
        answers = [self.exact(each) for each in arguments[1:]]
        return key.core is str and all(answers)

    def _class(self, core: object, kind: type[Any]) -> bool:
        if core in self.seen:
            return True
        self.seen.add(core)
        if issubclass(kind, Enum):
            return all(isinstance(member.value, str | int) for member in kind)
        if issubclass(kind, PurePath):
            return True
        if issubclass(kind, BaseModel):
            return self._model(kind)
        if dataclasses.is_dataclass(kind):
            return self._hints(kind) and not hasattr(kind, "__pydantic_decorators__")
        if typing_extensions.is_typeddict(kind):
            return self._hints(kind)
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return self._hints(kind)
        if hasattr(kind, "__get_pydantic_core_schema__") or kind is dt.timedelta or kind is object:
            return False
        if kind.__module__ in ("pydantic.types", "pydantic.networks", "pydantic_core"):
            return False
        raise self.refuse(
            core,
            "Pydantic does not know it: use a model, a dataclass or a TypedDict, or register the "
            "type of a field with oxyde.register_type()",
        )

    def _model(self, model: type[BaseModel]) -> bool:
        decorators = model.__pydantic_decorators__
        plain = not (
            decorators.field_serializers
            or decorators.model_serializers
            or decorators.field_validators
            or decorators.model_validators
            or model.model_config.get("alias_generator")
            or model.model_config.get("extra") == "allow"
        )
        for info in model.__pydantic_fields__.values():
            if isinstance(info.annotation, str | typing.ForwardRef):
                return False
            marked = any(_converts(item) for item in info.metadata)
            named = (info.alias, info.validation_alias, info.serialization_alias)
            plain = self.exact(info.annotation) and plain and not marked
            plain = plain and named == (None, None, None) and not info.exclude
        return plain

    def _hints(self, kind: type[Any]) -> bool:
        try:
            hints = typing_extensions.get_type_hints(kind, include_extras=True)
        except NameError:
            return False
        answers = [self.exact(_without_qualifier(hint)) for hint in hints.values()]
        return all(answers)


def _without_qualifier(hint: object) -> Any:
    qualifiers = (
        typing_extensions.Required,
        typing_extensions.NotRequired,
        typing_extensions.ReadOnly,
        typing.ClassVar,
        typing.Final,
    )
    while get_origin(hint) in qualifiers:
        hint = get_args(hint)[0]
    return hint


def _converts(item: object) -> bool:
    """Whether something in `Annotated` may change how a value is read or written."""
    module = type(item).__module__
    return module != "annotated_types" and type(item).__name__ not in (
        "ColumnOptions",
        "Discriminator",
        "FieldInfo",
        "Strict",
        "StringConstraints",
        "UuidVersion",
        "_PydanticGeneralMetadata",
    )


class _Encoder:
    """Returns the plain JSON value; resolved lazily, when all types are defined."""

    def __init__(self, annotation: Any, where: str, *, checked: bool) -> None:
        self._annotation = annotation
        self._where = where
        self._checked = checked

    @functools.cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._annotation)

    def __call__(self, value: object) -> object:
        try:
            plain = self._adapter.dump_python(
                value, mode="json", by_alias=True, round_trip=True, warnings="error"
            )
            if self._checked and self._adapter.validate_python(plain) != value:
                raise self._refuse(value, "it would be read back as another value")
        except RecursionError:
            raise self._refuse(value, _TOO_DEEP) from None
        except ValueError as error:
            why = str(error).split("\n", 1)[0]
            raise self._refuse(value, _TOO_DEEP if "depth" in why else why) from error
        return plain

    def _refuse(self, value: object, why: str) -> FieldValueError:
        return _refused(self._where, value, why)


class _PlainEncoder:
    """Accepts plain JSON values unchanged: the annotation does not restrict the content."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __call__(self, value: object) -> object:
        left = [value]
        for item in left:  # grows during iteration; avoids recursion
            if isinstance(item, dict):
                for key in item:
                    if not isinstance(key, str):
                        raise _refused(self._where, key, "a key must be a string")
                left.extend(item.values())
            elif isinstance(item, list):
                left.extend(item)
            elif item is not None and not isinstance(item, str | int | float):
                raise _refused(
                    self._where, item, f"JSON has no {type(item).__name__}, it would not come back"
                )
            if len(left) > _MOST_ITEMS:
                raise _refused(self._where, value, "it has too many parts, or contains itself")
        return value


def _refused(where: str, value: object, why: str) -> FieldValueError:
    shown = reprlib.repr(value)  # of a few levels and items
    shown = shown if len(shown) <= 80 else shown[:77] + "…"
    return FieldValueError(
        f"{where} cannot store {shown} as JSON: {why}",
        hint="JSON holds strings, numbers, booleans, None, lists and dicts with string keys",
    )
