"""`Range`: which values it has, when two are equal, and how Pydantic validates it."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from oxyde import Range

SPAN = range(-2, 8)
BOUND = st.none() | st.integers(0, 5)
BRACKETS = st.sampled_from(["[)", "[]", "(]", "()"])


def made(lower: int | None, upper: int | None, brackets: Any) -> Range[int]:
    if lower is not None and upper is not None and lower > upper:
        lower, upper = upper, lower
    return Range(lower, upper, brackets)


RANGES = st.builds(made, BOUND, BOUND, BRACKETS) | st.just(Range[int](empty=True))


def values(of: Range[int]) -> set[int]:
    return {number for number in SPAN if number in of}


@given(one=RANGES, other=RANGES)
def test_methods_agree_with_sets(one: Range[int], other: Range[int]) -> None:
    # Bounds are well within the span, so that ranges differ in it if they differ at all.
    mine, theirs = values(one), values(other)
    assert (one == other) is (mine == theirs)
    assert one.empty is (not mine)
    assert one.contains(other) is (theirs <= mine)
    assert one.contained_by(other) is (mine <= theirs)
    assert one.overlap(other) is bool(mine & theirs)
    both = bool(mine) and bool(theirs)
    assert one.strictly_left(other) is (both and max(mine) < min(theirs))
    assert one.strictly_right(other) is (both and min(mine) > max(theirs))
    touch = both and (max(mine) + 1 == min(theirs) or max(theirs) + 1 == min(mine))
    assert one.adjacent(other) is touch
    if one == other:
        assert hash(one) == hash(other)


def test_continuous_values_have_no_next_one() -> None:
    half = Decimal("0.5")
    assert Range(Decimal(1), Decimal(2), "[]") != Range(Decimal(1), Decimal(3))
    assert Range(half, Decimal(1)).adjacent(Range(Decimal(1), Decimal(2)))
    assert not Range(half, Decimal(1), "[]").adjacent(Range(Decimal(1), Decimal(2)))
    assert not Range(half, Decimal(1), "()").adjacent(Range(Decimal(1), Decimal(2), "()"))
    assert Decimal("0.75") in Range(half, Decimal(1))
    assert Range(half, half, "[]").contains(half)
    assert Range(half, half).empty


def test_dates_are_not_numbers() -> None:
    day = dt.date(2024, 5, 1)
    assert Range(day, day, "[]") == Range(day, day + dt.timedelta(days=1))
    assert Range(day, None) != Range(day.toordinal(), None)
    moment = dt.datetime(2024, 5, 1)
    assert Range(moment, moment, "[]") != Range(moment, moment + dt.timedelta(days=1))


def test_a_range_is_a_value() -> None:
    one = Range(1, 5, "(]")
    for again in (copy.deepcopy(one), pickle.loads(pickle.dumps(one)), eval(repr(one))):
        assert again == one
        assert again.bounds == "(]"
    nothing = Range[int](empty=True)
    assert copy.copy(nothing) == pickle.loads(pickle.dumps(nothing)) == Range(5, 5)
    assert repr(nothing) == "Range(empty=True)"
    assert repr(Range(None, 5)) == "Range(None, 5)"
    assert Range(None, None, "[]").bounds == "()"
    with pytest.raises(AttributeError):
        one.lower = 2  # type: ignore[misc]
    assert one != (1, 5)


def test_wrong_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="the lower bound 5 is greater than the upper bound 1"):
        Range(5, 1)
    with pytest.raises(ValueError, match=r"bounds must be one of .*, got '\[\['"):
        Range(1, 5, "[[")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="an empty range has no bounds"):
        Range(1, 5, empty=True)
    mixed: Any = dt.date(2024, 5, 1)
    with pytest.raises(TypeError, match="the bounds must be of one type, got 1 and"):
        Range(1, mixed)


class Stay(BaseModel):
    nights: Range[dt.date]
    price: Range[Decimal] = Range(Decimal(1), Decimal(2), "[]")


def test_pydantic_validates_bounds() -> None:
    day = dt.date(2024, 5, 1)
    stay = Stay(nights=Range(day, day, "[]"))
    # In the form in which the database stores it.
    assert (stay.nights.upper, stay.nights.bounds) == (dt.date(2024, 5, 2), "[)")
    assert stay.price.bounds == "[]"
    assert stay.model_dump()["nights"] is stay.nights
    text = stay.model_dump_json()
    assert text == (
        '{"nights":{"lower":"2024-05-01","upper":"2024-05-02","bounds":"[)"},'
        '"price":{"lower":"1","upper":"2","bounds":"[]"}}'
    )
    assert Stay.model_validate_json(text) == stay
    empty = TypeAdapter(Range[int]).validate_python({"empty": True})
    assert empty == Range(empty=True)
    assert TypeAdapter(Range[int]).dump_python(empty, mode="json") == {"empty": True}
    wrong: list[Any] = [
        5,
        "[2024-05-01,)",
        {"lower": "soon"},
        {"lowest": "2024-05-01"},
        {"lower": "2024-05-02", "upper": "2024-05-01"},
        {"lower": "2024-05-01", "bounds": "[["},
        Range(1, 2**62),
        Range(None, dt.date.max, "[]"),
    ]
    for value in wrong:
        with pytest.raises(ValidationError):
            Stay(nights=value)
    schema = Stay.model_json_schema()["properties"]["nights"]["properties"]
    assert schema["lower"]["anyOf"] == [{"type": "string", "format": "date"}, {"type": "null"}]
