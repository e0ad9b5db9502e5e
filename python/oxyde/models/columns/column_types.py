"""From an annotation to a column: its type and its encoder. Types that cannot be read back exactly
as written are refused here, when the class is created.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

import typing_extensions
from pydantic import Json, JsonValue

from oxyde._annotations import Unwrapped, constraint, describe, unwrap
from oxyde._column_types import ADDRESSES, BY_CLASS, SCALARS
from oxyde.exceptions import FieldError
from oxyde.hydration.cells import kind_of
from oxyde.hydration.range import Range
from oxyde.hydration.registered import FieldEncoder, RegisteredType, registered_as
from oxyde.hydration.vector import vector_of
from oxyde.models.columns import encoders
from oxyde.models.columns.db_type import typed_by_user
from oxyde.models.columns.enums import labels_of_enum, labels_of_literal, numbers, text_labels
from oxyde.models.columns.json import json_column
from oxyde.models.naming import snake_case

if TYPE_CHECKING:
    from oxyde._ir import ColumnType, RangeItem, ScalarType

__all__ = ["ColumnShape", "as_decimal", "shape_of"]

Encode = Callable[[Any], Any]

# MySQL's VARCHAR holds at most 65,535 bytes, which is this many characters of utf8mb4.
_LONGEST_VARCHAR = 16_383


# Classes of Pydantic that stand for a plain type, by name: importing them all is slow.
_PYDANTIC: dict[str, tuple[ScalarType, Encode | None]] = {
    "AwareDatetime": ("timestamp_tz", None),
    "NaiveDatetime": ("date_time", None),
    "PastDatetime": ("date_time", None),
    "FutureDatetime": ("date_time", None),
    "PastDate": ("date", None),
    "FutureDate": ("date", None),
    "ByteSize": ("big_int", encoders.plain_int),
    "SecretStr": ("text", encoders.secret),
    "SecretBytes": ("bytes", encoders.secret),
    "EmailStr": ("text", None),
    "NameEmail": ("text", str),
    "IPvAnyAddress": ("inet", encoders.ip_text),
    "IPvAnyInterface": ("inet", encoders.ip_text),
    "IPvAnyNetwork": ("inet", encoders.ip_text),
}

# The bounds of a range by the kind of their column.
_RANGES: dict[str, RangeItem] = {
    "big_int": "big_int",
    "decimal": "decimal",
    "date": "date",
    "date_time": "date_time",
    "timestamp_tz": "timestamp_tz",
}

_REFUSED: dict[Any, str] = {
    complex: "store two floats",
    object: "annotate the type that is stored, or dict[str, Any] for JSON",
    Any: "annotate the type that is stored, or dict[str, Any] for JSON",
}


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnShape:
    """The column for the values of an annotation.

    Attributes:
        column_type: its type as it stands in the IR.
        nullable: whether the annotation takes None.
        python_type: the annotation, bare.
        encode: returns the bound value; None if values are bound unchanged.
        mutable: whether values can change in place.
        max_length: longest text in characters.
        counts: whether it is a plain integer, which a key can auto-increment.
        serial: whether `db_type` makes it auto-increment.
        registered: the registered type, if it is one.
    """

    column_type: ColumnType
    nullable: bool
    python_type: Any
    encode: Encode | None = None
    mutable: bool = False
    max_length: int | None = None
    counts: bool = False
    serial: bool = False
    registered: RegisteredType | None = None


def shape_of(
    annotation: object,
    metadata: list[Any],
    *,
    where: str,
    enum_name: str,
    db_type: str | None = None,
) -> ColumnShape:
    """The column for an annotation.

    Args:
        annotation: the field's type.
        metadata: its metadata (`FieldInfo.metadata`).
        where: model and field, for messages.
        enum_name: name of the database's enum type, when the annotation has none of its own.
        db_type: the type as the user wrote it.

    Raises:
        FieldError: the values could not be read back exactly.
    """
    bare = unwrap(annotation, metadata)
    if isinstance(bare.core, TypeVar):
        raise FieldError(
            f"{where} has the type variable {bare.core}",
            hint="make a concrete class of it: `class Box(Generic[int])` with its own Meta",
        )
    registered = registered_as(bare.core)
    if registered is not None:
        shape = _registered(registered, bare, where)
        db_type = db_type or registered.db_type
    else:
        shape = _shape(bare, where, enum_name, db_type)
    if db_type is not None:
        column_type, serial = typed_by_user(db_type, shape.column_type, where)
        shape = dataclasses.replace(shape, column_type=column_type, serial=serial)
    return shape


def as_decimal(shape: ColumnShape) -> ColumnShape:
    """The same integers of a type of the user's, sent and read as decimals: of any size."""
    column_type = shape.column_type
    assert isinstance(column_type, dict)
    assert "custom" in column_type
    base: ColumnType = {"decimal": {"precision": None, "scale": None}}
    custom: ColumnType = {"custom": {"sql": column_type["custom"]["sql"], "base": base}}
    return dataclasses.replace(shape, column_type=custom, encode=encoders.whole_decimal)


