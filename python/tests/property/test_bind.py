"""Binding: a value arrives as it is, or is refused by an error that names it."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import ipaddress
import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from oxyde import _core
from oxyde.exceptions import FieldLookupValueError, FieldValueError, OxydeError
from oxyde.hydration.recipe import cell_of, flat_recipe

UTC = dt.timezone.utc
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FLAVOURS = ("postgres", "sqlite", "mysql", "mariadb")
DECIMAL: Any = {"decimal": {"precision": None, "scale": None}}
MONEY: Any = {"decimal": {"precision": 6, "scale": 2}}
CODE: Any = {"varchar": {"length": 3}}
COLOUR: Any = {"enum": {"name": "colour", "values": ["red", "blue"]}}


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1


class Name(str):
    pass


class Index:
    def __index__(self) -> int:
        return 7


def compiled(statement: Any, flavour: str, *, lookup: bool) -> _core.Plan:
    message = msgpack.packb({"version": _core.IR_VERSION, "statement": statement})
    return _core.compile(message, _core.features(flavour), [("Thing.value", lookup, False)])


@functools.cache
def _plan(packed_type: bytes, flavour: str, lookup: bool) -> _core.Plan:
    insert = {
        "table": {"schema": None, "name": "thing", "alias": "thing"},
        "columns": [{"name": "value", "type": msgpack.unpackb(packed_type)}],
        "source": "row",
        "conflict": None,
        "returning": [],
    }
    return compiled({"insert": insert}, flavour, lookup=lookup)


def plan(ty: Any, flavour: str = "postgres", *, lookup: bool = False) -> _core.Plan:
    """A statement whose one param is sent as this type."""
    return _plan(msgpack.packb(ty), flavour, lookup)


def bound(value: Any, ty: Any, flavour: str = "postgres", *, lookup: bool = False) -> Any:
    """The value as it is sent."""
    (sent,) = plan(ty, flavour, lookup=lookup).parameters([value])
    return sent


def refused(value: Any, ty: Any, flavour: str = "postgres", *, lookup: bool = False) -> str:
    """The message that refuses the value."""
    wanted = FieldLookupValueError if lookup else FieldValueError
    with pytest.raises(wanted) as caught:
        bound(value, ty, flavour, lookup=lookup)
    message = str(caught.value)
    assert message.startswith("`Thing.value` ")
    return message


def back(value: Any, ty: Any) -> Any:
    """The value as a column of the type gives it back."""
    (got,) = flat_recipe(cell_of(ty)).hydrate([ty], [[value]])
    return got


def identical(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.copysign(1, one) == math.copysign(1, other) and (
            one == other or (math.isnan(one) and math.isnan(other))
        )
    return type(one) is type(other) and bool(one == other)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip

ROUND_TRIPS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("small_int", st.integers(-(2**15), 2**15 - 1)),
    ("integer", st.integers(-(2**31), 2**31 - 1)),
    ("big_int", st.integers(-(2**63), 2**63 - 1)),
    ("double", st.floats()),
    ("bool", st.booleans()),
    (DECIMAL, st.decimals(allow_nan=False, allow_infinity=False)),
    ("text", texts),
    ({"varchar": {"length": 20}}, texts.filter(lambda text: len(text) <= 20)),
    ("bytes", st.binary()),
    ("date", st.dates()),
    ("time", st.times()),
    ("date_time", st.datetimes()),
    ("timestamp_tz", st.datetimes(timezones=st.just(UTC))),
    ("interval", st.timedeltas(dt.timedelta(-100_000_000), dt.timedelta(100_000_000))),
    ("uuid", st.uuids()),
    ("json", json_values),
]


@given(st.data())
def test_every_type_gives_back_what_it_got(data: st.DataObject) -> None:
    ty, values = data.draw(st.sampled_from(ROUND_TRIPS))
    value = data.draw(values)
    assert identical(back(value, ty), value)
    if ty != "json":
        assert identical(bound(value, ty), value)


@given(st.datetimes(timezones=st.timezones()))
def test_moments_come_back_in_utc(moment: dt.datetime) -> None:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        assert "outside the years 1 to 9999" in refused(moment, "timestamp_tz")
        return
    got = back(moment, "timestamp_tz")
    assert (got, got.tzinfo) == (in_utc, UTC)


@given(json_values)
def test_json_is_what_json_dumps_means(value: Any) -> None:
    text = bound(value, "json", "sqlite")
    if value is None:
        assert text is None
        return
    again = json.loads(text)
    assert repr(again) == repr(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_json_floats_stay_floats_where_numbers_are_decimal(value: float) -> None:
    text = bound([value], "json")[1:-1]
    # As jsonb keeps it: the decimal digits, without an exponent.
    plain = format(Decimal(text), "f")
    again = json.loads(plain)
    assert type(again) is float
    assert again == value


@given(st.decimals())
def test_decimals_are_exact_or_refused(value: Decimal) -> None:
    try:
        sent = bound(value, MONEY)
    except FieldValueError:
        finite = value.is_finite()
        fits = finite and abs(value) < 10_000 and value == round(value, 2)
        assert not fits
        return
    assert isinstance(sent, Decimal)
    assert sent.is_nan() if value.is_nan() else sent == value


@given(st.one_of(*(values for _, values in ROUND_TRIPS)), st.sampled_from(ROUND_TRIPS))
def test_any_value_in_any_column(value: Any, column: tuple[Any, Any]) -> None:
    """A value of another type is refused, or equals what is sent."""
    ty = column[0]
    try:
        sent = bound(value, ty)
    except OxydeError:
        return
    if ty == "json":
        # Dates, decimals and the like become the text that Pydantic gives them.
        plain = value is None or isinstance(value, bool | int | float | str | list | dict)
        assert sent is None or not plain or repr(json.loads(sent)) == repr(value)
    elif isinstance(value, float) and math.isnan(value):
        assert math.isnan(sent)
    else:
        assert sent == value


# -- one case each ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "ty", "words"),
    [
        (2**15, "small_int", "from -32768 to 32767"),
        (2**31, "integer", "from -2147483648 to 2147483647"),
        (2**63, "big_int", "out of range"),
        (-(2**63) - 1, "big_int", "out of range"),
        (10**100, "big_int", "out of range"),
        (True, "big_int", "not bool"),
        (1.0, "big_int", "not float"),
        ("1", "big_int", "not str"),
        (Decimal(1), "big_int", "not Decimal"),
        (2**53 + 1, "double", "not exactly representable as a float"),
        (10**400, "double", "not exactly representable as a float"),
        (True, "double", "not bool"),
        ("1.5", "double", "not str"),
        (Decimal("1.5"), "double", "not Decimal"),
        (1, "bool", "not int"),
        ("true", "bool", "not str"),
        (1.5, DECIMAL, "not float"),
        (True, DECIMAL, "not bool"),
        ("1.5", DECIMAL, "not str"),
        (Decimal("sNaN"), DECIMAL, "signaling"),
        (Decimal("1e999999"), DECIMAL, "more digits"),
        (Decimal("1e-999999"), DECIMAL, "more digits"),
        (Decimal("1.234"), MONEY, "2 digits after the point"),
        (Decimal(12345), MONEY, "4 digits before the point"),
        (12345, MONEY, "4 digits before the point"),
        (1, "text", "not int"),
        (b"a", "text", "not bytes"),
        ("abcd", CODE, "at most 3 characters; the value has 4"),
        ("\ud800", "text", "lone surrogate"),
        ("a\0b", "text", "NUL"),
        ({"a": "\0"}, "json", "NUL"),
        ({"\ud800": 1}, "json", "lone surrogate"),
        ("green", COLOUR, "not one of its labels"),
        (Colour.GREEN, COLOUR, "not one of its labels"),
        ("a", "bytes", "not str"),
        ([1], "bytes", "not list"),
        ("6f1c2a50-8d1b-4d3e-9b1a-0c5b6f7a8d9e", "uuid", "not str"),
        (1, "uuid", "not int"),
        (dt.datetime(2024, 1, 1), "date", "not datetime"),
        ("2024-01-01", "date", "not str"),
        (dt.time(1, tzinfo=UTC), "time", "without a zone"),
        (dt.date(2024, 1, 1), "date_time", "not date"),
        ("2024-01-01", "date_time", "not str"),
        (dt.datetime(2024, 1, 1, tzinfo=UTC), "date_time", "pydantic.AwareDatetime"),
        (dt.datetime(2024, 1, 1), "timestamp_tz", "naive"),
        (dt.timedelta.max, "interval", "292,000 years"),
        (5, "interval", "not int"),
        (math.nan, "json", "NaN"),
        ([math.inf], "json", "infinity"),
        ({1: "a"}, "json", "key of type int"),
        ({"a": {None: 1}}, "json", "key of type NoneType"),
        (object(), "json", "cannot be converted to JSON"),
        ({"a": object()}, "json", "cannot be converted to JSON"),
        ("10.0.0.1.1", "inet", "not an address"),
        (5, "inet", "not int"),
        ("abc", {"array": {"item": "text"}}, "not str"),
        ({"a": 1}, {"array": {"item": "text"}}, "not dict"),
        (5, {"array": {"item": "text"}}, "not int"),
        (["a", 1], {"array": {"item": "text"}}, "not int"),
    ],
)
def test_refused(value: Any, ty: Any, words: str) -> None:
    assert words in refused(value, ty)


@pytest.mark.parametrize(
    ("value", "ty", "sent"),
    [
        (Level.LOW, "big_int", 1),
        (Index(), "big_int", 7),
        (3, "double", 3.0),
        (2**53, "double", 2.0**53),
        (-0.0, "double", -0.0),
        (3, DECIMAL, Decimal(3)),
        (10**60, DECIMAL, Decimal(10) ** 60),
        (Decimal("1e3"), DECIMAL, Decimal(1000)),
        (Decimal("-0.000"), DECIMAL, Decimal("-0.000")),
        (Decimal("1.500"), MONEY, Decimal("1.500")),
        (Name("x"), "text", "x"),
        (Colour.RED, "text", "red"),
        (Colour.RED, COLOUR, "red"),
        ("äöü", CODE, "äöü"),
        ("", CODE, ""),
        (bytearray(b"ab"), "bytes", b"ab"),
        (memoryview(b"abcd")[::2], "bytes", b"ac"),
        (ipaddress.ip_address("::1"), "inet", "::1"),
        (ipaddress.ip_network("10.0.0.0/8"), "inet", "10.0.0.0/8"),
        ("10.0.0.1/8", "inet", "10.0.0.1/8"),
        ({"a": (1, 2)}, "json", '{"a":[1,2]}'),
        ({"a": Colour.RED, "b": dt.date(2024, 1, 2)}, "json", '{"a":"red","b":"2024-01-02"}'),
        ("a\"\\\n\x01é", "json", '"a\\"\\\\\\n\\u0001é"'),
        (10**30, "json", str(10**30)),
        (1e22, "json", "10000000000000000000000.0"),
        (None, "text", None),
        (None, "json", None),
        ((1, None), {"array": {"item": "big_int"}}, [1, None]),
        ({1, 2}, {"array": {"item": "big_int"}}, [1, 2]),
        ([], {"array": {"item": "big_int"}}, []),
        ("x", {"custom": {"sql": "citext", "base": "text"}}, "x"),
    ],
)  # fmt: skip
def test_taken(value: Any, ty: Any, sent: Any) -> None:
    got = bound(value, ty)
    assert got == sent and type(got) is type(sent)


def test_models_in_json() -> None:
    class Inner(BaseModel):
        when: dt.date

    assert bound({"a": Inner(when=dt.date(2024, 1, 2))}, "json") == '{"a":{"when":"2024-01-02"}}'


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_a_database_does_not_store(flavour: str) -> None:
    can = _core.features(flavour)
    cases: list[tuple[Any, Any, str]] = [
        (math.nan, "double", "double_nan"),
        (math.inf, "double", "double_infinity"),
        (Decimal("NaN"), DECIMAL, "decimal_nan"),
        (Decimal("Infinity"), DECIMAL, "decimal_nan"),
        ("a\0", "text", "nul_in_text"),
        ([2**64], "json", "exact_json_numbers"),
    ]
    for value, ty, feature in cases:
        check: Callable[..., Any] = bound if getattr(can, feature) else refused
        check(value, ty, flavour)
    bound([2**64 - 1, -(2**63)], "json", flavour)


def test_a_longer_text_may_be_compared() -> None:
    assert bound("abcd", CODE, lookup=True) == "abcd"
    assert bound(Decimal("1.2345"), MONEY, lookup=True) == Decimal("1.2345")
    assert "out of range" in refused(2**40, "integer", lookup=True)


def test_deep_json() -> None:
    value: Any = 1
    for _ in range(500):
        value = [value]
    assert bound(value, "json").count("[") == 500
    for _ in range(20):
        value = {"a": value}
    assert "nested deeper than 512 levels" in refused(value, "json")
    circular: list[Any] = []
    circular.append(circular)
    assert "nested deeper" in refused(circular, "json")


def in_list(ty: Any, flavour: str) -> _core.Plan:
    operand = {"column": {"table": "thing", "name": "value", "type": ty}}
    param = {"param": {"index": 0, "type": ty, "list": True}}
    lookup = {"lookup": {"name": "in", "operand": operand, "arguments": [param]}}
    select = {
        "ctes": [], "from": {"table": {"schema": None, "name": "thing", "alias": "thing"}},
        "joins": [], "outputs": [{"name": "value", "expr": operand}], "distinct": "all",
        "filter": lookup, "group_by": [], "having": None, "compounds": [], "order_by": [],
        "limit": None, "offset": None, "lock": None,
    }  # fmt: skip
    return compiled({"select": select}, flavour, lookup=True)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_lists(flavour: str) -> None:
    sent = in_list("big_int", flavour)
    for values in ([1, 2], (1, 2), range(1, 3), {1: 0, 2: 0}.keys(), (n for n in (1, 2))):
        assert sent.parameters([values]) == [[1, 2]]
    assert sent.parameters([[]]) == [[]]
    for wrong in ("12", b"12", {1: 2}, 5, [1, "2"], [1, None], [True]):
        with pytest.raises(FieldLookupValueError, match=r"`Thing\.value`"):
            sent.parameters([wrong])


def test_values_are_counted() -> None:
    for values in ([], [1, 2]):
        with pytest.raises(OxydeError, match="a plan of 1 params was run with"):
            plan("big_int").parameters(values)


def test_errors_of_the_values_own_code_come_through() -> None:
    class Broken:
        def __index__(self) -> int:
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        bound(Broken(), "big_int")
