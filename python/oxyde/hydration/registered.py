"""Registered types: conversion of their values to column values and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Base64UrlBytes, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from oxyde._annotations import unwrap
from oxyde.exceptions import FieldError, FieldValueError, RowValidationError

__all__ = [
    "FieldDecoder",
    "FieldEncoder",
    "RegisteredType",
    "add_registered",
    "decode_row",
    "registered_as",
    "with_schema",
]


@dataclass(frozen=True, slots=True)
class RegisteredType:
    """A custom type, registered by `register_type`.

    Attributes:
        python_type: the class.
        storage: the annotation of the stored value.
        encode: returns the stored value.
        decode: returns the value for a stored one.
        db_type: the type of the column as the user wrote it.
        read: validates the stored value before it is decoded; None if that is not needed.
        needs_schema: whether Pydantic does not know the class.
    """

    python_type: type[Any]
    storage: Any
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    db_type: str | None = None
    read: Callable[[Any], Any] | None = field(default=None, compare=False)
    needs_schema: bool = field(default=True, compare=False)

    def encoded(self, value: object) -> object:
        """The stored value.

        Raises:
            TypeError: `encode` gives None, which would become NULL.
        """
        stored = self.encode(value)
        if stored is None:
            raise TypeError("encode gives None")
        return stored

    def bound(self, value: object, where: str) -> object:
        """The stored value, for a query.

        Args:
            value: an instance of the class.
            where: what encodes it, for messages.

        Raises:
            FieldValueError: `encode` raises, or gives None.
        """
        try:
            return self.encoded(value)
        except Exception as error:
            raise FieldValueError(
                f"{where} cannot encode {value!r:.80}: {_described(error)}"
            ) from error

    def decoded(self, stored: object) -> object:
        """The value of a stored one.

        Raises:
            TypeError: `decode` gives another type.
        """
        value = self.decode(stored if self.read is None else self.read(stored))
        if not isinstance(value, self.python_type):
            raise TypeError(
                f"decode gives {value!r:.80}, which is not a {self.python_type.__name__}"
            )
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """An instance of the class; in JSON, what is stored (bytes as base64)."""
        bare = unwrap(self.storage)
        stored = handler.generate_schema(Base64UrlBytes if bare.core is bytes else self.storage)
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(self._from_json, stored),
            python_schema=core_schema.is_instance_schema(self.python_type),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.encoded, return_schema=stored, when_used="json"
            ),
        )

    def _from_json(self, stored: object) -> object:
        try:
            return self.decoded(stored)
        except Exception as error:
            raise _fault(error) from error


_registered: dict[type[Any], RegisteredType] = {}


def registered_as(python_type: object) -> RegisteredType | None:
    """The registration of exactly this class; base classes do not count."""
    return _registered.get(python_type) if isinstance(python_type, type) else None


def add_registered(registered: RegisteredType) -> None:
    """Make a type known."""
    _registered[registered.python_type] = registered


def with_schema(annotation: Any, where: str) -> Any:
    """An annotation in which Pydantic knows the registered classes.

    Args:
        annotation: a field's.
        where: model and field, for messages.

    Raises:
        FieldError: a list of a registered type, which no column stores.
    """
    if not _registered:
        return annotation
    registered = registered_as(annotation)
    if registered is not None:
        return Annotated[annotation, registered] if registered.needs_schema else annotation
    arguments = get_args(annotation)
    if not arguments:
        return annotation
    if hasattr(annotation, "__metadata__"):
        if isinstance(annotation.__metadata__[0], RegisteredType):
            return annotation
        inner = with_schema(annotation.__origin__, where)
        if inner is annotation.__origin__:
            return annotation
        # A star in a subscript requires Python 3.11.
        return Annotated.__class_getitem__((inner, *annotation.__metadata__))  # type: ignore[attr-defined]
    if unwrap(annotation).nullable:
        members = tuple(with_schema(member, where) for member in arguments)
        return annotation if members == arguments else Union[members]  # noqa: UP007
    item = next((each for each in map(_bare, arguments) if registered_as(each) is not None), None)
    if item is not None and get_origin(annotation) in (list, set, frozenset, tuple):
        raise FieldError(
            f"{where} is a list of {item.__name__}, a registered type, which no column stores",
            hint="register a class for the whole list, with storage=list[...]",
        )
    return annotation


def _bare(annotation: object) -> Any:
    return unwrap(annotation).core


class FieldEncoder:
    """Encodes the values of one field.

    Args:
        registered: its type.
        store: the encoder of the storage type, applied afterwards.
        where: model and field, for messages.
    """

    __slots__ = ("_registered", "_store", "_where")

    def __init__(
        self, registered: RegisteredType, store: Callable[[Any], Any] | None, where: str
    ) -> None:
        self._registered = registered
        self._store = store
        self._where = where

    @property
    def python_type(self) -> type[Any]:
        """The class of the values that it takes."""
        return self._registered.python_type

    def __call__(self, value: object) -> object:
        """The bound value.

        Raises:
            FieldValueError: the value has another type, or `encode` raises.
        """
        if not isinstance(value, self.python_type):
            raise FieldValueError(
                f"`{self._where}` takes a {self.python_type.__name__}, "
                f"not {value!r:.80} ({type(value).__name__})"
            )
        stored = self._registered.bound(value, f"`{self._where}`")
        return stored if self._store is None else self._store(stored)


class FieldDecoder:
    """Decodes the values of one field.

    Args:
        registered: its type.
        model: the model.
        name: the field.
    """

    __slots__ = ("_model", "_name", "_registered")

    def __init__(self, registered: RegisteredType, model: type[Any], name: str) -> None:
        self._registered = registered
        self._model = model
        self._name = name

    @property
    def python_type(self) -> type[Any]:
        """The class of the values that it makes."""
        return self._registered.python_type

    def __call__(self, stored: object) -> object:
        """The value of a stored one; None for NULL.

        Raises:
            RowValidationError: `decode` raises, or gives another type.
        """
        if stored is None:
            return None
        try:
            return self._registered.decoded(stored)
        except Exception as error:
            fault = self.fault(stored, error)
            refused = ValidationError.from_exception_data(self._model.__name__, [fault])
            hidden = self._model.model_config.get("hide_input_in_errors", False)
            held = "" if hidden else f" (it holds {stored!r:.80})"
            raise RowValidationError(
                f"a row of `{self._model.__name__}` is not valid: "
                f"{self._name}: {_fault(error).message()}{held}",
                model=self._model,
                key={},
                validation_error=refused,
            ) from error

    def fault(self, stored: object, error: Exception) -> InitErrorDetails:
        """Pydantic's error for a stored value that cannot be decoded."""
        return {"type": _fault(error), "loc": (self._name,), "input": stored}


def decode_row(
    model: type[Any], decoders: dict[str, FieldDecoder], row: dict[str, Any]
) -> dict[str, Any]:
    """A row for the model's validator, with all of its stored values decoded.

    Raises:
        ValidationError: some cannot be.
    """
    faults: list[InitErrorDetails] = []
    decoded = dict(row)
    for name, decode in decoders.items():
        stored = row.get(name)
        if stored is None or isinstance(stored, decode.python_type):
            continue
        try:
            decoded[name] = decode(stored)
        except RowValidationError as error:
            cause = error.__cause__
            assert isinstance(cause, Exception)
            faults.append(decode.fault(stored, cause))
    if faults:
        raise ValidationError.from_exception_data(model.__name__, faults)
    return decoded


def _fault(error: Exception) -> PydanticCustomError:
    why = {"error": _described(error)}
    return PydanticCustomError("decode_error", "The stored value cannot be decoded: {error}", why)


def _described(error: Exception) -> str:
    return f"{error} ({type(error).__name__})" if str(error) else type(error).__name__