def _shape(bare: Unwrapped, where: str, enum_name: str, db_type: str | None) -> ColumnShape:
    core, nullable = bare.core, bare.nullable
    vector = vector_of(bare.metadata)
    if vector is not None:
        if core != list[float] or db_type is not None:
            raise FieldError(
                f"{where} is a vector, which is a list of floats without a db_type",
                hint=f"annotate it Annotated[list[float], Vector({vector.dimensions})]",
            )
        vector_type: ColumnType = {"vector": {"dimensions": vector.dimensions}}
        return ColumnShape(vector_type, nullable, core, mutable=True)
    if core is Json or any(Json in (item, type(item)) for item in bare.metadata):
        # Its values are those in the parsed document.
        document = json_column(JsonValue if core is Json else core, where)
        python_type = Any if core is Json else core
        free = nullable or core is Json or document.nullable
        return ColumnShape("json", free, python_type, document.encode, mutable=True)
    scalar = _scalar(bare, where)
    if scalar is not None:
        column_type: ColumnType
        column_type, encode = scalar
        length = None
        if column_type == "text":
            length = constraint(bare.metadata, "max_length")
            if length is not None and 0 < length <= _LONGEST_VARCHAR:
                column_type = {"varchar": {"length": length}}
        return ColumnShape(
            column_type, nullable, core, encode, max_length=length, counts=core is int
        )
    labels = _labels(core, where)
    if labels is not None:
        if numbers(labels):
            return ColumnShape("big_int", nullable, core, encoders.number)
        name = snake_case(core.__name__) if isinstance(core, type) else enum_name
        if db_type is not None and db_type.isidentifier():
            name = db_type
        values = text_labels(labels, where)
        enum_type: ColumnType = {"enum": {"name": name, "values": values}}
        return ColumnShape(enum_type, nullable, core, encoders.label)
    if Range in (core, get_origin(core)):
        return ColumnShape(_range(core, where), nullable, core)
    if get_origin(core) is list:
        array = _array(core, where, enum_name)
        if array is not None:
            column_type, encode = array
            return ColumnShape(column_type, nullable, core, encode, mutable=True)
    if core in _REFUSED and db_type is None:
        raise FieldError(f"{where} has the type {describe(core)}", hint=_REFUSED[core])
    json = json_column(core, where)
    return ColumnShape("json", nullable or json.nullable, core, json.encode, mutable=True)


def _registered(registered: RegisteredType, bare: Unwrapped, where: str) -> ColumnShape:
    stored = shape_of(registered.storage, [], where=where, enum_name="")
    return dataclasses.replace(
        stored,
        nullable=bare.nullable,
        python_type=bare.core,
        encode=FieldEncoder(registered, stored.encode, where),
        counts=False,
        registered=registered,
    )


