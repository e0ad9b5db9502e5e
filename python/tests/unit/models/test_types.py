"""Annotation → column type and the value that is bound."""

import datetime as dt
import enum
import ipaddress
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypeVar, Union
from zoneinfo import ZoneInfo

import pydantic
import pytest
from pydantic import BaseModel, StringConstraints
from typing_extensions import TypeAliasType, TypedDict

from oxyde._meta import FieldMeta
from oxyde.exceptions import FieldError, FieldValueError
from oxyde.models import Field, Model


class Status(str, enum.Enum):
    new = "new"
    old = "old"


class Plain(enum.Enum):
    one = "1"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Numbered(enum.Enum):
    a = 1


class Address(BaseModel):
    city: str
    zip: int | None = None


class Options(TypedDict):
    dark: bool


@dataclass
class Point:
    x: float
    y: float


UserId = NewType("UserId", int)
Names = TypeAliasType("Names", list[str])
T = TypeVar("T")


def column(annotation: Any, **arguments: Any) -> FieldMeta:
    namespace = {
        "__annotations__": {"id": int, "value": annotation},
        "__module__": __name__,
        "__qualname__": "Row",
        "id": Field(db_pk=True),
        "value": Field(**arguments),
        "Meta": type("Meta", (), {"is_table": True}),
    }
    model: Any = type(Model)("Row", (Model,), namespace)
    meta: FieldMeta = model._db_meta.field_metadata["value"]
    return meta


DECIMAL = {"decimal": {"precision": None, "scale": None}}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, "big_int"),
        (bool, "bool"),
        (float, "double"),
        (str, "text"),
        (bytes, "bytes"),
        (Decimal, DECIMAL),
        (dt.datetime, "date_time"),
        (pydantic.NaiveDatetime, "date_time"),
        (pydantic.AwareDatetime, "timestamp_tz"),
        (pydantic.PastDatetime, "date_time"),
        (dt.date, "date"),
        (pydantic.FutureDate, "date"),
        (dt.time, "time"),
        (dt.timedelta, "interval"),
        (uuid.UUID, "uuid"),
        (pydantic.UUID4, "uuid"),
        (ipaddress.IPv4Address, "inet"),
        (ipaddress.IPv6Network, "inet"),
        (ipaddress.IPv4Interface, "inet"),
        (pydantic.IPvAnyAddress, "inet"),
        (pydantic.EmailStr, "text"),
        (pydantic.SecretStr, "text"),
        (pydantic.SecretBytes, "bytes"),
        (pydantic.HttpUrl, "text"),
        (pydantic.AnyUrl, "text"),
        (pydantic.PostgresDsn, "text"),
        (Path, "text"),
        (ZoneInfo, "text"),
        (UserId, "big_int"),
        (pydantic.PositiveInt, "big_int"),
        (pydantic.StrictBool, "bool"),
        (pydantic.ByteSize, "big_int"),
        (Annotated[str, StringConstraints(max_length=7)], {"varchar": {"length": 7}}),
        (Annotated[str, pydantic.Field(max_length=8)], {"varchar": {"length": 8}}),
        (Optional[Annotated[str, StringConstraints(max_length=9)]], {"varchar": {"length": 9}}),  # noqa: UP045
        (
            Annotated[Decimal, pydantic.Field(max_digits=10, decimal_places=2)],
            {"decimal": {"precision": 10, "scale": 2}},
        ),
        (Annotated[Decimal, pydantic.Field(max_digits=10)], DECIMAL),
        (Status, {"enum": {"name": "status", "values": ["new", "old"]}}),
        (Plain, {"enum": {"name": "plain", "values": ["1"]}}),
        (Literal["a", "b"], {"enum": {"name": "row_value", "values": ["a", "b"]}}),
        (Literal[Status.new], {"enum": {"name": "row_value", "values": ["new"]}}),
        (Level, "big_int"),
        (Numbered, "big_int"),
        (Literal[1, 2], "big_int"),
        (dict, "json"),
        (dict[str, Any], "json"),
        (list, "json"),
        (dict[str, int], "json"),
        (Address, "json"),
        (Options, "json"),
        (Point, "json"),
        (set[int], "json"),
        (tuple[int, str], "json"),
        (list[Address], "json"),
        (list[list[int]], "json"),
        (list[int | None], "json"),
        (pydantic.JsonValue, "json"),
        (list[int], {"array": {"item": "big_int"}}),
        (list[str], {"array": {"item": "text"}}),
        (list[Status], {"array": {"item": "text"}}),
        (list[Level], {"array": {"item": "big_int"}}),
        (list[uuid.UUID], {"array": {"item": "uuid"}}),
        (Names, {"array": {"item": "text"}}),
    ],
    ids=str,
)
def test_column_type(annotation: Any, expected: Any) -> None:
    assert column(annotation).column_type == expected


