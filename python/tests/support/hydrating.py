"""Rows hydrated without a database, and compared with `model_validate`."""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ValidationError,
)

from oxyde import Field, Model, RowValidationError
from oxyde.hydration.recipe import (
    JoinNode,
    recipe_for,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
whole = st.integers(-(2**63), 2**63 - 1)
small = st.integers(-20, 20)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Address(BaseModel):
    street: str
    number: int = Field(ge=1)


def field_types(model: type[Model]) -> list[Any]:
    return [field.column_type for field in model._db_meta.field_metadata.values()]


def names_of(model: type[Model]) -> tuple[str, ...]:
    return tuple(model._db_meta.field_metadata)


def hydrate(model: type[Model], rows: list[list[Any]], *joins: JoinNode) -> list[Any]:
    types = field_types(model)
    for join in joins:
        types += field_types(join.model)
    # Aware moments come back in UTC, whatever they were written in.
    return recipe_for(model, names_of(model), joins).hydrate(types, rows, "default")


def stored(model: type[Model], row: list[Any]) -> dict[str, Any]:
    """The row as `model_validate` would get it."""
    return dict(zip(names_of(model), row, strict=True))


def same(one: Any, other: Any) -> bool:
    """Equal in value, type and, for NaN, in being none."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float | Decimal) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, BaseModel):
        return (
            list(one.__dict__) == list(other.__dict__)
            and all(same(one.__dict__[name], other.__dict__[name]) for name in one.__dict__)
            and one.__pydantic_fields_set__ == other.__pydantic_fields_set__
            and same(one.__pydantic_extra__, other.__pydantic_extra__)
            and same(one.__pydantic_private__, other.__pydantic_private__)
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def check(model: type[Model], row: list[Any]) -> None:
    """Hydrate one row and compare with `model_validate`."""
    wanted: Any
    try:
        wanted = model.model_validate(stored(model, row), by_name=True)
    except Exception as error:
        wanted = error
    try:
        (got,) = hydrate(model, [row])
    except Exception as error:
        if isinstance(error, RowValidationError):
            # The row is named beside what Pydantic says.
            assert error.model is model
            assert error.key.keys() <= set(model._db_meta.primary_key)
            error = error.validation_error
        assert type(error) is type(wanted), (error, wanted)
        if isinstance(error, ValidationError):
            assert repr(error.errors()) == repr(wanted.errors())
            assert error.title == wanted.title
        else:
            assert str(error) == str(wanted)
        return
    assert not isinstance(wanted, Exception), wanted
    assert same(got, wanted), (got, wanted)
    assert got.__pydantic_fields_set__ is not wanted.__pydantic_fields_set__