def _scalar(bare: Unwrapped, where: str) -> tuple[ColumnType, Encode | None] | None:
    core = bare.core
    encode = encoders.from_metadata(core, bare.metadata)
    if get_origin(core) is not None:
        return _secret(core, where)
    if not isinstance(core, type):
        return None
    if core is Decimal:
        return _decimal(bare.metadata, where), encode
    if core in SCALARS:
        return SCALARS[core], encode
    if issubclass(core, ADDRESSES):
        return "inet", encoders.ip_text
    if issubclass(core, ZoneInfo):
        return "text", encoders.zone_name
    if issubclass(core, PurePath):
        return "text", str
    if core.__module__ in ("pydantic.types", "pydantic.networks"):
        known = _PYDANTIC.get(core.__name__)
        if known is not None:
            return known
        if hasattr(core, "unicode_string") or hasattr(core, "host"):
            return "text", str
    if any(base.__name__ in ("_BaseUrl", "_BaseMultiHostUrl") for base in core.__mro__):
        return "text", str
    if issubclass(core, Enum):
        return None
    if issubclass(core, str):
        return "text", encoders.plain_str
    if issubclass(core, int):
        return "big_int", encoders.plain_int
    for plain in BY_CLASS:
        if issubclass(core, plain):
            raise FieldError(
                f"{where} has the type {core.__name__}, a subclass of {plain.__name__} "
                "that is not kept when a row is read",
                hint=f"annotate {plain.__name__}",
            )
    return None


def _secret(core: object, where: str) -> tuple[ColumnType, Encode | None] | None:
    origin = get_origin(core)
    if getattr(origin, "__name__", "") != "Secret" or origin.__module__ != "pydantic.types":
        return None
    inner = unwrap(get_args(core)[0])
    scalar = _scalar(inner, where)
    if scalar is None or scalar[1] is not None:
        raise FieldError(
            f"{where} has the type {describe(core)}", hint="use SecretStr or SecretBytes"
        )
    return scalar[0], encoders.secret


def _decimal(metadata: list[Any], where: str) -> ColumnType:
    digits = constraint(metadata, "max_digits")
    places = constraint(metadata, "decimal_places")
    if digits is None or places is None:
        # With only one of the two, NUMERIC would round values that Pydantic accepts.
        return {"decimal": {"precision": None, "scale": None}}
    if places > digits:
        raise FieldError(f"{where} has decimal_places={places} but max_digits={digits}")
    return {"decimal": {"precision": digits, "scale": places}}


def _labels(core: object, where: str) -> list[Any] | None:
    if isinstance(core, type) and issubclass(core, Enum):
        return labels_of_enum(core, where)
    if get_origin(core) in (Literal, typing_extensions.Literal):
        return labels_of_literal(core, where)
    return None


def _range(core: object, where: str) -> ColumnType:
    if get_args(core):
        bound = unwrap(get_args(core)[0])
        scalar = None if bound.nullable else _scalar(bound, where)
        item = _RANGES.get(kind_of(scalar[0])[0]) if scalar is not None else None
        if item is not None:
            return {"range": {"item": item}}
    raise FieldError(
        f"{where} has the type {describe(core)}, which no range type of PostgreSQL has",
        hint="annotate Range[int], Range[Decimal], Range[date], Range[datetime] or "
        "Range[AwareDatetime]",
    )


def _array(core: object, where: str, enum_name: str) -> tuple[ColumnType, Encode | None] | None:
    item = unwrap(get_args(core)[0])
    if item.nullable:
        return None
    labels = _labels(item.core, where)
    if labels is not None:
        encode = encoders.number if numbers(labels) else encoders.label
        item_type: ColumnType = "big_int" if numbers(labels) else "text"
        return {"array": {"item": item_type}}, encoders.each(encode)
    scalar = _scalar(item, where)
    if scalar is None:
        return None
    column_type, item_encode = scalar
    return {"array": {"item": column_type}}, encoders.each(item_encode) if item_encode else None
