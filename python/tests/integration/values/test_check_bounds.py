"""`Meta.check_bounds`: the database itself holds the bounds of fields."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import IntEnum
from typing import Any, Literal

import pytest

from oxyde import Field, Model, create_tables, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import CheckViolationError, FieldError


class Step(IntEnum):
    LOW = 1
    HIGH = 3


class Bounded(Model):
    class Meta:
        is_table = True
        table_name = "checked_bounds"
        check_bounds = True

    id: int | None = Field(default=None, db_pk=True)
    balance: int = Field(default=1, ge=0, lt=1000)
    price: Decimal = Field(
        default=Decimal("9.5"), max_digits=6, decimal_places=2, gt=Decimal("1.25")
    )
    rate: float | None = Field(default=None, le=0.5)
    name: str = Field(default="äöü", min_length=3, db_column="group")
    third: int = Field(default=3, multiple_of=3)
    size: Literal[1, 2] = 1
    step: Step = Step.LOW
    day: dt.date = Field(default=dt.date(2024, 2, 1), ge=dt.date(2024, 1, 31))
    word: str = Field(default="a", pattern="^[a-z]$")
    free: int = 0


@pytest.fixture
async def row(database: AsyncDatabase) -> Bounded:
    """One row."""
    await create_tables(models=[Bounded])
    return await Bounded.objects.create(free=0)


@pytest.mark.parametrize(
    ("field", "column", "bad", "good"),
    [
        ("balance", "balance", "-1", "999"),
        ("balance", "balance", "1000", "0"),
        ("price", "price", "'1.25'", "'10.00'"),
        ("rate", "rate", "0.75", "NULL"),
        ("name", '"group"', "'äö'", "'abcd'"),
        ("third", "third", "4", "-6"),
        ("size", "size", "3", "2"),
        ("step", "step", "2", "3"),
        ("day", "day", "'2024-01-30'", "'2024-01-31'"),
    ],
)
async def test_another_program_cannot_leave_them(
    row: Bounded, flavour: str, field: str, column: str, bad: str, good: str
) -> None:
    if flavour in ("mysql", "mariadb"):
        column = column.replace('"', "`")
    with pytest.raises(CheckViolationError):
        await execute_raw(f"UPDATE checked_bounds SET {column} = {bad}")
    await execute_raw(f"UPDATE checked_bounds SET {column} = {good}")
    read = await Bounded.objects.get()
    assert read.free == 0
    name = Bounded._db_meta.field_metadata[field].db_column
    assert f"checked_bounds_{name}_bounds" in Bounded._db_meta.bound_checks


async def test_an_error_names_the_field(row: Bounded) -> None:
    row.__dict__["balance"] = -5
    with pytest.raises(CheckViolationError) as caught:
        await Bounded.objects.bulk_create([Bounded.model_construct(**{**row.__dict__, "id": None})])
    assert caught.value.constraint == "checked_bounds_balance_bounds"
    assert caught.value.columns == ("balance",)
    assert caught.value.table == "checked_bounds"
    assert await Bounded.objects.count() == 1


def test_the_option_is_true_or_false() -> None:
    with pytest.raises(FieldError, match="True or False"):

        class Wrong(Model):
            class Meta:
                is_table = True
                check_bounds: Any = "yes"

            id: int | None = Field(default=None, db_pk=True)
