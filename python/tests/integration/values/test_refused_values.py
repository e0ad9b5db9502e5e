"""Values that do not fit their column: a named error with the field, and nothing half written."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldValueError, OxydeError


class Narrow(Model):
    class Meta:
        is_table = True
        table_name = "bad_narrow"

    id: int | None = Field(default=None, db_pk=True)
    short: str | None = Field(default=None, max_length=5)
    text: str | None = None
    small: int | None = Field(default=None, db_type="SMALLINT")
    whole: int | None = None
    money: Decimal | None = Field(default=None, max_digits=5, decimal_places=2)
    real: float | None = None
    blob: bytes | None = None
    data: dict[str, Any] | None = None


WRONG: list[tuple[str, Any]] = [
    ("short", "abcdef"),
    ("short", "😀" * 6),
    ("small", 2**15),
    ("small", -(2**15) - 1),
    ("whole", 2**63),
    ("whole", "a"),
    ("whole", [1]),
    ("whole", 0.5),
    ("money", Decimal("1000.00")),
    ("money", Decimal("0.001")),
    ("money", Decimal("NaN")),
    ("money", Decimal("Infinity")),
    ("money", "a lot"),
    ("text", b"\xff\xfe"),
    ("text", 5),
    ("text", "\ud800"),
    ("real", "fast"),
    ("data", {"x": math.nan}),
    ("data", {"x": object()}),
    ("data", [1]),
    ("data", "text"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
async def test_values_that_do_not_fit(database: AsyncDatabase, field: str, value: Any) -> None:
    await db.create_tables(models=[Narrow])
    row = await Narrow.objects.create(text="before", whole=1)

    async def assign() -> None:
        loaded = await Narrow.objects.get(id=row.id)
        setattr(loaded, field, value)
        await loaded.save()

    async def assign_in_bulk() -> None:
        loaded = await Narrow.objects.get(id=row.id)
        setattr(loaded, field, value)
        await Narrow.objects.bulk_update([loaded], [field])

    attempts: list[Callable[[], Any]] = [
        lambda: Narrow.objects.create(**{field: value}),
        lambda: Narrow.objects.filter(id=row.id).update(**{field: value}),
        lambda: Narrow.objects.bulk_create([{"text": "also"}, {field: value}]),
        lambda: Narrow.objects.get_or_create(
            whole=7 if field != "whole" else 1, text="x", defaults={field: value}
        ),
        assign,
        assign_in_bulk,
    ]
    if field == "whole":
        del attempts[3]
    for attempt in attempts:
        with pytest.raises((OxydeError, ValidationError)) as caught:
            await attempt()
        assert field in str(caught.value)
    stored = await Narrow.objects.values_list("text", "whole", field).all()
    assert [each[:2] for each in stored] == [("before", 1)]


async def test_what_only_some_databases_take(database: AsyncDatabase) -> None:
    """Exactly kept, or refused with the field's name."""
    await db.create_tables(models=[Narrow])
    for field, value in (
        ("text", "nul \x00 inside"),
        ("real", math.nan),
        ("real", math.inf),
        ("real", -math.inf),
        ("data", {"nul": "\x00"}),
        ("data", {"big": 10**30}),
        ("blob", b"\x00"),
        ("text", "x" * 1_000_000),
        ("blob", bytes(5_000_000)),
    ):
        try:
            row = await Narrow.objects.create(**{field: value})
        except FieldValueError as refused:
            message = str(refused)
        else:
            loaded = getattr(await Narrow.objects.get(id=row.id), field)
            assert loaded == value or (value != value and loaded != loaded)
            continue
        assert field in message
        assert "Narrow" in message
