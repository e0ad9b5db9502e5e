"""What a statement computes stays within the bounds of its field, or nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any

import pytest
from annotated_types import Ge
from pydantic import PositiveInt, field_validator

from oxyde import F, Field, Model, atomic, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import CheckViolationError, DatabaseError
from oxyde.queries import Case, Concat, Each, Substr, Value, When


class Account(Model):
    class Meta:
        is_table = True
        table_name = "bound_accounts"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(default="abc", min_length=2, max_length=6)
    balance: int = Field(default=50, ge=0, lt=1000)
    price: Decimal = Field(
        default=Decimal("1.10"), max_digits=6, decimal_places=2, le=Decimal("50.5")
    )
    rate: float = Field(default=1.0, gt=0.25)
    even: int | None = Field(default=None, multiple_of=2)
    third: Annotated[int, Ge(-5)] | None = None
    shares: PositiveInt = 7
    day: dt.date = Field(default=dt.date(2024, 1, 31), le=dt.date(2024, 2, 10))
    odd: int = Field(default=3, ge=1)

    @field_validator("odd")
    @classmethod
    def _as_it_is(cls, value: int) -> int:
        return value


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "bound_entries"

    day: int = Field(db_pk=True)
    place: str = Field(max_length=3, db_pk=True)
    count: int = Field(default=1, ge=0, db_column="how many")


@pytest.fixture
async def accounts(database: AsyncDatabase) -> list[Account]:
    """Two accounts, with 50 and 500."""
    await create_tables(models=[Account, Entry])
    return await Account.objects.bulk_create([{"balance": 50}, {"balance": 500}])


async def _same(write: Callable[[], Awaitable[Any]], *columns: str) -> CheckViolationError:
    before = await Account.objects.order_by("id").all()
    with pytest.raises(CheckViolationError) as caught:
        await write()
    assert await Account.objects.order_by("id").all() == before
    error = caught.value
    assert error.model is not None
    assert error.columns == columns
    assert error.table == error.model._db_meta.table_name
    return error


async def test_an_update_stops_at_the_first_row(accounts: list[Account]) -> None:
    objects = Account.objects
    error = await _same(lambda: objects.update(balance=F("balance") - 100), "balance")
    assert "`Account.balance` would be -50" in str(error)
    assert f"the key {accounts[0].id}" in str(error)
    assert "ge=0, lt=1000" in str(error)
    await _same(lambda: objects.increment("balance", by=-100), "balance")
    await _same(lambda: objects.decrement(balance=51), "balance")
    await _same(lambda: objects.increment(balance=500), "balance")
    await _same(lambda: objects.update(balance=F("balance") - 100, returning=True), "balance")
    await _same(lambda: objects.update(lambda a: {a.balance: a.balance - 100}), "balance")
    case = Case(When(balance=50, then=-1), default=3)
    await _same(lambda: objects.update(balance=case), "balance")
    assert await objects.filter(balance__gte=100).update(balance=F("balance") - 100) == 1
    assert await objects.order_by("id").values_list("balance", flat=True) == [50, 400]
    rows = await objects.update(balance=F("balance") - 50, returning=True)
    assert sorted(row.balance for row in rows) == [0, 350]


@pytest.mark.parametrize(
    ("column", "expression"),
    [
        ("price", F("price") * 46),
        ("rate", F("rate") / 4),
        ("even", F("balance") + 1),
        ("third", F("balance") - 56),
        ("shares", F("shares") - 7),
        ("day", F("day") + dt.timedelta(days=11)),
        ("odd", F("odd") - 3),
        ("name", Substr(F("name"), 1, 1)),
        ("balance", Value(-1)),
    ],
)
async def test_every_kind_of_bound(accounts: list[Account], column: str, expression: Any) -> None:
    await _same(lambda: Account.objects.update(**{column: expression}), column)


async def test_what_fits_is_written(accounts: list[Account]) -> None:
    changed = await Account.objects.update(
        name=Concat(F("name"), Value("def")),
        price=F("price") * Decimal("45.9135"),
        rate=F("rate") / 2,
        even=F("balance") * 2,
        third=F("balance") - 55,
        shares=F("shares") - 6,
        day=F("day") + dt.timedelta(days=10),
        odd=F("odd") - 2,
    )
    assert changed == 2
    first = await Account.objects.order_by("id").first()
    assert first is not None
    assert first.model_dump(exclude={"id"}) == {
        "name": "abcdef",
        "balance": 50,
        # Rounded to the column before it is compared: 50.50485.
        "price": Decimal("50.50"),
        "rate": 0.5,
        "even": 100,
        "third": -5,
        "shares": 1,
        "day": dt.date(2024, 2, 10),
        "odd": 1,
    }
    assert await Account.objects.update(even=None, third=F("even") - F("even")) == 2
    # NULL leaves no bounds.
    assert await Account.objects.update(third=F("even") - 1000) == 2
    assert await Account.objects.filter(third=None).count() == 2


async def test_texts_that_are_too_long_are_refused_everywhere(accounts: list[Account]) -> None:
    with pytest.raises(DatabaseError):
        await Account.objects.update(name=Concat(F("name"), Value("defg")))
    assert await Account.objects.filter(name="abc").count() == 2


async def test_bulk_update(accounts: list[Account]) -> None:
    objects = Account.objects
    await _same(lambda: objects.bulk_update(accounts, balance=F("balance") - 100), "balance")
    by = {account.id: 40 + 20 * at for at, account in enumerate(accounts)}
    taken = Each(lambda account: by[account.id])
    assert await objects.bulk_update(accounts, balance=F("balance") - taken) == 2
    balances = await objects.order_by("id").values_list("balance", flat=True)
    assert balances == [10, 440]
    both = {"balance": F("balance") - taken, "rate": F("rate") * 0.5}
    await _same(lambda: objects.bulk_update(accounts, ["name"], **both), "balance")


async def test_upserts(accounts: list[Account]) -> None:
    key = accounts[0].id
    objects = Account.objects
    worse = {"balance": F("balance") - 100}
    await _same(lambda: objects.upsert(id=key, name="abc", update=worse), "balance")
    better = {"balance": F("balance") - 10}
    found = await objects.upsert(id=key, name="abc", update=better)
    assert found.balance == 40


async def test_rows_from_a_query(accounts: list[Account]) -> None:
    less = Account.objects.annotate(less=F("balance") - 100)
    source = less.values("id", "less")
    target = Entry.objects.filter()
    places = Account.objects.annotate(place=Value("x"), less=F("balance") - 100)
    for query in (
        places.values("id", "place", "less"),
        places.values("id", "place", "less").distinct(),
        places.filter(id=accounts[0].id)
        .values("id", "place", "less")
        .union(places.filter(id=accounts[1].id).values("id", "place", "less")),
    ):
        with pytest.raises(CheckViolationError) as caught:
            await Entry.objects.insert_from(query, ["day", "place", "count"])
        assert caught.value.columns == ("how many",)
        assert await target.count() == 0
    rich = places.filter(balance=500).values("id", "place", "less")
    assert await Entry.objects.insert_from(rich, ["day", "place", "count"]) == 1
    assert await source.count() == 2
    assert [entry.count for entry in await target.all()] == [400]


async def test_a_key_of_several_columns(accounts: list[Account]) -> None:
    await Entry.objects.create(day=1, place="abc")
    with pytest.raises(CheckViolationError) as caught:
        await Entry.objects.update(count=F("count") - 2)
    assert "`Entry.count` would be -1, and" in str(caught.value)
    assert await Entry.objects.filter(count=1).count() == 1


async def test_a_block_goes_on_or_is_undone(accounts: list[Account]) -> None:
    async with atomic():
        await Account.objects.update(shares=F("shares") + 1)
        with pytest.raises(CheckViolationError):
            async with atomic():
                await Account.objects.update(balance=F("balance") - 100)
    assert await Account.objects.filter(shares=8, balance__gt=0).count() == 2
