"""Hydration equals `Model.model_validate(row)`, or raises its ValidationError as the cause."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    WrapValidator,
)
from support.hydrating import Address, Colour, Level, check, small, texts, whole

from oxyde import Field, Model

_numbers = itertools.count()


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("must be odd")
    return value


def _doubled(value: Any, handler: Callable[[Any], int]) -> int:
    return handler(value) * 2


# Each: annotation, arguments of Field, values of the column.
stamps = st.datetimes()
Case = tuple[Any, dict[str, Any], st.SearchStrategy[Any]]
CASES: list[Case] = [
    (int, {}, whole),
    (int, {"ge": 0, "lt": 10}, small),
    (int, {"gt": 0, "le": 10}, small),
    (int, {"multiple_of": 3}, small),
    (str, {}, texts),
    (str, {"max_length": 6}, texts),
    (str, {"min_length": 2}, texts),
    (str, {"pattern": "^[a-f]*$"}, st.text("abcdefg", max_size=3)),
    (float, {}, st.floats()),
    (float, {"allow_inf_nan": False}, st.floats()),
    (float, {"ge": 0.5, "lt": 3}, st.floats(-1, 5)),
    (bool, {}, st.booleans()),
    (bytes, {}, st.binary(max_size=8)),
    (bytes, {"max_length": 3}, st.binary(max_size=8)),
    (Decimal, {}, st.decimals(allow_nan=False) | st.just(Decimal("NaN"))),
    (Decimal, {"max_digits": 5, "decimal_places": 2}, st.decimals(-2000, 2000, places=2)),
    (Decimal, {"gt": 0}, st.decimals(-5, 5, places=1)),
    (dt.datetime, {}, stamps),
    (AwareDatetime, {}, st.datetimes(timezones=st.just(dt.timezone.utc))),
    (dt.date, {}, st.dates()),
    (dt.date, {"gt": dt.date(2000, 1, 1)}, st.dates(dt.date(1999, 12, 1), dt.date(2000, 2, 1))),
    (dt.time, {}, st.times()),
    (dt.timedelta, {}, st.timedeltas(dt.timedelta(-50_000), dt.timedelta(50_000))),
    (uuid.UUID, {}, st.uuids()),
    (Colour, {}, st.sampled_from(["red", "blue"])),
    (Level, {}, st.sampled_from([1, 2])),
    (Literal["a", "b"], {}, st.sampled_from(["a", "b"])),
    (dict, {}, st.dictionaries(texts, small | texts | st.none(), max_size=3)),
    (dict[str, Any], {}, st.dictionaries(texts, small, max_size=3)),
    (dict[str, int], {}, st.dictionaries(texts, small | st.just("x"), max_size=3)),
    (Address, {}, st.fixed_dictionaries({"street": texts, "number": st.integers(-1, 3)})),
    (list[Address], {}, st.lists(st.just({"street": "a", "number": 1}), max_size=2)),
    (Annotated[int, AfterValidator(_odd)], {}, small),
    (Annotated[int, BeforeValidator(lambda value: value + 1)], {"le": 10}, small),
    (Annotated[int, WrapValidator(_doubled)], {}, small),
    (Annotated[int, PlainValidator(lambda value: -value)], {}, small),
]  # fmt: skip


def model_base(**config: Any) -> type[Model]:
    class Base(Model):
        model_config = ConfigDict(**config)

    return Base


CONFIGS: list[dict[str, Any]] = [
    {},
    {"frozen": True},
    {"extra": "allow"},
    {"extra": "forbid"},
    {"str_strip_whitespace": True},
    {"str_max_length": 5},
    {"str_to_upper": True},
    {"allow_inf_nan": False},
    {"validate_default": True},
    {"use_enum_values": True},
    {"alias_generator": lambda name: name.upper()},
    {"alias_generator": lambda name: name.upper(), "populate_by_name": True},
    {"revalidate_instances": "always"},
    {"validate_assignment": True},
    {"hide_input_in_errors": True},
]


@st.composite
def models_and_rows(draw: st.DrawFn) -> tuple[type[Model], list[Any]]:
    """A model of up to six fields, and a row for it."""
    cases = draw(st.lists(st.sampled_from(CASES), min_size=1, max_size=6))
    base = model_base(**draw(st.sampled_from(CONFIGS)))
    fields: dict[str, Any] = {"key": (int | None, Field(default=None, db_pk=True))}
    row: list[Any] = [draw(st.none() | whole)]
    for index, (annotation, arguments, values) in enumerate(cases):
        nullable = draw(st.booleans())
        required = draw(st.booleans())
        kind = (annotation | None) if nullable and not isinstance(annotation, str) else annotation
        extra = {} if required or not nullable else {"default": None}
        if not arguments.keys() & {"alias"} and draw(st.integers(0, 9)) == 0:
            extra["alias"] = f"other_{index}"
        fields[f"f{index}"] = (kind, Field(**arguments, **extra))
        row.append(draw(values if draw(st.integers(0, 5)) else st.none()))
    name = f"Generated{next(_numbers)}"
    namespace = {
        "__module__": __name__,
        "__qualname__": name,
        "__annotations__": {field: kind for field, (kind, _) in fields.items()},
        "Meta": type("Meta", (), {"is_table": True}),
        **{field: info for field, (_, info) in fields.items()},
    }
    return type(base)(name, (base,), namespace), row


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(models_and_rows())
def test_any_model_and_row(generated: tuple[type[Model], list[Any]]) -> None:
    model, row = generated
    check(model, row)
