"""Whole numbers and decimals compared with any number: what Python says, on every database."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde import F, Field, Model, Q, db
from oxyde.db import AsyncDatabase


class Counted(Model):
    class Meta:
        is_table = True
        table_name = "compared_number"

    id: int = Field(db_pk=True)
    whole: int | None = None
    money: Decimal | None = Field(default=None, max_digits=20, decimal_places=3)


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
EDGE = 2**63
WHOLES = st.integers(-4, 4) | st.sampled_from([2**53 + 1, EDGE - 1, -EDGE]) | st.none()
NUMBERS: st.SearchStrategy[Any] = (
    st.integers(-4, 4)
    | st.sampled_from([n / 2 for n in range(-9, 10)])
    | st.floats()
    | st.sampled_from([float(EDGE), -float(EDGE), 2.0**53, float(2**53 + 2), 1e300])
    | st.decimals(allow_nan=False, places=2, min_value=-5, max_value=5)
    | st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("1e400"), Decimal(EDGE)])
)


@pytest.fixture
async def table(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Counted])
    return database


def _holds(name: str, value: Any, other: Any) -> bool:
    if value is None or other != other:
        return False
    return COMPARE[name](value, other)


async def _ids(condition: Any) -> list[int]:
    query = Counted.objects.filter(condition).order_by("id")
    return await query.values_list("id", flat=True)  # type: ignore[no-any-return]


@examples(25)
@given(
    rows=st.lists(WHOLES, min_size=1, max_size=6),
    name=st.sampled_from(sorted(COMPARE)),
    other=NUMBERS,
    others=st.lists(NUMBERS, max_size=4),
    pair=st.tuples(NUMBERS, NUMBERS),
)
async def test_whole_numbers_and_any_other(
    table: AsyncDatabase,
    rows: list[int | None],
    name: str,
    other: Any,
    others: list[Any],
    pair: tuple[Any, Any],
) -> None:
    await Counted.objects.delete()
    await Counted.objects.bulk_create(
        [{"id": n, "whole": value} for n, value in enumerate(rows, 1)]
    )
    wanted = [n for n, value in enumerate(rows, 1) if _holds(name, value, other)]
    others_of = [n for n in range(1, len(rows) + 1) if n not in wanted]
    key = {f"whole__{name}": other}
    assert await _ids(Q(**key)) == wanted
    assert await _ids(~Q(**key)) == others_of
    if not isinstance(other, int):
        compared = COMPARE[name](F("whole"), other)
        assert await _ids(compared) == wanted
    if all(value is None or abs(value) < EDGE - 1 for value in rows):
        assert await _ids(COMPARE[name](F("whole") + 0, other)) == wanted
    among = [n for n, value in enumerate(rows, 1) if any(_holds("exact", value, o) for o in others)]
    assert await _ids(Q(whole__in=others)) == among
    low, high = pair
    inside = [
        n
        for n, value in enumerate(rows, 1)
        if _holds("gte", value, low) and _holds("lte", value, high)
    ]
    assert await _ids(Q(whole__between=pair)) == inside


@examples(10)
@given(
    rows=st.lists(
        st.tuples(st.integers(-4, 4), st.decimals(places=1, min_value=-4, max_value=4)),
        min_size=1,
        max_size=6,
    ),
    name=st.sampled_from(sorted(COMPARE)),
)
async def test_decimals_and_whole_numbers_of_the_row(
    table: AsyncDatabase, rows: list[tuple[int, Decimal]], name: str
) -> None:
    await Counted.objects.delete()
    await Counted.objects.bulk_create(
        [{"id": n, "whole": whole, "money": money} for n, (whole, money) in enumerate(rows, 1)]
    )
    for left, right in (("whole", "money"), ("money", "whole")):
        pairs = [(w, m) if left == "whole" else (m, w) for w, m in rows]
        wanted = [n for n, (a, b) in enumerate(pairs, 1) if COMPARE[name](a, b)]
        assert await _ids(Q(**{f"{left}__{name}": F(right)})) == wanted
        assert await _ids(COMPARE[name](F(left) + 0, F(right))) == wanted
        assert await _ids(COMPARE[name](F(left), F(right) + 0)) == wanted
