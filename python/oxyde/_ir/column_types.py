"""The types of columns: `oxyde-sql/src/types`."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from typing_extensions import TypedDict

ScalarType: TypeAlias = Literal[
    "small_int",
    "integer",
    "big_int",
    "double",
    "bool",
    "text",
    "bytes",
    "date",
    "time",
    "date_time",
    "timestamp_tz",
    "interval",
    "uuid",
    "json",
    "inet",
]


class Decimal(TypedDict):
    """Total digits, and those after the point."""

    precision: int | None
    scale: int | None


@final
class DecimalType(TypedDict):
    """An exact number."""

    decimal: Decimal


class Varchar(TypedDict):
    """The longest string, in characters."""

    length: int


@final
class VarcharType(TypedDict):
    """A string with a limit."""

    varchar: Varchar


class Array(TypedDict):
    """The type of each item."""

    item: ColumnType


@final
class ArrayType(TypedDict):
    """A list of scalars."""

    array: Array


class Enum(TypedDict):
    """The name of the type, and its labels in order."""

    name: str
    values: list[str]


@final
class EnumType(TypedDict):
    """One of a fixed list of strings."""

    enum: Enum


class Vector(TypedDict):
    """How many numbers; None for any."""

    dimensions: int | None


@final
class VectorType(TypedDict):
    """A list of numbers, compared by distance."""

    vector: Vector


RangeItem: TypeAlias = Literal["integer", "big_int", "decimal", "date", "date_time", "timestamp_tz"]


class Range(TypedDict):
    """The type of the bounds."""

    item: RangeItem


@final
class RangeType(TypedDict):
    """The values between two bounds."""

    range: Range


class Custom(TypedDict):
    """The type in DDL, and the one that its values travel as."""

    sql: str
    base: ColumnType


@final
class CustomType(TypedDict):
    """A type spelled by the user."""

    custom: Custom


ColumnType: TypeAlias = (
    ScalarType
    | DecimalType
    | VarcharType
    | ArrayType
    | EnumType
    | VectorType
    | RangeType
    | CustomType
)