@pytest.mark.parametrize(
    ("annotation", "nullable"),
    [
        (int, False),
        (int | None, True),
        (Optional[str], True),  # noqa: UP045
        (Annotated[int | None, pydantic.Field(ge=0)], True),
        (Literal["a", None], True),
        (pydantic.JsonValue, True),
        (list[int | None], False),
        (dict[str, Any] | None, True),
    ],
    ids=str,
)
def test_none_makes_nullable(annotation: Any, nullable: bool) -> None:
    assert column(annotation).nullable is nullable


def test_nullable_by_argument() -> None:
    assert column(str, db_nullable=True).nullable is True
    assert column(str | None, db_nullable=False).nullable is False


@pytest.mark.parametrize(
    ("annotation", "value", "plain"),
    [
        (Status, Status.old, "old"),
        (Plain, Plain.one, "1"),
        (Level, Level.high, 2),
        (Numbered, Numbered.a, 1),
        (pydantic.SecretStr, pydantic.SecretStr("x"), "x"),
        (pydantic.SecretBytes, pydantic.SecretBytes(b"x"), b"x"),
        (pydantic.HttpUrl, pydantic.HttpUrl("http://a.b/c"), "http://a.b/c"),
        (Path, Path("/a/b"), "/a/b"),
        (ZoneInfo, ZoneInfo("Europe/Oslo"), "Europe/Oslo"),
        (ipaddress.IPv4Address, ipaddress.IPv4Address("1.2.3.4"), "1.2.3.4"),
        (list[Status], [Status.new], ["new"]),
        (Address, Address(city="Oslo"), {"city": "Oslo", "zip": None}),
        (list[Address], [Address(city="Oslo", zip=1)], [{"city": "Oslo", "zip": 1}]),
        (Point, Point(1, 2.5), {"x": 1, "y": 2.5}),
        (dict[str, Decimal], {"a": Decimal("1.10")}, {"a": "1.10"}),
        (dict[str, dt.date], {"a": dt.date(2024, 1, 2)}, {"a": "2024-01-02"}),
        (pydantic.Base64Bytes, b"hello", b"aGVsbG8="),
    ],
    ids=str,
)
def test_encode(annotation: Any, value: Any, plain: Any) -> None:
    encode = column(annotation).encode
    assert encode is not None
    encoded = encode(value)
    assert encoded == plain
    assert type(encoded) is type(plain)
    assert pydantic.TypeAdapter(annotation).validate_python(encoded) == value


@pytest.mark.parametrize("annotation", [int, str, bytes, Decimal, list[int]])
def test_plain_values_are_bound_as_they_are(annotation: Any) -> None:
    assert column(annotation).encode is None


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Any, "Any"),
        (object, "object"),
        (complex, "complex"),
        (int | str, "a column has one type"),
        (Union[int, str, None], "a column has one type"),  # noqa: UP007
        (Literal["a", 1], "not all str or all int"),
        (Literal[True], "not all str or all int"),
        (enum.Enum("Mixed", {"a": 1, "b": "b"}), "not all str or all int"),
        (enum.Enum("Floats", {"a": 1.5}), "not all str or all int"),
        (enum.Enum("Spaces", {"a": "a "}), "ends with a space"),
        (dict[tuple[int, int], str], "keys of a JSON object are strings"),
    ],
    ids=str,
)
def test_refused(annotation: Any, words: str) -> None:
    with pytest.raises(FieldError, match=words) as caught:
        column(annotation)
    assert "Row.value" in str(caught.value)


class Money(Decimal):
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return handler.generate_schema(Decimal)


def test_refuses_subclasses_that_are_lost_on_the_way_back() -> None:
    with pytest.raises(FieldError, match="a subclass of Decimal that is not kept"):
        column(Money)


def test_refuses_a_class_that_pydantic_does_not_know() -> None:
    class Unknown:
        pass

    class Row(Model):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        id: int = Field(db_pk=True)

    with pytest.raises(FieldError, match="cannot be stored exactly"):

        class Bad(Row):
            class Meta:
                is_table = True

            value: Unknown


def test_refuses_type_variables() -> None:
    with pytest.raises(FieldError, match="type variable"):

        class Box(Model, Generic[T]):
            class Meta:
                is_table = True

            id: int = Field(db_pk=True)
            value: T


class Loose(BaseModel):
    anything: Any


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Loose, Loose(anything=dt.date(2024, 1, 1))),
        (Loose, Loose(anything=(1, 2))),
        (dict[str, bytes], {"a": b"\xff"}),
        (dict, {"a": dt.date(2024, 1, 1)}),
        (dict[str, Any], {"a": {"b": [(1, 2)]}}),
        (dict, {1: "a"}),
        (list, [Decimal(1)]),
        (pydantic.JsonValue, [b""]),
        (list[Address | int], ["text"]),
    ],
)
def test_refuses_json_that_would_be_read_back_differently(annotation: Any, value: Any) -> None:
    encode = column(annotation).encode
    assert encode is not None
    with pytest.raises(FieldValueError, match=r"Row\.value cannot store"):
        encode(value)


def test_loose_json_keeps_what_json_can_hold() -> None:
    encode = column(Loose).encode
    assert encode is not None
    assert encode(Loose(anything={"a": [1, None]})) == {"anything": {"a": [1, None]}}


@pytest.mark.parametrize(
    "value", [{}, {"a": [1, 1.5, "x", None, True, {"b": []}]}, {"deep": [[[[]]]]}]
)
def test_plain_json_is_stored_as_it_is(value: Any) -> None:
    encode = column(dict).encode
    assert encode is not None
    assert encode(value) is value


def test_deep_json() -> None:
    value: Any = {}
    for _ in range(5000):
        value = {"a": [value]}
    encode = column(dict).encode
    assert encode is not None
    assert encode(value) is value


def test_computed_fields_are_not_stored_in_json() -> None:
    class Box(BaseModel):
        model_config = pydantic.ConfigDict(extra="forbid")
        side: int

        @pydantic.computed_field  # type: ignore[prop-decorator]
        @property
        def area(self) -> int:
            return self.side**2

    encode = column(Box).encode
    assert encode is not None
    assert encode(Box(side=3)) == {"side": 3}


def test_json_with_aliases_comes_back() -> None:
    class Renamed(BaseModel):
        size: int = pydantic.Field(alias="theSize")

    encode = column(Renamed).encode
    assert encode is not None
    value = Renamed(theSize=3)
    assert Renamed.model_validate(encode(value)) == value


def test_zone_of_ipv6_is_refused() -> None:
    encode = column(ipaddress.IPv6Address).encode
    assert encode is not None
    with pytest.raises(FieldValueError, match="zone"):
        encode(ipaddress.IPv6Address("fe80::1%eth0"))


@pytest.mark.parametrize(
    ("annotation", "db_type", "expected"),
    [
        (dt.datetime, "TIMESTAMPTZ", "timestamp_tz"),
        (dt.datetime, "timestamp with time zone", "timestamp_tz"),
        (int, "SMALLINT", "small_int"),
        (int, "integer", "integer"),
        (str, "VARCHAR(20)", {"varchar": {"length": 20}}),
        (str, "CHAR(2)", {"custom": {"sql": "CHAR(2)", "base": "text"}}),
        (str, "citext", {"custom": {"sql": "citext", "base": "text"}}),
        (
            str,
            "varchar( 20 )collate  NOCASE",
            {"custom": {"sql": "VARCHAR(20) COLLATE NOCASE", "base": {"varchar": {"length": 20}}}},
        ),
        (
            str,
            "citext COLLATE ucs_basic",
            {
                "custom": {
                    "sql": "citext COLLATE ucs_basic",
                    "base": {"custom": {"sql": "citext", "base": "text"}},
                }
            },
        ),
        (Decimal, "NUMERIC(12, 3)", {"decimal": {"precision": 12, "scale": 3}}),
        (list[int], "JSONB", "json"),
        (dict[str, int], "JSONB", "json"),
        (Any, "JSONB", "json"),
        (
            list[float],
            "cube",
            {"custom": {"sql": "cube", "base": {"array": {"item": "double"}}}},
        ),
        (Status, "order_state", {"enum": {"name": "order_state", "values": ["new", "old"]}}),
    ],
)
def test_db_type(annotation: Any, db_type: str, expected: Any) -> None:
    assert column(annotation, db_type=db_type).column_type == expected


@pytest.mark.parametrize("db_type", ["text; DROP TABLE users", "", "'x'", "int)"])
def test_db_type_is_a_type(db_type: str) -> None:
    with pytest.raises(FieldError, match="not an SQL type"):
        column(str, db_type=db_type)


def test_db_type_must_hold_the_values() -> None:
    with pytest.raises(FieldError, match="cannot hold"):
        column(str, db_type="INTEGER")


def test_long_max_length_is_text() -> None:
    assert column(str, max_length=100_000).column_type == "text"
    assert column(str, max_length=100_000).max_length == 100_000
